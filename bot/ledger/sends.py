"""The ledger as whoever sends sees it: the outbox, receipts, sends that may have arrived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from bot.delivery.ports import UNKNOWN, Parcel
from bot.delivery.receipts import Adrift, Noted, Report
from bot.ledger import failing, outbox, receipts
from bot.ledger.engine import Engine
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.record import Responded


class LedgerOfSends:
    """Satisfies the ports of delivery over any engine."""

    def __init__(self, engine: Engine, *, only_leader_sends: bool = False) -> None:
        """`only_leader_sends`: several processes share this ledger, and one of them sends."""
        self._engine = engine
        self._only_leader_sends = only_leader_sends

    async def take(
        self,
        owner: str,
        now: float,
        until: float,
        most: int,
        channels: Sequence[str],
        resting: Collection[ConversationKey] = (),
    ) -> Sequence[Parcel]:
        return await self._engine.write(
            partial(
                outbox.take,
                owner=owner,
                now=now,
                until=until,
                most=most,
                channels=channels,
                resting=resting,
                leading=self._only_leader_sends,
            )
        )

    async def sent(self, seq: int, owner: str, external_id: str, at: float) -> Responded | None:
        return await self._engine.write(
            partial(outbox.finish, seq=seq, owner=owner, external_id=external_id, at=at)
        )

    async def refused(
        self, seq: int, owner: str, reason: str, at: float, notice: Outgoing | None = None
    ) -> None:
        await self._engine.write(
            partial(
                failing.fail,
                seq=seq,
                owner=owner,
                state="failed",
                reason=reason,
                at=at,
                notice=notice,
            )
        )

    async def unknown(
        self,
        seq: int,
        owner: str,
        at: float,
        notice: Outgoing | None = None,
        reason: str = UNKNOWN,
    ) -> None:
        await self._engine.write(
            partial(
                failing.fail,
                seq=seq,
                owner=owner,
                state="unknown",
                reason=reason,
                at=at,
                notice=notice,
            )
        )

    async def delayed(self, seq: int, owner: str, until: float) -> None:
        await self._engine.write(partial(outbox.put_off, seq=seq, owner=owner, until=until))

    async def parcel_of(self, report: Report) -> Parcel | None:
        return await self._engine.read(partial(receipts.parcel_of, report=report))

    async def note(self, report: Report, at: float, notice: Outgoing | None = None) -> Noted:
        return await self._engine.write(partial(receipts.note, report=report, at=at, notice=notice))

    async def adrift(self, channel: str) -> Sequence[Adrift]:
        return await self._engine.read(partial(receipts.adrift, channel=channel))

    async def taken(self, seq: int, external_ids: Sequence[str]) -> frozenset[str]:
        return await self._engine.read(partial(receipts.taken, seq=seq, external_ids=external_ids))

    async def give_up(self, seq: int, at: float, notice: Outgoing | None) -> None:
        await self._engine.write(partial(receipts.give_up, seq=seq, at=at, notice=notice))

    async def being_sent(self, conversation: ConversationKey) -> bool:
        return await self._engine.read(partial(outbox.being_sent, conversation=str(conversation)))

    async def lapsed(self, now: float) -> Sequence[tuple[Parcel, str]]:
        return await self._engine.read(partial(outbox.lapsed, now=now))
