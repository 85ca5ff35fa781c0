"""What is asked every second never reads the whole history."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from bot.ledger import desk_reading, outbox, sweeping
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import writing_engine
from tests.builders import NOON

ASKED = {
    "the sweep of the outbox": lambda c: outbox.lapsed(c, NOON),
    "what may be sent": lambda c: outbox.take(c, "w", NOON, NOON + 9, 8, ("wire",)),
    "what nobody answers": lambda c: sweeping.due(c, NOON),
    "the health page": desk_reading.backlog,
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
