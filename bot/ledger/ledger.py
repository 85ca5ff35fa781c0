"""The ledger as the other rooms see it: each request is one unit of work or one read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from bot.book import Book
from bot.delivery.transcript import Line, Page
from bot.desk.card import Card
from bot.desk.cases import CaseList
from bot.desk.standing import Standing
from bot.intake.ports import (
    Accepted,
    ActAccepted,
    Admission,
    Arrival,
    Begun,
    Edited,
    Late,
    Opened,
    Person,
    Poison,
    Settled,
    Settlement,
)
from bot.ledger import (
    accept,
    acts,
    burying,
    contacts,
    desk_reading,
    editing,
    heartbeat,
    identities,
    late,
    marks,
    opening,
    reading,
    recording,
    settling,
    spending,
    staff_rows,
    sweeping,
)
from bot.ledger.answers import Channels
from bot.ledger.engine import Engine
from bot.ledger.letters import LedgerOfLetters
from bot.ledger.opening import Opening
from bot.ledger.roll import LedgerOfFleet
from bot.ledger.soundness import State
from bot.model import ConversationKey, Edit, Incoming, Kind, StaffAct
from bot.outcome import Button, Outgoing
from bot.record import Record


class Ledger(LedgerOfFleet):
    """Satisfies every port of intake, delivery and desk over any engine."""

    def __init__(
        self,
        engine: Engine,
        how_to_open: Opening,
        channels: Channels,
        *,
        only_leader_sends: bool = False,
        soundness: Callable[[], State] = lambda: State.SOUND,
    ) -> None:
        super().__init__(engine, only_leader_sends=only_leader_sends)
        self.letters = LedgerOfLetters(engine)
        self._soundness = soundness
        self._opening = how_to_open
        self._channels = channels

    def soundness(self) -> State:
        """What is known of the database right now."""
        known = self._soundness()
        return State.REFUSES if self._engine.refuses and known is not State.DAMAGED else known

    async def accept(self, arrival: Arrival) -> Accepted:
        pauses = self._opening.pauses_in(arrival.message.conversation)
        try:
            return await self._engine.write(
                partial(accept.accept, arrival=arrival, pauses=pauses),
                line=str(arrival.message.conversation),
            )
        except accept.Refused as refused:
            return Accepted(Admission.REFUSED, retry_after=refused.retry_after)

    async def accept_act(self, act: StaffAct, at: float) -> ActAccepted:
        return await self._engine.write(
            partial(acts.accept_act, act=act, at=at), line=f"{act.surface} {act.agent}"
        )

    async def knows(self, message: Incoming) -> bool:
        return await self._engine.read(partial(accept.knows, message=message))

    async def count_refused(self, channel: str, at: float) -> None:
        await self._engine.write(partial(accept.count, name=f"refused.{channel}", at=at))

    async def edit(self, edit: Edit, kind: Kind, notice: Outgoing | None) -> Edited:
        return await self._engine.write(
            partial(editing.edit, edit=edit, kind=kind, notice=notice),
            line=str(edit.conversation),
        )

    async def keep(self, poison: Poison) -> None:
        """Put an unreadable delivery out of the way."""
        await self._engine.write(partial(contacts.keep, poison=poison))

    async def blocked(self, chat: ConversationKey, blocked: bool, at: float) -> None:
        await self._engine.write(partial(contacts.blocked, chat=chat, is_blocked=blocked, at=at))

    async def moved(self, before: ConversationKey, after: ConversationKey, at: float) -> None:
        await self._engine.write(partial(contacts.moved, before=before, after=after, at=at))

    async def bring_to_staff(self, staff: ConversationKey, at: float) -> None:
        """The staff chat is this one now: what waits for another goes there."""
        await self._engine.write(partial(contacts.bring_to_staff, staff=staff, at=at))

    async def met(self, chat: ConversationKey, names: Sequence[str], at: float) -> Person:
        person, new = await self._engine.read(partial(identities.look, chat=chat, names=names))
        if not new:
            return person
        return await self._engine.write(partial(identities.remember, chat=chat, names=names, at=at))

    async def home_of(self, chat: ConversationKey) -> ConversationKey:
        return await self._engine.read(partial(contacts.home_of, chat=chat))

    async def case_shown(
        self, surface: ConversationKey, message: str, marked: int | None = None
    ) -> int | None:
        return await self._engine.read(
            partial(desk_reading.case_shown, surface=str(surface), message=message, marked=marked)
        )

    async def tell(self, message: Outgoing, case: int | None, at: float) -> None:
        await self._engine.write(partial(staff_rows.tell, message=message, case=case, at=at))

    async def took_last(self, surface: ConversationKey) -> bool | None:
        return await self._engine.read(partial(desk_reading.took_last, surface=str(surface)))

    async def begin(
        self, conversation: ConversationKey, owner: str, now: float, book: Book, seed: int
    ) -> Begun:
        return await self._engine.write(
            partial(
                opening.begin,
                key=conversation,
                owner=owner,
                now=now,
                book=book,
                seed=seed,
                opening=self._opening,
            )
        )

    async def bury(
        self, conversation: ConversationKey, owner: str, now: float, book: Book, seed: int
    ) -> Begun:
        return await self._engine.write(
            partial(
                burying.bury,
                key=conversation,
                owner=owner,
                now=now,
                book=book,
                seed=seed,
                opening=self._opening,
            )
        )

    async def settle(self, settlement: Settlement) -> Settled:
        try:
            return await self._engine.write(
                partial(
                    settling.settle,
                    settlement=settlement,
                    channels=self._channels,
                    pauses=self._opening.pauses_in(settlement.turn.conversation),
                )
            )
        except settling.Fenced:
            return Settled(fenced=True)

    async def count_asked(self, record: Record) -> None:
        await self._engine.write(partial(recording.count_asked, record=record))

    async def postpone(self, opened: Opened, owner: str, until: float) -> None:
        await self._engine.write(
            partial(settling.postpone, opened=opened, owner=owner, until=until)
        )

    async def put_back(self, opened: Opened, owner: str) -> None:
        await self._engine.write(partial(settling.put_back, opened=opened, owner=owner))

    async def let_go(self, conversation: ConversationKey, owner: str) -> None:
        await self._engine.write(partial(settling.let_go, key=str(conversation), owner=owner))

    async def due(self, now: float) -> Sequence[ConversationKey]:
        return await self._engine.read(partial(sweeping.due, now=now))

    async def late(
        self, before: float, now: float, channels: Sequence[str], most: int
    ) -> Sequence[Late]:
        return await self._engine.read(
            partial(late.late, before=before, now=now, channels=channels, most=most)
        )

    async def tell_late(self, message: Outgoing, before: float, now: float) -> bool:
        return await self._engine.write(
            partial(late.tell, message=message, before=before, now=now, channels=self._channels)
        )

    async def behind(self, now: float, nth: int) -> float:
        return await self._engine.read(partial(late.behind, now=now, nth=nth))

    async def start_afresh(self) -> int:
        """Called by the only process of this database before it serves: old leases are void."""
        return await self._engine.write(sweeping.free_all_leases)

    async def purge(self, now: float) -> None:
        """Drop old delivery keys, charges and heartbeats."""
        await self._engine.write(partial(sweeping.purge, now=now))

    async def mark(self, name: str) -> float | None:
        return await self._engine.read(partial(marks.mark, name=name))

    async def set_mark(self, name: str, at: float) -> None:
        await self._engine.write(partial(marks.set_mark, name=name, at=at))

    async def beat(self, at: float) -> None:
        """The desk is open in this minute. Raises LedgerError."""
        await self._engine.write(partial(heartbeat.beat, at=at))

    async def page(self, conversation: ConversationKey, after: str, most: int) -> Page:
        return await self._engine.read(
            partial(reading.page, key=conversation, after=after, most=most)
        )

    async def recent(self, conversation: ConversationKey, most: int) -> Sequence[Line]:
        return await self._engine.read(partial(reading.recent, key=conversation, most=most))

    async def settled(self, conversation: ConversationKey) -> bool:
        return await self._engine.read(partial(reading.settled, key=conversation))

    async def since(self, conversation: ConversationKey, seq: int) -> Sequence[Line]:
        return await self._engine.read(partial(reading.since, key=conversation, seq=seq))

    async def has(self, conversation: ConversationKey, seq: int) -> bool:
        return await self._engine.read(partial(reading.has, key=conversation, seq=seq))

    async def pressed(self, conversation: ConversationKey, message: str, index: int) -> str | None:
        return await self._engine.read(
            partial(reading.pressed, key=conversation, message=message, index=index)
        )

    async def offered(
        self, conversation: ConversationKey, external_id: str = ""
    ) -> tuple[Button, ...]:
        return await self._engine.read(
            partial(reading.offered, key=conversation, external_id=external_id)
        )

    async def last_heard(self, conversation: ConversationKey) -> str:
        """The platform's id of the customer's newest message; "" without one."""
        return await self._engine.read(partial(reading.last_heard, key=conversation))

    async def said(self, conversation: ConversationKey, external_id: str) -> str:
        return await self._engine.read(
            partial(reading.said, key=conversation, external_id=external_id)
        )

    async def cases(self, everything: bool, newest_first: bool = False) -> CaseList:
        return await self._engine.read(
            partial(desk_reading.case_list, everything=everything, newest_first=newest_first)
        )

    async def card(self, case: int) -> Card | None:
        return await self._engine.read(partial(desk_reading.card, case=case))

    async def seen(self, agent: str, at: float) -> None:
        await self._engine.write(partial(acts.note_staff_seen, agent=agent, at=at))

    async def last_seen(self) -> float:
        return await self._engine.read(desk_reading.staff_last_seen)

    async def act_state(self, seq: int) -> str:
        return await self._engine.read(partial(desk_reading.act_state, seq=seq))

    async def backlog(self) -> dict[str, int]:
        """Messages not finished yet, by state. Raises LedgerError."""
        return await self._engine.read(desk_reading.backlog)

    async def standing(self, since: float) -> Standing:
        """How things stand; failures are counted since then. Raises LedgerError."""
        found = await self._engine.read(partial(desk_reading.standing, since=since))
        return replace(found, database=self.soundness().value)

    async def reserve(self, day: str, amount: int, cap: int) -> bool:
        return await self._engine.write(partial(spending.reserve, day=day, amount=amount, cap=cap))

    async def correct(self, day: str, difference: int) -> None:
        await self._engine.write(partial(spending.correct, day=day, difference=difference))

    async def at_least_recorded(self, day: str, since: float) -> None:
        """Count what the turns since then have cost, if more. Raises LedgerError."""
        await self._engine.write(partial(spending.at_least_recorded, day=day, since=since))

    async def spent(self, day: str) -> int:
        return await self._engine.read(partial(spending.spent, day=day))

    async def close(self) -> None:
        await self._engine.close()
