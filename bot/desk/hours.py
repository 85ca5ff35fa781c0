"""When people are at the desk.

Ranges are wall-clock times in the desk's own time zone; a range that ends at or before its
start runs into the next day, so 00:00 to 00:00 is a whole day. A holiday has no ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.book import Hours

DAYS_AHEAD = 14  # beyond that an opening time is no help


def is_open(hours: Hours, now: float) -> bool:
    """Whether `now` (Unix time) falls into a range. The end of a range is closed."""
    today = _local(hours, now).date()
    return any(
        start.timestamp() <= now < end.timestamp()
        for day in (today - timedelta(days=1), today)
        for start, end in _ranges(hours, day)
    )


def next_opening(hours: Hours, now: float) -> datetime | None:
    """The next start of a range after `now`, in the desk's time zone.

    None when the desk does not open within the next 14 days.
    """
    today = _local(hours, now).date()
    for ahead in range(DAYS_AHEAD + 1):
        later = (start for start, _ in _ranges(hours, today + timedelta(days=ahead)))
        starts = [start.timestamp() for start in later if start.timestamp() > now]
        if starts:
            return _local(hours, min(starts))
    return None


def are_known(hours: Hours) -> bool:
    """Whether the desk has any hours at all."""
    return any(hours.week.values())


def _local(hours: Hours, at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(hours.timezone))


def _ranges(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The ranges that begin on this day.

    An hour that the clock strikes twice is open both times (fold 0 at the start, 1 at the end).
    """
    if day in hours.holidays:
        return
    zone = ZoneInfo(hours.timezone)
    for opening in hours.week.get(day.weekday(), ()):
        last = day if opening.end > opening.start else day + timedelta(days=1)
        start = datetime.combine(day, opening.start, zone)
        yield start, datetime.combine(last, opening.end, zone).replace(fold=1)
