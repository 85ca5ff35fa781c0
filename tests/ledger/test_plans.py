"""What is asked every second, or for every message, never reads the whole history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from bot.delivery.receipts import Receipt, Report
from bot.desk.dead_letters import DeadKind, Replay
from bot.intake.ports import Pauses
from bot.ledger import (
    accept,
    dead,
    desk_reading,
    late,
    outbox,
    receipts,
    reviving,
    settling,
    sweeping,
)
from bot.ledger.answers import Channels
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening, begin
from bot.ledger.sqlite import writing_engine
from tests.builders import BOOK, NOON, OWNER, PUSHED, answered, arrival, incoming, settlement

TOLD = Report(Receipt.READ, "wire", "SM1", "ana", seq=1, attempt=1, account="shop")
FOREIGN = replace(TOLD, seq=None, attempt=None)  # some other program has sent it
PAUSES = Pauses(True, 0.6, 4.0, correction=2.0)


def _answered(connection):
    """A message, its answer, which still waits, and one that takes it back."""
    message = incoming("aceitam cartão?", chat=PUSHED)
    accept.accept(connection, arrival(message), PAUSES)
    opening = Opening(PAUSES, 30, 8, 20)
    turn = begin(connection, PUSHED, OWNER, NOON + 1, BOOK, 7, opening)
    settling.settle(connection, settlement(turn, answered(turn)), Channels(), PAUSES)


def _taken_back_after(connection):
    _answered(connection)
    message = incoming("de débito?", id="2", chat=PUSHED, at=NOON + 1.5)
    accept.accept(connection, arrival(message), PAUSES)


def _taken_back_before(connection):
    _taken_back_after(connection)
    other = replace(PUSHED, chat="bia")
    accept.accept(connection, arrival(incoming("aceitam?", chat=other)), PAUSES)
    turn = begin(connection, other, OWNER, NOON + 1, BOOK, 7, Opening(PAUSES, 30, 8, 20))
    late = incoming("cartão?", id="2", chat=other, at=NOON + 1.5)
    accept.accept(connection, arrival(late), PAUSES)
    settled = settling.settle(connection, settlement(turn, answered(turn)), Channels(), PAUSES)
    assert settled.corrected


ASKED = {
    "an answer taken back": _taken_back_after,
    "an answer not written": _taken_back_before,
    "the sweep of the outbox": lambda c: outbox.lapsed(c, NOON),
    "what may be sent": lambda c: outbox.take(c, "w", NOON, NOON + 9, 8, ("wire",)),
    "what nobody answers": lambda c: sweeping.due(c, NOON),
    "who waits for long": lambda c: late.late(c, NOON, NOON + 20, ("web", "wire"), 25),
    "how late the line is": lambda c: late.behind(c, NOON, 100),
    "the health page": desk_reading.backlog,
    "what is adrift": lambda c: receipts.adrift(c, "wire"),
    "the status": lambda c: desk_reading.standing(c, NOON),
    "dead turns": lambda c: dead.dead_list(c, DeadKind.TURNS),
    "a dead turn": lambda c: dead.dead_letter(c, DeadKind.TURNS, 1),
    "lost sends": lambda c: dead.dead_list(c, DeadKind.SENDS),
    "a replay": lambda c: reviving.replay(c, Replay(DeadKind.TURNS, 1)),
    "a drop": lambda c: reviving.drop(c, DeadKind.TURNS, [1], NOON),
    "a receipt": lambda c: receipts.note(c, TOLD, NOON, None),
    "a receipt without our number": lambda c: receipts.note(c, FOREIGN, NOON, None),
}


@pytest.mark.parametrize("what", ASKED)
def test_it_has_an_index(tmp_path, what):
    engine = writing_engine(tmp_path / "x.db")
    migrate(engine)
    asked: list[tuple[str, object]] = []
    with engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        ASKED[what](connection)
        for statement, values in list(asked):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [row[3] for row in rows]
            assert not [step for step in plan if step == "SCAN messages"], plan
    assert asked
    engine.dispose()
