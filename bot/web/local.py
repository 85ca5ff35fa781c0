"""The local socket: what `nightdesk chat` and `nightdesk desk` speak to.

These routes are served on a Unix socket that only this user may open, never over TCP; so whoever
reaches them is the operator of this machine, and needs no key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.book import Book
from bot.channels import desk, terminal, web
from bot.clock import Clock
from bot.delivery.ports import Outbox
from bot.delivery.transcript import Transcripts
from bot.desk.card import lines, waiting, why
from bot.desk.cases import Cases, CaseSummary
from bot.desk.window import Windows, closes_at
from bot.errors import Unreadable
from bot.intake.accept import Intake
from bot.intake.ports import ActAccepted
from bot.model import Action, Case, CaseStatus, ConversationKey
from bot.presence import Presence
from bot.web.answers import body_of, error, translated
from bot.web.chat import accept_chat
from bot.web.stream import last_seen, stream

LARGEST_NUMBER = 2**62  # what a database can hold, and more than there will ever be
CONFIRM_STEP = 0.05  # seconds between two looks at rows being sent
SILENCING = frozenset({Action.CLAIM, Action.REPLY, Action.INVITE})  # acts that take the chat


@dataclass(frozen=True, slots=True)
class Local:
    """Chat and staff desk for the machine's own user."""

    intake: Intake
    transcripts: Transcripts
    outbox: Outbox
    cases: Cases
    presence: Presence
    clock: Clock
    max_body_bytes: int
    send_seconds: float  # how long a send may be under way
    book: Callable[[], Book]
    reached: Collection[str]  # channels whose customers get messages while this desk is open
    windows: Windows = field(default_factory=dict)  # where customers can be written to for a while

    def routes(self) -> list[Route]:
        return [
            Route("/chat/messages", translated(self.say), methods=["POST"]),
            Route("/chat/events", translated(self.listen), methods=["GET"]),
            Route("/chat/settled", translated(self.settled), methods=["GET"]),
            Route("/desk/ping", self.ping, methods=["GET"]),
            Route("/desk/cases", translated(self.case_list), methods=["GET"]),
            Route("/desk/cases/{case:int}", translated(self.card), methods=["GET"]),
            Route("/desk/acts", translated(self.act), methods=["POST"]),
            Route("/desk/acts/{seq:int}", translated(self.act_state), methods=["GET"]),
            Route("/desk/answers", translated(self.answers), methods=["GET"]),
        ]

    async def say(self, request: Request) -> Response:
        """A message of the terminal chat."""
        body = await body_of(request, self.max_body_bytes)
        chat = terminal.conversation(_named(request, "user"))
        incoming, press = terminal.parse(body, chat, self.clock.now())
        return await accept_chat(self.intake, self.transcripts, incoming, press)

    async def listen(self, request: Request) -> Response:
        """The terminal chat's events."""
        chat = terminal.conversation(_named(request, "user"))
        return stream(chat, last_seen(request), self.transcripts, self.presence, web.show)

    async def settled(self, request: Request) -> Response:
        """Whether everything that this user said has been dealt with, answered or not."""
        chat = terminal.conversation(_named(request, "user"))
        return JSONResponse({"settled": await self.transcripts.settled(chat)})

    async def ping(self, request: Request) -> Response:
        """Somebody is here."""
        return JSONResponse({"desk": "open"})

    async def case_list(self, request: Request) -> Response:
        """Open cases, the longest waiting first; `?all=1` adds the resolved ones."""
        await self._seen(request)
        everything = request.query_params.get("all") == "1"
        newest_first = request.query_params.get("newest") == "1"
        listed = await self.cases.cases(everything, newest_first)
        now = self.clock.now()
        summaries = [_summary(each, now, self.windows) for each in listed.found]
        return JSONResponse({"cases": summaries, "total": listed.total})

    async def card(self, request: Request) -> Response:
        """One case as plain lines."""
        await self._seen(request)
        number = request.path_params["case"]
        found = await self.cases.card(number) if number < LARGEST_NUMBER else None
        if found is None:
            return error("no_case", "there is no such case", 404)
        book = self.book()
        code = found.language or book.default_language
        named = replace(found, language=book.language_names.get(code, code))
        closes = _closes(found.case, found.channel, found.heard_at, self.windows)
        return JSONResponse(
            {
                "id": found.case.id,
                "status": found.case.status.value,
                "agent": found.case.agent,
                "window_closes_at": closes,
                "lines": list(lines(named, self.clock.now(), self.windows)),
            }
        )

    async def act(self, request: Request) -> Response:
        """Do something to a case. A claim is confirmed once nothing of that chat is on its way."""
        act = desk.parse(await body_of(request, self.max_body_bytes))
        await self.cases.seen(act.agent, self.clock.now())
        accepted = await self.intake.accept_act(act)
        silences = act.action in SILENCING and accepted.case is not None
        confirmed = await self._quiet(accepted.conversation) if silences else True
        return JSONResponse(
            {
                "case": accepted.case,
                "act": accepted.seq,
                "duplicate": accepted.duplicate,
                "confirmed": confirmed,
                "reached": accepted.case is None or accepted.conversation.channel in self.reached,
                "holder": accepted.holder,
                "window": await self._window(accepted),
            },
            200 if accepted.duplicate else 202,
        )

    async def act_state(self, request: Request) -> Response:
        """Whether a queued act has been carried out."""
        number = request.path_params["seq"]
        state = await self.cases.act_state(number) if number < LARGEST_NUMBER else ""
        return JSONResponse({"state": state}, 200 if state else 404)

    async def answers(self, request: Request) -> Response:
        """What the desk told this agent after `?after=`, an arrival number; else the last thing."""
        agent = await self._seen(request)
        after = last_seen(request)
        line = desk.surface(agent)
        told = (
            await self.transcripts.since(line, after)
            if after
            else await self.transcripts.recent(line, 1)
        )
        return JSONResponse({"answers": [{"seq": line.seq, "text": line.text} for line in told]})

    async def _seen(self, request: Request) -> str:
        agent = _named(request, "agent")
        await self.cases.seen(agent, self.clock.now())
        return agent

    async def _window(self, accepted: ActAccepted) -> str:
        """As in the list: whether a reply reaches the customer, or is kept until they write."""
        if accepted.case is None or accepted.conversation.channel not in self.windows:
            return ""
        card = await self.cases.card(accepted.case)
        if card is None:
            return ""
        now = self.clock.now()
        return _left(_closes(card.case, card.channel, card.heard_at, self.windows), now)

    async def _quiet(self, conversation: ConversationKey) -> bool:
        """Wait until no row of this chat is on its way; False when it took too long."""
        deadline = self.clock.now() + self.send_seconds
        while await self.outbox.being_sent(conversation):
            if self.clock.now() > deadline:
                return False
            await asyncio.sleep(CONFIRM_STEP)
        return True


def _named(request: Request, parameter: str) -> str:
    name = request.query_params.get(parameter, "")
    if not 0 < len(name) <= 64:
        raise Unreadable(f"'{parameter}' is missing")
    return name


def _closes(case: Case, channel: str, heard_at: float, windows: Windows) -> float | None:
    """When only a template gets through; None where that never comes or nobody has to care."""
    over = case.status is CaseStatus.RESOLVED
    return None if over else closes_at(channel, heard_at, windows)


def _left(closes: float | None, now: float) -> str:
    """How long a reply still gets through: "3 h 20 min", "closed", "" where it always does."""
    if closes is None:
        return ""
    return waiting(closes - now) if closes > now else "closed"


def _summary(each: CaseSummary, now: float, windows: Windows) -> dict[str, Any]:
    case = each.case
    closes = _closes(case, each.channel, each.heard_at, windows)
    return {
        "id": case.id,
        "status": case.status.value,
        "agent": case.agent if case.status is CaseStatus.CLAIMED else "",
        "why": why(case.reason),
        "waiting": waiting(now - case.opened_at),
        "channel": each.channel,
        "language": each.language,
        "last_text": each.last_text,
        "last_at": each.last_at,
        "window": _left(closes, now),
        "window_closes_at": closes,
    }
