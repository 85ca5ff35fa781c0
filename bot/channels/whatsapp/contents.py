"""Quick replies need a Content resource at Twilio: one for each set of titles, made once.

It holds the titles and a place for the text ("{{1}}"), which comes with each send: nothing that a
customer wrote or was told is stored there. It is found again by its name, so that a restart makes
no copies.

Assumed, for Twilio could not be asked: in a session such a resource may be sent without approval,
a body may be nothing but its variable, and a variable may hold line breaks. Where one of these is
wrong, Twilio refuses the send, at once or with a status callback, and the message goes with
numbers instead (`send.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.channels.whatsapp.transport import CallFailed, answered
from bot.clock import Clock

log = structlog.get_logger()

PREFIX = "nightdesk_"
TYPE = "twilio/quick-reply"
LANGUAGE = "en"  # Twilio wants one; it says nothing about the titles
DISTRUST_SECONDS = 600.0  # without a try, after Twilio did not do its part
MOST_LISTED, PAGE = 1_000, 100  # resources looked through, and in one call
MOST_KEPT = 1_000  # sets of titles remembered at a time


class Contents:
    """Which resource has which titles. Never raises; None always means: use numbers."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._contents = client.content.v1.contents
        self._clock = clock
        self._sids: dict[str, str] = {}  # by name
        self._listed = False
        self._lock = asyncio.Lock()
        self._failed_at: float | None = None  # Unix time

    async def sid_of(self, titles: Sequence[str], seconds: float) -> str | None:
        """The resource with these titles, made if there is none yet, within so many seconds."""
        name = name_of(titles)
        if name in self._sids and not self._distrusted():
            return self._sids[name]
        if self._distrusted():
            return None
        try:
            async with asyncio.timeout(seconds), self._lock:
                if self._distrusted():
                    return None
                if not self._listed:
                    await self._list()
                if name not in self._sids:
                    await self._make(name, titles)
                return self._sids[name]
        except (CallFailed, TimeoutError) as error:
            log.warning("whatsapp_buttons_failed", error=type(error).__name__)
            self._distrust()
            return None

    def refused(self, titles: Sequence[str]) -> None:
        """Twilio did not send this one: it may be gone, or not be what it was."""
        self._sids.pop(name_of(titles), None)
        self._distrust()

    def _distrust(self) -> None:
        self._failed_at = self._clock.now()
        self._listed = False  # what was made without an answer is found again

    def _distrusted(self) -> bool:
        if self._failed_at is None:
            return False
        return 0.0 <= self._clock.now() - self._failed_at < DISTRUST_SECONDS

    async def _list(self) -> None:
        found = await answered(self._contents.list_async(limit=MOST_LISTED, page_size=PAGE))
        for content in found:
            titles = _titles(content.types)
            if titles and content.sid and content.friendly_name == name_of(titles):
                self._keep(content.friendly_name, content.sid)
        self._listed = True

    async def _make(self, name: str, titles: Sequence[str]) -> None:
        # The request's class belongs to the resource: its module takes long to load, and has.
        request = self._contents.ContentCreateRequest(
            {
                "friendly_name": name,
                "language": LANGUAGE,
                "variables": {"1": " "},
                "types": {TYPE: {"body": "{{1}}", "actions": _actions(titles)}},
            }
        )
        made = await answered(self._contents.create_async(request))
        if not made.sid:
            raise CallFailed("no Content SID")
        self._keep(name, made.sid)

    def _keep(self, name: str, sid: str) -> None:
        if len(self._sids) >= MOST_KEPT:
            self._sids.pop(next(iter(self._sids)))
        self._sids[name] = sid


def name_of(titles: Sequence[str]) -> str:
    """The resource's name at Twilio: the same titles have the same."""
    digest = hashlib.sha256(json.dumps(list(titles)).encode()).hexdigest()
    return PREFIX + digest[:24]


def variables_of(text: str) -> str:
    """The text for its place in the resource."""
    return json.dumps({"1": text}, ensure_ascii=False)


def _actions(titles: Sequence[str]) -> list[dict[str, str]]:
    return [{"type": "QUICK_REPLY", "title": title, "id": str(n)} for n, title in enumerate(titles)]


def _titles(types: object) -> tuple[str, ...]:
    """What stands on the quick replies of a listed resource; () unless it is as we make them."""
    kind = types.get(TYPE) if isinstance(types, Mapping) else None
    if not isinstance(kind, Mapping) or kind.get("body") != "{{1}}":
        return ()
    actions = kind.get("actions")
    if not isinstance(actions, list) or not all(isinstance(each, Mapping) for each in actions):
        return ()
    if [each.get("id") for each in actions] != [str(n) for n in range(len(actions))]:
        return ()
    return tuple(str(each.get("title")) for each in actions)
