"""What models have cost or may still cost, a row a day. Amounts are billionths of a US dollar."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, case, select

from bot.ledger.conditions import total
from bot.ledger.tables import spending, turns
from bot.ledger.upsert import upsert

_RAISED = spending.c.spent + bindparam("amount")
_RESERVE = (
    upsert(spending)
    .values(day=bindparam("day"), spent=bindparam("amount"))
    .on_conflict_do_update(
        index_elements=[spending.c.day],
        set_={"spent": _RAISED},
        where=bindparam("cap") >= _RAISED,
    )
    .returning(spending.c.spent)
)
_CORRECTED = spending.c.spent + bindparam("difference")
_CORRECT = (
    upsert(spending)
    .values(day=bindparam("day"), spent=bindparam("first"))
    .on_conflict_do_update(
        index_elements=[spending.c.day],
        set_={"spent": case((_CORRECTED > 0, _CORRECTED), else_=0)},
    )
)
_SPENT = select(spending.c.spent).where(spending.c.day == bindparam("day"))


def reserve(connection: Connection, day: str, amount: int, cap: int) -> bool:
    """Count `amount` as spent, unless the day would then hold more than `cap`."""
    if amount > cap:
        return False  # the statement below compares only where the day has a row
    counted = connection.execute(_RESERVE, {"day": day, "amount": amount, "cap": cap})
    return counted.first() is not None


def correct(connection: Connection, day: str, difference: int) -> None:
    """Raise or lower what a day holds, never below nothing."""
    values = {"day": day, "difference": difference, "first": max(difference, 0)}
    connection.execute(_CORRECT, values)


def at_least_recorded(connection: Connection, day: str, since: float) -> None:
    """A cap may be set in the middle of a day: what its turns have cost until now counts too."""
    cost = select(total(turns.c.cost)).where(turns.c.opened_at >= since)
    recorded = connection.execute(cost).scalar_one()
    connection.execute(
        upsert(spending)
        .values(day=day, spent=recorded)
        .on_conflict_do_update(
            index_elements=[spending.c.day],
            set_={"spent": recorded},
            where=spending.c.spent < recorded,
        )
    )


def spent(connection: Connection, day: str) -> int:
    """What a day holds."""
    return connection.execute(_SPENT, {"day": day}).scalar() or 0
