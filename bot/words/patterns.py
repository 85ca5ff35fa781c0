"""Whether a regular expression of a form is sound and cannot run for ever."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

MOST_UNBOUNDED = 2  # open-ended repeats in one pattern; a third makes long texts slow
HARMLESS = 10  # a repeat of at most this many rounds may hold another repeat

_parser: Any = importlib.import_module("re._parser")  # the standard library's own parser
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def flaw_of(pattern: str) -> str | None:
    """What is wrong with a pattern, in plain words; None for a good one."""
    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no valid regular expression ({error})"
    if re.search(pattern, "") is not None:
        return "fits an empty answer"
    unbounded = 0
    for low, high, inner in _repeats(parsed):
        many = high > HARMLESS
        unbounded += high is _parser.MAXREPEAT
        if not many or low == high == 1:
            continue
        if any(inside_low != inside_high for inside_low, inside_high, _ in _repeats(inner)):
            return "repeats a part that itself repeats, which can take for ever"
        if any(_name(operation) == "BRANCH" for operation, _ in _operations(inner)):
            return "repeats a choice (a|b), which can take for ever"
    if unbounded > MOST_UNBOUNDED:
        return f"has more than {MOST_UNBOUNDED} open-ended repeats (* or +), which can be slow"
    return None


def _operations(parsed: Any) -> Iterator[tuple[Any, Any]]:
    for operation, argument in parsed:
        yield operation, argument
        yield from _inside(argument)


def _inside(argument: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(argument, _parser.SubPattern):
        yield from _operations(argument)
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _inside(part)


def _repeats(parsed: Any) -> list[tuple[int, int, Any]]:
    found = [arg for operation, arg in _operations(parsed) if _name(operation) in _REPEATS]
    return [(low, high, inner) for low, high, inner in found]


def _name(operation: Any) -> str:
    return str(operation)
