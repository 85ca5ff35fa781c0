"""One chat as server-sent events: what was said, then what is being said, until the page goes.

Event ids are arrival numbers, so a page that reconnects (`Last-Event-ID`) misses nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from bot.delivery.transcript import Line, Transcripts
from bot.errors import LedgerError
from bot.model import ConversationKey
from bot.presence import Presence, Sign

BEAT_SECONDS = 15.0  # a comment now and then keeps proxies from closing a quiet stream
RECONNECT_MS = 1_000
RECENT = 300  # lines that a page which comes anew is shown


def last_seen(request: Request) -> int:
    """The arrival number after which to go on: from the header, else from `?after=`."""
    for given in (request.headers.get("last-event-id", ""), request.query_params.get("after", "")):
        if given.isdecimal() and len(given) < 19:
            return int(given)
    return 0


def stream(
    conversation: ConversationKey,
    after: int,
    transcripts: Transcripts,
    presence: Presence,
    show: Callable[[Line], dict[str, Any]],
) -> StreamingResponse:
    """The response that stays open."""
    return StreamingResponse(
        _events(conversation, after, transcripts, presence, show),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    conversation: ConversationKey,
    after: int,
    transcripts: Transcripts,
    presence: Presence,
    show: Callable[[Line], dict[str, Any]],
) -> AsyncIterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"
    with presence.watch(conversation) as watcher:
        try:
            if after and not await transcripts.has(conversation, after):
                after = 0  # the chat was deleted while this page was away
                yield _event("erased", {})
            lines = (
                await transcripts.since(conversation, after)
                if after
                else await transcripts.recent(conversation, RECENT)
            )
            while lines:
                for line in lines:
                    after = line.seq
                    yield _event("message", show(line), line.seq)
                lines = await transcripts.since(conversation, after)
            yield _event("ready", {})
            while True:
                match await watcher.next(BEAT_SECONDS):
                    case None | Sign.NEWS as sign:
                        if sign is None:  # of what another process has written, none may have come
                            yield ": still here\n\n"
                        while lines := await transcripts.since(conversation, after):
                            for line in lines:
                                after = line.seq
                                yield _event("message", show(line), line.seq)
                    case Sign.TYPING:
                        yield _event("typing", {"on": True})
                    case Sign.IDLE:
                        yield _event("typing", {"on": False})
                    case Sign.ERASED:
                        yield _event("erased", {})
                    case Sign.CLOSE:
                        return
        except LedgerError:
            return  # the page reconnects and goes on after the last line it saw


def _event(name: str, data: dict[str, Any], number: int | None = None) -> str:
    identified = f"id: {number}\n" if number is not None else ""
    return f"event: {name}\n{identified}data: {json.dumps(data, ensure_ascii=False)}\n\n"
