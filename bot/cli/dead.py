"""`nightdesk dead`: what ended badly is listed, looked at, tried once more, or let be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.look import business_zone, looked
from bot.cli.socket_client import Refusal, local_desk
from bot.desk.card import channel_label, harmless
from bot.desk.dead_letters import DeadKind, DeadLetter, DeadSend, DeadTurn, Since, Unread
from bot.desk.fate import Fate, in_words
from bot.ledger.dead import dead_counts, dead_letter, dead_list

FAILED = 1
_WHAT = {
    DeadKind.TURNS: ("turn", "turns that nobody could decide"),
    DeadKind.SENDS: ("send", "messages that did not arrive, or may not have"),
    DeadKind.UNREADABLE: ("delivery", "deliveries that nobody could read"),
}
_TOLD = {"": "no", "sent": "yes", "pending": "not yet", "sending": "not yet"}


def show_list(console: Console, kind: DeadKind, *, as_json: bool) -> None:
    """Print them, the newest first; nothing that anybody said. Raises as `looked`."""
    zone = business_zone()
    listed, counts = looked(
        lambda connection: (dead_list(connection, kind), dead_counts(connection))
    )
    if as_json:
        letters = [_as_json(each, words=False) for each in listed.found]
        console.print_json(json.dumps({"kind": kind, "dead": letters, "counts": counts}))
        return
    if listed.found:
        console.print(_table(kind, listed.found, zone))
        if listed.total > len(listed.found):
            console.print(f"These are {len(listed.found)} of {listed.total}.")
    else:
        console.print(f"There are no {_WHAT[kind][1]}.")
    for other in DeadKind:
        if other is not kind and counts[other]:
            console.print(
                f"Also {_WHAT[other][1]}: {counts[other]} (--kind {other})", soft_wrap=True
            )


def show(console: Console, kind: DeadKind, number: int, *, as_json: bool) -> int:
    """Print one, with what it says; the exit code. Raises as `looked`."""
    zone = business_zone()
    found = looked(lambda connection: dead_letter(connection, kind, number))
    if found is None:
        _say(console, f"There is no dead {_WHAT[kind][0]} {number}, or no longer.")
        return FAILED
    if as_json:
        console.print_json(json.dumps(_as_json(found, words=True)))
        return 0
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, said in _lines(found, zone):
        table.add_row(Text(name), Text(said))
    console.print(table)
    return 0


async def replay(
    console: Console, kind: DeadKind, number: int, *, again: bool, not_arrived: bool
) -> bool:
    """Try it once more; False when the desk said no."""
    wanted = {"number": number, "again": again, "not_arrived": not_arrived}
    async with local_desk() as client:
        try:
            await client.post(f"/dead/{kind}/replay", wanted)
        except Refusal as refusal:
            _say(console, f"Not repeated: {refusal}.", "red")
            return False
    done = {
        DeadKind.TURNS: f"Turn {number} is in its line again, before what came after it.",
        DeadKind.SENDS: f"Send {number} waits to leave; it does while `nightdesk serve` runs.",
        DeadKind.UNREADABLE: f"Delivery {number} could be read now, and was taken.",
    }
    _say(console, done[kind], "green")
    return True


async def drop(
    console: Console,
    kind: DeadKind,
    numbers: Sequence[int],
    *,
    everything: bool,
    agreed: Callable[[str], bool],
) -> bool:
    """Let them be, once that is agreed to; False when that came to nothing."""
    if everything:
        listed = await asyncio.to_thread(looked, lambda connection: dead_list(connection, kind))
        numbers = [each.number for each in listed.found]
        if not numbers:
            _say(console, f"There are no {_WHAT[kind][1]}.")
            return True
    if not agreed(_question(kind, len(numbers))):
        _say(console, "Nothing was dropped.")
        return False
    async with local_desk() as client:
        done = (await client.post(f"/dead/{kind}/drop", {"numbers": list(numbers)}))["dropped"]
    _say(
        console,
        f"Dropped {done} of {len(numbers)}." if done < len(numbers) else f"Dropped {done}.",
        "green" if done == len(numbers) else "yellow",
    )
    return bool(done == len(numbers))


def _question(kind: DeadKind, count: int) -> str:
    what, _ = _WHAT[kind]
    many = f"this {what}" if count == 1 else f"these {count} {_plural(what)}"
    if kind is DeadKind.UNREADABLE:
        return f"Delete {many} for good?"
    return f"Let {many} be for good, unanswered? (Words stay in the chat.)"


def _plural(what: str) -> str:
    return {"turn": "turns", "send": "sends", "delivery": "deliveries"}[what]


def _table(kind: DeadKind, found: Sequence[DeadLetter], zone: tzinfo) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = {
        DeadKind.TURNS: ("what", "tries", "error", "customer told", "answered since", "case"),
        DeadKind.SENDS: ("from", "what became of it", "tries", "answered since"),
        DeadKind.UNREADABLE: ("why", "size"),
    }
    table.add_column(_WHAT[kind][0], no_wrap=True, justify="right")
    for name in ("when", "channel", *names[kind]):
        table.add_column(name)
    for each in found:
        start = (str(each.number), _moment(each.at, zone), channel_label(each.channel))
        table.add_row(*(Text(cell) for cell in (*start, *_cells(each, zone))))
    return table


def _cells(each: DeadLetter, zone: tzinfo) -> tuple[str, ...]:
    match each:
        case DeadTurn():
            many = f"{each.messages} message{'s' if each.messages != 1 else ''}"
            return (
                "staff act" if each.by_staff else many,
                str(each.attempts),
                harmless(each.error) or "not known",
                _told(each),
                _since(each.since, zone) + _held(each.holder),
                f"{each.case} {each.case_status}" if each.case else "none",
            )
        case DeadSend():
            author = f"{each.author}, to staff" if each.for_staff else each.author
            return author, _fate(each), str(each.attempts), _since(each.since, zone)
        case Unread():
            return harmless(each.reason), f"{each.size} bytes"


def _lines(each: DeadLetter, zone: tzinfo) -> Iterator[tuple[str, str]]:
    match each:
        case DeadTurn():
            yield "turn", f"{each.number}, on {channel_label(each.channel)}"
            yield "came in", _moment(each.at, zone)
            tries = f"{each.attempts} tries" if each.attempts != 1 else "1 try"
            yield "given up", f"{_moment(each.died_at, zone)}, after {tries}"
            yield "last error", harmless(each.error) or "not known: it may have ended the program"
            yield "customer told", _told(each)
            yield "answered since", _since(each.since, zone)
            yield "case", f"{each.case}, {each.case_status}" if each.case else "none"
            if each.holder:
                yield "chat", f"with {harmless(each.holder)}: the bot is silent in it"
        case DeadSend():
            yield "send", f"{each.number} (nd_{each.number}), on {channel_label(each.channel)}"
            yield "written", f"{_moment(each.at, zone)}, by {each.author}"
            yield "what became of it", f"{_fate(each)}; tries: {each.attempts}"
            yield "answered since", _since(each.since, zone)
            if each.holder:
                yield "chat", f"with {harmless(each.holder)}: the bot is silent in it"
        case Unread():
            yield "delivery", f"{each.number}, on {channel_label(each.channel)}"
            yield "came in", _moment(each.at, zone)
            kept = "kept whole" if each.whole else f"{len(each.body)} of them kept"
            yield "why", f"{harmless(each.reason)}, {each.size} bytes, {kept}"
            yield "says", harmless(each.body.decode(errors="replace"))
            return
    for words in each.words:
        yield "says", harmless(words)


def _told(turn: DeadTurn) -> str:
    return _TOLD.get(turn.told, "it did not arrive") if not turn.by_staff else "its author was"


def _since(since: Since, zone: tzinfo) -> str:
    return f"{since.author}, {_moment(since.at, zone)}" if since.author else "nobody"


def _held(holder: str) -> str:
    return f" (with {harmless(holder)})" if holder else ""


def _fate(send: DeadSend) -> str:
    return in_words(Fate(send.state, "", send.failure)).removeprefix("✗ ").removeprefix("? ")


def _as_json(each: DeadLetter, *, words: bool) -> dict[str, Any]:
    found = asdict(each)
    body = found.pop("body", b"")
    if isinstance(each, Unread):
        found |= {"body": body.decode(errors="replace")} if words else {}
    elif not words:
        del found["words"]
    return found


def _moment(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(harmless(line), style=style), soft_wrap=True)
