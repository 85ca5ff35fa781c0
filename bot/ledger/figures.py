"""The figures of a period, summed by the database.

What models did in a turn stands in its trail, which the database takes apart itself
(`trails.py`); only the times of answers are read one by one, for percentiles.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from bot.figures import Figures, ModelFigures, Spread, Times
from bot.ledger import trails
from bot.ledger.conditions import total
from bot.ledger.tables import cases, counters, heartbeats, messages, turns

REFUSED = "refused."  # counters of what was turned away, by channel
ERASED, ERASED_LIMITED = "erased.in", "erased.limited"  # counters of what /forget deleted

_INCOMING = messages.c.direction == "in"
# A staff member's reply is a turn without messages; what the desk tells its own staff is none.
_ANSWERED = and_(
    turns.c.state == "settled",
    turns.c.answered_by != "",
    or_(turns.c.messages > 0, turns.c.answered_by == "staff"),
)


def figures(connection: Connection, since: float | None, until: float) -> Figures:
    """Everything about the time from `since` (None: the beginning) to `until`, both Unix times."""
    start = since or 0.0
    sums = _sums(connection, start, until)
    counted = _counters(connection, start, until)
    states = _counts(
        connection,
        messages.c.state,
        _INCOMING & _within(messages.c.at, start, until),
    )
    erased = counted.get(ERASED, 0)
    minutes_up, minutes = _minutes(connection, start, until)
    found = Figures(
        since,
        until,
        began=_began(connection),
        times=_times(connection, start, until),
        messages=sum(states.values()) + erased,
        limited=states.get("limited", 0) + counted.get(ERASED_LIMITED, 0),
        turned_away={
            name.removeprefix(REFUSED): n for name, n in counted.items() if name.startswith(REFUSED)
        },
        minutes_up=minutes_up,
        minutes=minutes,
        answered_by=_counts(
            connection,
            turns.c.answered_by,
            _ANSWERED & _within(turns.c.opened_at, start, until),
        ),
        fallbacks=sums.fallbacks,
        made_up=sums.made_up,
        cost=sums.cost,
        unpriced=sums.unpriced,
        checks=_pairs(trails.checks(connection, start, until)),
        cases=_counts(connection, cases.c.reason, _within(cases.c.opened_at, start, until)),
        sends=_counts(
            connection,
            messages.c.state,
            (messages.c.direction == "out")
            & messages.c.state.in_(("failed", "unknown"))
            & _within(messages.c.at, start, until),
        ),
        dead=states.get("dead", 0),
        erased=erased,
    )
    models, errors = _models(connection, start, until)
    return replace(found, models=models, errors=errors)


def _within(column: ColumnElement[Any], start: float, until: float) -> ColumnElement[bool]:
    return and_(column >= start, column < until)


def _counts(
    connection: Connection, by: ColumnElement[Any], where: ColumnElement[bool]
) -> dict[str, int]:
    return _pairs(connection.execute(select(by, func.count()).where(where).group_by(by)))


def _pairs(rows: Any) -> dict[str, int]:
    """Counts by name, the most frequent first."""
    return dict(sorted(((row[0], row[1]) for row in rows), key=lambda pair: (-pair[1], pair[0])))


def _sums(connection: Connection, start: float, until: float) -> Any:
    """Of all turns, those that were called back too: their calls have been paid for."""
    settled = turns.c.state == "settled"
    return connection.execute(
        select(
            total(turns.c.cost).label("cost"),
            total(turns.c.unpriced).label("unpriced"),
            total(turns.c.refused).label("made_up"),
            func.count().filter(and_(settled, turns.c.fallback)).label("fallbacks"),
        ).where(_within(turns.c.opened_at, start, until))
    ).one()


def _times(connection: Connection, start: float, until: float) -> Times:
    answered: Select[Any] = select(
        turns.c.responded_at - turns.c.accepted_at,
        turns.c.opened_at - turns.c.accepted_at,
        turns.c.settled_at - turns.c.opened_at,
        turns.c.responded_at - turns.c.settled_at,
    ).where(
        _within(turns.c.opened_at, start, until),
        _ANSWERED,
        turns.c.accepted_at.is_not(None),
        turns.c.responded_at.is_not(None),
    )
    rows = connection.execute(answered).all()
    asked = trails.models_took(connection, start, until)
    response, waiting, deciding, sending = (
        Spread.of([row[column] for row in rows]) for column in range(4)
    )
    models = Spread.of([seconds for seconds in asked if seconds is not None])
    return Times(response, waiting, deciding, models, sending)


def _models(
    connection: Connection, start: float, until: float
) -> tuple[tuple[ModelFigures, ...], dict[str, int]]:
    """What each model did, the most asked first, and why some did not answer."""
    answers = _counts(
        connection,
        turns.c.model,
        _ANSWERED & (turns.c.answered_by == "model") & _within(turns.c.opened_at, start, until),
    )
    found: dict[str, dict[str, int]] = {name: {} for name in answers if name}
    errors: dict[str, int] = {}
    for row in trails.asked(connection, start, until):
        name, failed = row.model or "", row.result != "answered"
        if failed:
            errors[row.result or "unknown"] = errors.get(row.result or "unknown", 0) + row.n
        if not row.called:
            continue
        sums = found.setdefault(name, {})
        added = {
            "calls": row.n,
            "failed": row.n if failed else 0,
            "read": row.read,
            "cached": row.cached,
            "written": row.written,
            "cost": row.cost,
            "unpriced": row.unpriced,
        }
        for what, n in added.items():
            sums[what] = sums.get(what, 0) + n
    models = (ModelFigures(name, answers.get(name, 0), **sums) for name, sums in found.items())
    return (
        tuple(sorted(models, key=lambda each: (-each.calls, each.name))),
        dict(sorted(errors.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def _counters(connection: Connection, start: float, until: float) -> dict[str, int]:
    """Counters are kept by day (UTC): a day that the period only touches counts whole."""
    within = and_(counters.c.day >= _day(start), counters.c.day <= _day(until))
    return _pairs(
        connection.execute(
            select(counters.c.name, total(counters.c.n)).where(within).group_by(counters.c.name)
        )
    )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _minutes(connection: Connection, start: float, until: float) -> tuple[int, int]:
    """Minutes with a heartbeat, and all of them since the first one ever.

    The minute that is still running counts once it has a heartbeat.
    """
    first = connection.execute(select(func.min(heartbeats.c.minute))).scalar()
    if first is None:
        return 0, 0
    begin, now = max(first, int(start // 60)), int(until // 60)
    up, last = connection.execute(
        select(func.count(), func.max(heartbeats.c.minute)).where(
            heartbeats.c.minute >= begin, heartbeats.c.minute <= now
        )
    ).one()
    return up, max(0, now - begin) + (last == now)


def _began(connection: Connection) -> float | None:
    """When the first thing happened of which anything is left."""
    found = [
        connection.execute(select(first)).scalar()
        for first in (
            func.min(turns.c.opened_at),
            func.min(heartbeats.c.minute) * 60,
            select(messages.c.at).order_by(messages.c.seq).limit(1).scalar_subquery(),
        )
    ]
    return min((float(at) for at in found if at is not None), default=None)
