"""Reads `--since`: a span such as 7d, a date, or a date with a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

FORMS = "write 7d, 24h, 90m, a date such as 2026-11-01, or a time such as 2026-11-01T18:30"
_SPAN = re.compile(r"([0-9]{1,6})([mhdw])", re.IGNORECASE)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].+)?", re.ASCII | re.IGNORECASE)


def read_since(text: str, now: float, zone: tzinfo) -> float:
    """The Unix time that is meant; dates and times without an offset are in `zone`.

    Raises ValueError with what to write instead.
    """
    wanted = text.strip()
    if span := _SPAN.fullmatch(wanted):
        length = int(span[1]) * _SECONDS[span[2].lower()]
        if not length:
            raise ValueError(f"'{text}' is no time at all; {FORMS}")
        return max(0.0, now - length)
    if not _DATE.fullmatch(wanted):
        raise ValueError(f"'{text}' is no point in time; {FORMS}")
    try:
        moment = datetime.fromisoformat(wanted)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        at = moment.astimezone(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{text}' is no date in the calendar; {FORMS}") from error
    if at > now:
        raise ValueError(f"'{text}' is in the future: there is nothing to report yet")
    return max(0.0, at)
