"""What came as JSON inside a form: an answer to a list or to a flow.

No page of Twilio's says how these look for every kind, so they are read for what a person would
see in them, and only where the form has nothing plainer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.channels.whatsapp.heard import Pressed

LONGEST_JSON = 16_384  # signs
LONGEST_VALUE = 500
MOST_LINES = 20
DEEPEST = 6
_IDLE = frozenset("type version screen flow_token".split())  # for machines


def chosen(text: str) -> Pressed | None:
    """What was chosen from a list: the first thing that bears a title."""
    for node in _nodes(_read(text)):
        title, id = node.get("title"), node.get("id")
        if isinstance(title, str) and title.strip():
            return Pressed(id[:LONGEST_VALUE] if isinstance(id, str) else "", _storable(title))
    return None


def filled_in(text: str) -> str:
    """What was filled in, "name: value" on lines of their own; "" where nothing was."""
    lines = (
        f"{_storable(str(name).replace('_', ' '))}: {_storable(str(value))}"
        for node in _nodes(_read(text))
        for name, value in node.items()
        if name not in _IDLE and _is_said(value)
    )
    return "\n".join(line for line, _ in zip(lines, range(MOST_LINES), strict=False))


def _is_said(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and not isinstance(_read(value), dict | list)
    return isinstance(value, bool | int | float)


def _nodes(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object in it, the outer ones first, and those in strings of JSON too."""
    if isinstance(node, str):
        node = _read(node)
    if depth > DEEPEST or not isinstance(node, dict | list):
        return
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node:
        yield from _nodes(child, depth + 1)


def _read(text: str) -> Any:
    if len(text) > LONGEST_JSON or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _storable(text: str) -> str:
    """JSON can spell what no database takes: NUL, and halves of a character."""
    whole = text.encode("utf-8", "replace").decode()
    return " ".join(whole.replace("\x00", "\ufffd").split())[:LONGEST_VALUE]
