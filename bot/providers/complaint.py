"""What a model server says went wrong, in whatever shape and words it says so.

The wordings were collected from the documentation and the trackers of OpenAI, Anthropic, vLLM,
llama.cpp, Ollama, TGI, SGLang, Mistral, Groq, OpenRouter and Gemini's compatible endpoint.

Some servers quote the request in their messages. So a message breaks a provider only if it begins
with the words that do: a customer who writes them cannot switch a model off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.providers.reading import document, part, word

_QUOTA_WORDS = frozenset(
    "insufficient_quota billing_error billing_not_active billing_hard_limit_reached "
    "insufficient_balance insufficient_credits insufficient_user_quota payment_required "
    "exceeded_current_quota_error".split()
)
_AUTH_WORDS = frozenset(
    "invalid_api_key authentication_error permission_error account_deactivated "
    "organization_disabled access_terminated unsupported_country_region_territory".split()
)
_GONE_WORDS = frozenset(
    "model_not_found not_found_error deploymentnotfound model_not_exist".split()
)
_LENGTH_WORDS = frozenset(
    "context_length_exceeded request_too_large string_above_max_length "
    "exceed_context_size_error context_window_exceeded".split()
)
_FILTER_WORDS = frozenset(
    "content_filter content_policy_violation responsibleaipolicyviolation invalid_prompt "
    "data_inspection_failed moderation_blocked".split()
)
_QUOTA = re.compile(r"your credit balance is too low|you have reached your specified")
_AUTH = re.compile(r"api key not valid|this organization has been disabled|invalid api key")
_FILTER = re.compile(r"output blocked by content filtering|invalid prompt: your prompt was flagged")
_LENGTH = re.compile(
    r"prompt is too long|context[ _-]?(?:length|window|limit|size)|maximum context"
    r"|input (?:is|was) too long|input length|reduce the length of the messages"
    r"|token count .{0,40}exceeds|too many (?:input )?tokens"
    r"|tokens?`? must be <=|too large for model"
)
# A 429 of one request that alone is over the limit of a minute: waiting does not help.
_TOO_LARGE = "request too large for"
_STATUS_OF_WORD = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a body says went wrong, all in lower case."""

    words: frozenset[str] = frozenset()  # its codes and its type
    message: str = ""
    number: int | None = None  # where the code is an HTTP status

    @property
    def status(self) -> int | None:
        """The HTTP status that would say the same, where the answer's own does not."""
        known = (_STATUS_OF_WORD[each] for each in self.words if each in _STATUS_OF_WORD)
        return self.number or max(known, default=None)

    @property
    def of_quota(self) -> bool:
        """The account is empty or has reached its own limit."""
        return bool(self.words & _QUOTA_WORDS or _QUOTA.match(self.message))

    @property
    def of_auth(self) -> bool:
        """The key, or whoever owns it, may not do this."""
        return bool(self.words & _AUTH_WORDS or _AUTH.match(self.message))

    @property
    def of_model(self) -> bool:
        """There is no such model, or not for this account."""
        return bool(self.words & _GONE_WORDS)

    @property
    def of_content(self) -> bool:
        """A filter stopped the question or the answer."""
        return bool(self.words & _FILTER_WORDS or _FILTER.match(self.message))

    def of_length(self, status: int) -> bool:
        """The prompt is longer than this model will ever take."""
        if self.words & _LENGTH_WORDS:
            return True
        if status == 429:
            return self.message.startswith(_TOO_LARGE)
        return status in (400, 422, 500) and bool(_LENGTH.search(self.message))


def complaint_in(found: object) -> Complaint:
    """Read every shape of error that is known: `{"error": {...}}`, `{"error": "..."}`, a bare one.

    `{"detail": ...}` is FastAPI's, which quotes the request: nothing of it counts.
    """
    error = found.get("error") if isinstance(found, dict) else None
    if isinstance(error, str):
        return Complaint(message=_plain(error))
    inner = error if isinstance(error, dict) else found
    if not isinstance(inner, dict):
        return Complaint()
    said = (word(inner, "code"), word(inner, "type"), word(part(inner, "innererror"), "code"))
    number = inner.get("code")
    is_status = isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600
    return Complaint(
        words=frozenset(each.lower() for each in said if each),
        message=_plain(word(inner, "message")),
        number=number if is_status else None,
    )


def complaint_of(body: bytes) -> Complaint:
    """What the body of an error says. Gemini's compatible endpoint wraps the object in a list."""
    text = body.strip()
    return complaint_in(document(text[1:-1] if text[:1] == b"[" else text))


def _plain(message: str) -> str:
    return message.strip().lower()
