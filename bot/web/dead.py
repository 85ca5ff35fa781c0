"""Dead letters on the local socket: replayed or dropped by whoever runs this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import structlog
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.body import Body, read
from bot.channels.telegram.heard import NotYet
from bot.clock import Clock
from bot.desk.card import harmless
from bot.desk.dead_letters import (
    DeadKind,
    DeadLetters,
    Readers,
    Replay,
    Revival,
    Revived,
)
from bot.errors import LedgerError, Unreadable
from bot.model import ConversationKey
from bot.web.answers import body_of, error, translated

log = structlog.get_logger()

MOST_AT_ONCE = 500

Number = Annotated[int, Field(ge=0, lt=2**62)]

# Why nothing was repeated, and what can be done about it.
_REFUSALS: Mapping[Revival, str] = {
    Revival.GONE: "there is no such dead letter, or no longer",
    Revival.ANSWERED: "{by} has answered in this chat since: look with `show`; "
    "--again repeats it nevertheless",
    Revival.HELD: "{by} has this chat now; --again repeats it nevertheless",
    Revival.ACT: "its author was told that it failed, and may have done it again; "
    "--again repeats it nevertheless",
    Revival.ARRIVED: "it may have arrived, and would be said twice; once somebody has seen that "
    "it is not there, --did-not-arrive sends it",
    Revival.LOOKING: "its platform is being asked what became of it: wait a minute",
    Revival.KEPT: "nothing is to be done: it goes out by itself once the customer writes",
    Revival.ERASED: "its words were erased",
    Revival.CUT: "only the beginning of it was kept: it can be looked at, but not read again",
    Revival.UNREADABLE: "this version cannot read it either",
    Revival.NO_READER: "this desk is not connected to that platform: ask the one that is",
}
_AUTHORS = {"staff": "a person", "model": "a model", "rule": "the desk"}


class WantedReplay(Body):
    """The body of POST /dead/KIND/replay."""

    number: Number
    again: bool = False
    not_arrived: bool = False


class WantedDrop(Body):
    """The body of POST /dead/KIND/drop."""

    numbers: Annotated[list[Number], Field(max_length=MOST_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Dead:
    """Routes of the local socket."""

    letters: DeadLetters
    ring: Callable[[ConversationKey, bool], None]  # something waits in this line
    wake_courier: Callable[[], None]
    readers: Readers
    clock: Clock
    max_body_bytes: int

    def routes(self) -> list[Route]:
        return [
            Route("/dead/{kind}/replay", translated(self.replay), methods=["POST"]),
            Route("/dead/{kind}/drop", translated(self.drop), methods=["POST"]),
        ]

    async def replay(self, request: Request) -> Response:
        """Try one of them once more."""
        kind = _kind(request)
        body = read(WantedReplay, await body_of(request, self.max_body_bytes))
        wanted = Replay(kind, body.number, body.again, body.not_arrived)
        if kind is DeadKind.UNREADABLE:
            revived = await self._read_again(body.number)
        else:
            revived = await self.letters.replay(wanted)
        if revived.what is not Revival.DONE:
            return _refused(revived)
        log.info("dead_letter_replayed", kind=kind.value, number=body.number)
        if revived.conversation and kind is DeadKind.TURNS:
            self.ring(revived.conversation, True)
        elif kind is DeadKind.SENDS:
            self.wake_courier()
        return JSONResponse({"replayed": body.number})

    async def drop(self, request: Request) -> Response:
        """Let some of them be, for good."""
        kind = _kind(request)
        body = read(WantedDrop, await body_of(request, self.max_body_bytes))
        done = await self.letters.drop(kind, body.numbers, self.clock.now())
        log.info("dead_letters_dropped", kind=kind.value, count=done)
        return JSONResponse({"dropped": done})

    async def _read_again(self, number: int) -> Revived:
        """Take a delivery as if it came now. Whatever it is a repeat of is known by its id."""
        unread = await self.letters.unread(number)
        if unread is None:
            return Revived(Revival.GONE)
        if not unread.whole:
            return Revived(Revival.CUT)
        reader = self.readers.get(unread.channel)
        if reader is None:
            return Revived(Revival.NO_READER)
        before = await self.letters.newest_unread()
        try:
            await reader(unread.body)
        except NotYet as unready:
            raise LedgerError("not connected yet") from unready
        now = self.clock.now()
        if again := await self.letters.unread_again(unread.body, before):
            await self.letters.drop(DeadKind.UNREADABLE, again, now)  # the first one stays
            return Revived(Revival.UNREADABLE)
        await self.letters.drop(DeadKind.UNREADABLE, (number,), now)
        return Revived(Revival.DONE)


def _kind(request: Request) -> DeadKind:
    try:
        return DeadKind(request.path_params["kind"])
    except ValueError:
        raise Unreadable("there is no such kind of dead letters") from None


def _refused(revived: Revived) -> Response:
    by = _AUTHORS.get(revived.by, harmless(revived.by))
    status = 404 if revived.what is Revival.GONE else 409
    return error(revived.what.value, _REFUSALS[revived.what].format(by=by), status)
