"""How much of a conversation a model is shown: the newest, in whole lines. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.memory.tokens import bytes_within, estimate
from bot.prompt import Speaker, Spoken

LINE_TOKENS = 4  # what each line costs besides its words
SHORTEST_CUT = 40  # tokens; less of a message than that tells nothing
CUT = "\n[…]\n"
# A letter, a family or a colour is not cut through.
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Window:
    """What is shown."""

    said: tuple[Spoken, ...]  # begins and ends with the customer, and they take turns
    lines: int  # of what was said before
    left_out: int  # of these, that are not shown


def window(history: Sequence[Spoken], burst: Sequence[str], tokens: int) -> Window:
    """The burst, and of the history before it the newest lines that fit into so many tokens.

    The burst always stays. One that is too long alone keeps its newest messages, and the last of
    them that has room is cut in the middle.
    """
    asked = "\n".join(_newest(burst, tokens - LINE_TOKENS))
    room = tokens - LINE_TOKENS - estimate(asked)
    kept: list[Spoken] = []
    for line in reversed(history):
        room -= LINE_TOKENS + estimate(line.text)
        if room < 0:
            break
        kept.append(line)
    kept.reverse()
    while kept and kept[0].speaker is not Speaker.CUSTOMER:
        kept.pop(0)
    said = _merged([*kept, Spoken(Speaker.CUSTOMER, asked)])
    return Window(said, len(kept), len(history) - len(kept))


def _newest(burst: Sequence[str], tokens: int) -> list[str]:
    kept: list[str] = []
    room = tokens
    for text in reversed(burst):
        size = estimate(f"{text}\n")
        if size > room:
            if not kept or room >= SHORTEST_CUT:
                kept.insert(0, cut(text, room - 1))
            break
        room -= size
        kept.insert(0, text)
    return kept


def cut(text: str, tokens: int) -> str:
    """The beginning and the end of a text, with a mark between them."""
    if estimate(text) <= tokens:
        return text
    half = max(0, bytes_within(tokens) - len(CUT.encode())) // 2
    raw = text.encode("utf-8", "replace")
    head = raw[:half].decode("utf-8", "ignore")
    tail = raw[len(raw) - half :].decode("utf-8", "ignore")
    while head and (head[-1].isspace() or head[-1] in _JOINERS):
        head = head[:-1]
    while tail and (tail[0].isspace() or tail[0] in _JOINERS or unicodedata.combining(tail[0])):
        tail = tail[1:]
    return f"{head}{CUT}{tail}"


def _merged(lines: Iterable[Spoken]) -> tuple[Spoken, ...]:
    """Lines of one speaker that follow each other are one: some servers take no others."""
    merged: list[Spoken] = []
    for line in lines:
        if merged and merged[-1].speaker is line.speaker:
            line = Spoken(line.speaker, f"{merged.pop().text}\n{line.text}")
        merged.append(line)
    return tuple(merged)
