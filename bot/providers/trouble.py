"""The one table of what a failed call means.

| what came                                               | raised                                |
| ------------------------------------------------------- | ------------------------------------- |
| 408, 409, 425, 5xx                                      | Unavailable server_error, again       |
| 503, 529                                                | Unavailable overloaded, again         |
| 429                                                     | Unavailable rate_limited, again if it |
|                                                         | says for how long                     |
| 3xx: not followed, for the key would go along           | Unavailable redirected                |
| 401, 403, 407                                           | Broken auth                           |
| 402, or an empty account under another status           | Broken quota                          |
| 404, 405, 410: no such model or address                 | Broken gone                           |
| 413, or a prompt too long under another status          | Refused context_too_long              |
| a filter stopped the question                           | Refused refused                       |
| 400, 422, other 4xx                                     | Refused bad_request                   |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from bot.providers.complaint import Complaint, complaint_in, complaint_of
from bot.providers.retry_after import retry_after

OVERLOADED = (503, 529)  # 529 is Anthropic's
PASSING = (408, 409, 425)  # what the SDKs themselves would try once more


@dataclass(frozen=True, slots=True)
class Heard:
    """One HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]  # found whatever the case of their names
    body: bytes
    request_id: str = ""


def trouble_of(heard: Heard, now: float) -> ProviderError | None:
    """What a status other than 2xx means; None for 2xx. `now` is Unix time."""
    if 200 <= heard.status < 300:
        return None
    return _meaning(heard.status, complaint_of(heard.body), heard, now)


def hidden_trouble(found: Mapping[str, Any], heard: Heard, now: float) -> ProviderError | None:
    """The error inside an answer of status 200, as gateways send it; None if there is none."""
    complaint = complaint_in(found)
    if complaint.status is None:
        return None
    return _meaning(complaint.status, complaint, heard, now)


def _meaning(status: int, complaint: Complaint, heard: Heard, now: float) -> ProviderError:
    id = heard.request_id
    if status < 400:
        return ProviderUnavailable("redirected", request_id=id)
    if status < 500 and (broken := _broken(status, complaint)):
        return ProviderBroken(broken, request_id=id)
    if status == 413 or complaint.of_length(status):
        return ProviderRefused("context_too_long", request_id=id)
    wait = retry_after(heard.headers, now)
    again = heard.headers.get("x-should-retry") != "false"  # OpenAI's own opinion
    if status == 429:
        kind, again = "rate_limited", again and wait is not None
    elif status in OVERLOADED:
        kind = "overloaded"
    elif status >= 500 or status in PASSING:
        kind = "server_error"
    else:
        kind = "refused" if complaint.of_content else "bad_request"
        return ProviderRefused(kind, request_id=id)
    return ProviderUnavailable(kind, again=again, retry_after=wait, request_id=id)


def _broken(status: int, complaint: Complaint) -> str:
    """What is wrong with the account, the key or the model's name; "" if nothing is."""
    if status == 402 or complaint.of_quota:
        return "quota"
    if status in (404, 405, 410) or complaint.of_model:
        return "gone"
    if status in (401, 403, 407) or complaint.of_auth:
        return "auth"
    return ""
