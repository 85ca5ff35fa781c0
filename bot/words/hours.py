"""The hours table of house.yaml, read and checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from datetime import date, time
from zoneinfo import ZoneInfo, available_timezones

from bot.book import Hours, Opening
from bot.errors import Flaw
from bot.words.schema import HouseFile
from bot.yaml_source import Document

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


def read_hours(
    document: Document, house: HouseFile, timezone: str, flaws: list[Flaw]
) -> Hours:  # fmt: skip
    """The table as the desk uses it; what is wrong with it is added to `flaws`."""
    week: dict[int, tuple[Opening, ...]] = {}
    for day, ranges in house.hours.items():
        if day not in WEEKDAYS:
            near = difflib.get_close_matches(day.lower(), WEEKDAYS, n=1, cutoff=0.5)
            advice = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(WEEKDAYS)}"
            flaws.append(document.flaw(("hours", day), f"'{day}' is no weekday", advice))
            continue
        week[WEEKDAYS.index(day)] = _day(document, day, ranges, flaws)
    name = house.timezone or timezone
    if not _known_zone(name):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=1, cutoff=0.5)
        advice = f"did you mean '{near[0]}'?" if near else 'for example "America/Sao_Paulo"'
        message = f"'{name}' is no time zone"
        if house.timezone:
            flaws.append(document.flaw(("timezone",), message, advice))
        else:
            flaws.append(Flaw("business.timezone", message, name, advice))
        name = "UTC"
    return Hours(name, week, _holidays(document, house.holidays, flaws))


def _day(
    document: Document, day: str, ranges: Sequence[str], flaws: list[Flaw]
) -> tuple[Opening, ...]:  # fmt: skip
    openings: list[Opening] = []
    for number, text in enumerate(ranges):
        path = ("hours", day, number)
        found = _RANGE.fullmatch(text.strip())
        if not found:
            flaws.append(document.flaw(path, f"'{text}' is no range", 'write it as "09:00-18:00"'))
            continue
        try:
            start = time(int(found[1]), int(found[2]))
            # The last minute stands for midnight: a day has no 24:00.
            midnight = (found[3], found[4]) == ("24", "00")
            end = time(23, 59, 59) if midnight else time(int(found[3]), int(found[4]))
        except ValueError:
            flaws.append(document.flaw(path, f"'{text}' has no such time", "00:00 to 24:00"))
            continue
        if end <= start:
            advice = "split a night into two days, up to 24:00 and from 00:00"
            flaws.append(document.flaw(path, f"'{text}' ends before it starts", advice))
            continue
        clash = next((o for o in openings if start < o.end and o.start < end), None)
        if clash:
            message = f"'{text}' overlaps {clash.start:%H:%M}-{clash.end:%H:%M}"
            flaws.append(document.flaw(path, message, "make one range of the two"))
            continue
        openings.append(Opening(start, end))
    return tuple(sorted(openings, key=lambda opening: opening.start))


def _holidays(document: Document, texts: Sequence[str], flaws: list[Flaw]) -> frozenset[date]:
    days: set[date] = set()
    for number, text in enumerate(texts):
        try:
            days.add(date.fromisoformat(text))
        except ValueError:
            message = f"'{text}' is no date"
            flaws.append(document.flaw(("holidays", number), message, 'write it as "2026-12-25"'))
    return frozenset(days)


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
