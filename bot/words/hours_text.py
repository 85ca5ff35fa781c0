"""The opening hours as a sentence, so that no reply can contradict the table."""

from __future__ import annotations

from bot.book import Hours, Language, Opening

HOURS_FACT = "hours"  # usable as {{ house.hours }}

_DAYS = {
    "pt": ("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_TO = {"pt": " a ", "en": "-", "es": " a "}
_RANGE = {"pt": "{} às {}", "en": "{} to {}", "es": "{} a {}"}
_AND = {"pt": " e ", "en": " and ", "es": " y "}
_CLOSED = {"pt": "fechado", "en": "closed", "es": "cerrado"}


def hours_text(hours: Hours, language: Language) -> str:
    """Days with equal hours are drawn together: "Mon-Fri 09:00 to 18:00; Sun closed"."""
    language = language if language in _DAYS else "en"
    days = _DAYS[language]
    parts: list[str] = []
    start = 0
    for day in range(1, 8):
        if day < 7 and _of(hours, day) == _of(hours, start):
            continue
        span = days[start] if day - start == 1 else f"{days[start]}{_TO[language]}{days[day - 1]}"
        parts.append(f"{span} {_times(_of(hours, start), language)}")
        start = day
    return "; ".join(parts)


def _of(hours: Hours, day: int) -> tuple[Opening, ...]:
    return tuple(hours.week.get(day, ()))


def _times(openings: tuple[Opening, ...], language: Language) -> str:
    if not openings:
        return _CLOSED[language]
    return _AND[language].join(
        _RANGE[language].format(f"{each.start:%H:%M}", f"{each.end:%H:%M}") for each in openings
    )
