"""Accept: what every door calls once a message is parsed. After it returns, nothing is lost."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.book import Book
from bot.clock import Clock
from bot.intake.joining import goes_on
from bot.intake.load import Load
from bot.intake.ports import (
    MOST_WAITING,
    Accepted,
    ActAccepted,
    Admission,
    Allowance,
    Arrival,
    Edited,
    Inbox,
)
from bot.model import ConversationKey, Edit, Incoming, Kind, Limit, StaffAct
from bot.outcome import Outgoing
from bot.rules.commands import recognise


@dataclass(frozen=True, slots=True)
class Intake:
    """The one way in for customers and for staff."""

    inbox: Inbox
    book: Callable[[], Book]
    allowance: Allowance | None  # None: nobody is limited
    secret: bytes  # keys the digests, so that a stored digest tells nothing about a text
    clock: Clock
    ring: Callable[[ConversationKey, bool], None]  # wakes the line; True: it may be over
    observe: Callable[[str, Accepted], None] = lambda channel, accepted: None  # counts it
    most_waiting: int = MOST_WAITING  # messages of one chat
    load: Load = field(default_factory=Load)

    async def accept(self, message: Incoming, *, refuse_when_limited: bool = False) -> Accepted:
        """Store a customer's message durably, once.

        Raises LedgerError: nothing was stored; Overloaded says so at once.

        `refuse_when_limited` is for senders that are programs: they are told so at once, and
        may send the same id again.
        """
        if message.kind in (Kind.TEXT, Kind.BUTTON) and recognise(message.said, self.book()):
            message = replace(message, kind=Kind.COMMAND)
        with self.load.taking():
            accepted = await self.inbox.accept(
                Arrival(
                    message,
                    self._digest(message),
                    self.allowance,
                    refuse_when_limited,
                    self.most_waiting,
                )
            )
        if accepted.admission is Admission.REFUSED:
            await self.inbox.count_refused(message.conversation.channel, self.clock.now())
        self.observe(message.conversation.channel, accepted)
        if accepted.admission is Admission.NEW and accepted.limit is not Limit.SILENT:
            self.ring(message.conversation, not goes_on(message))
        return accepted

    async def accept_act(self, act: StaffAct) -> ActAccepted:
        """Store what a staff member did; a claim has taken effect when this returns."""
        accepted = await self.inbox.accept_act(act, self.clock.now())
        if not accepted.duplicate:
            self.ring(accepted.conversation, True)
        return accepted

    async def edit(self, edit: Edit, notice: Outgoing | None = None) -> Edited:
        """Store what a message says now. Raises LedgerError: nothing was stored.

        `notice` tells staff about it, where the message was read already and a person has it.
        """
        kind = Kind.COMMAND if recognise(edit.text, self.book()) else Kind.TEXT
        with self.load.taking():
            became = await self.inbox.edit(edit, kind, notice)
        if became is Edited.REPLACED:
            self.ring(edit.conversation, True)
        return became

    def _digest(self, message: Incoming) -> str:
        said = f"{bool(message.button)}\x1f{message.said}".encode()
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()
