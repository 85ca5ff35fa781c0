"""One turn, from its opening to its settle: decided on the road, written, told of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.clock import Clock
from bot.intake.around import Around
from bot.intake.giving_up import by_models, given_up
from bot.intake.ports import LineLedger, Opened, Settled, Settlement
from bot.model import ConversationKey
from bot.outcome import Outcome
from bot.pipeline import Handler, decide
from bot.presence import Presence, Sign
from bot.record import CORRECTED, FENCED, Record, record_of

log = structlog.get_logger()

MOST_ATTEMPTS = 5
LONGEST_SECONDS = 600.0  # from a turn's first attempt, looked at when an attempt fails
REST_SECONDS = 0.5  # after the first failed attempt; doubles with each one


@dataclass(frozen=True, slots=True)
class Turns:
    """Finishes turns that a line has opened."""

    ledger: LineLedger
    road: Sequence[Handler]
    clock: Clock
    presence: Presence
    owner: str
    wake_courier: Callable[[], None]
    around: Around
    ring_at: Callable[[ConversationKey, float], None]  # the line looks there again, at Unix time

    async def finish(self, opened: Opened, decided: Outcome | None = None) -> Settled:
        """Decide, unless that is done, and settle; put it back when the program stops."""
        try:
            outcome = decided or await self._decide(opened)
            if outcome is None:
                return Settled()
            outcome = self._shown(opened, outcome)
            at = self.clock.now()
            settled = await self.ledger.settle(
                Settlement(opened.turn, self.owner, opened.fence, outcome, at)
            )
            await self._record(record_of(opened.turn, outcome, at), settled)
        except asyncio.CancelledError:
            await asyncio.shield(self.ledger.put_back(opened, self.owner))
            raise
        self._tell(opened, outcome, settled)
        return settled

    async def _decide(self, opened: Opened) -> Outcome | None:
        """The road's decision; None when this attempt failed and the turn rests."""
        turn = opened.turn
        if opened.attempts > MOST_ATTEMPTS:
            return given_up(opened)
        failed = ""
        try:
            async with asyncio.timeout(turn.deadline - turn.now):
                return await decide(self.around.equip(turn), self.road)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises, the line moves on
            failed = type(error).__name__
            log.error("turn_failed", turn=turn.id, attempt=opened.attempts, error=failed)
        now = self.clock.now()
        if opened.attempts >= MOST_ATTEMPTS or now - opened.opened_first > LONGEST_SECONDS:
            return given_up(opened, failed)
        rest = REST_SECONDS * 2 ** (opened.attempts - 1)
        await self.ledger.postpone(opened, self.owner, now + rest)
        self.ring_at(turn.conversation, now + rest)
        return None

    def _shown(self, opened: Opened, outcome: Outcome) -> Outcome:
        try:
            return self.around.show(opened.turn, outcome)
        except Exception as error:  # noqa: BLE001  # the customer's answer does not hang on it
            log.error("not_shown", turn=opened.turn.id, error=type(error).__name__)
            return outcome

    async def _record(self, record: Record, settled: Settled) -> None:
        """What the models took counts even where nothing came of it."""
        in_vain = settled.fenced or settled.corrected
        if in_vain and record.attempts:
            await self.ledger.count_asked(record)
        if in_vain:
            record = replace(record, verdict=FENCED if settled.fenced else CORRECTED)
        try:
            self.around.observe(record)
        except Exception as error:  # noqa: BLE001  # figures are no reason to hold up a chat
            log.error("not_observed", turn=record.turn, error=type(error).__name__)

    def _tell(self, opened: Opened, outcome: Outcome, settled: Settled) -> None:
        if settled.fenced:
            log.info("turn_fenced", turn=opened.turn.id)
            self.ring_at(opened.turn.conversation, 0.0)
            return
        if settled.corrected:
            log.info("turn_corrected", turn=opened.turn.id)
            return
        if settled.erased:
            self.presence.tell(opened.turn.conversation, Sign.ERASED)
        for conversation in {message.to for message in outcome.sends}:
            self.presence.tell(conversation, Sign.NEWS)
        if settled.to_send:
            self.wake_courier()
        log.info(
            "turn_settled",
            turn=opened.turn.id,
            channel=opened.turn.conversation.channel,
            verdict=outcome.verdict.value,
            reason=outcome.reason,
            **(by_models(outcome.asked) if outcome.asked else {}),
        )
