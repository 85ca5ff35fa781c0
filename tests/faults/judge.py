"""The judge: what the senders know against what the database and the API say, as multisets."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.model import ConversationKey
from tests.faults.looking import Database, Look, holding, looking_at_file, seeing
from tests.faults.rig import PATIENCE, Door, Program, Senders

looking = looking_at_file

Message = tuple[str, str]  # (conversation, the sender's id)


@dataclass(frozen=True)
class Findings:
    """Everything that breaks the promise; empty when it was kept."""

    lost: tuple[Message, ...] = ()  # acknowledged, in no answer
    doubled: tuple[Message, ...] = ()  # stored or answered more than once
    unexpected: tuple[Message, ...] = ()  # answered, but never sent
    reordered: tuple[str, ...] = ()  # conversations answered out of turn
    stranded: tuple[str, ...] = ()  # leases, turns and messages that nobody works on any more
    overlapping: tuple[str, ...] = ()  # conversations with two turns at a time
    damage: tuple[str, ...] = ()  # what SQLite itself finds


KEPT = Findings()


def count(database: Database, what: str) -> int:
    """How many messages there are `WHERE ...`."""
    with seeing(database) as look:
        return int(look.all(f"SELECT count(*) FROM messages WHERE {what}")[0][0])


ANSWERED = "direction = 'in' AND answered_by IS NOT NULL"
OPEN = "state IN ('waiting', 'in_turn')"


async def drained(database: Database, seconds: float = PATIENCE) -> bool:
    """Whether nothing waits any more, within that many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while count(database, OPEN):
                await asyncio.sleep(0.05)
            return True
    return False


async def strike(
    program: Program,
    number: signal.Signals = signal.SIGKILL,
    *,
    answered: int = 1,
    more_coming: bool = False,
) -> int:
    """A signal with at least that many answers written and a turn under way, however fast it is.

    The process is frozen for each look, so what is seen is what the signal meets. Returns how
    many messages had been answered.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            program.freeze()
            with seeing(program.database) as look:
                done, taken, left = look.all(
                    f"SELECT count(*) FILTER (WHERE {ANSWERED}),"
                    f" count(*) FILTER (WHERE state = 'in_turn'),"
                    f" count(*) FILTER (WHERE {OPEN}) FROM messages"
                )[0]
            assert left or more_coming, "everything was answered before the signal"
            if taken and done >= answered:
                program.send(number)
                program.thaw()
                if number is signal.SIGKILL:
                    program.kill()
                return int(done)
            program.thaw()
            await asyncio.sleep(0.005)


def leased(database: Database) -> list[str]:
    """Conversations that somebody holds."""
    with seeing(database) as look:
        rows = look.all("SELECT key FROM conversations WHERE lease_owner <> '' OR lease_until > 0")
        return [row["key"] for row in rows]


async def all_leased(database: Database, conversations: int, seconds: float = PATIENCE) -> bool:
    """Whether that many conversations are being served at the same time, within those seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while len(leased(database)) < conversations:
                await asyncio.sleep(0.02)
            return True
    return False


@contextmanager
def held(database: Path, patience: float = 10) -> Iterator[None]:
    """Another process's open transaction."""
    with holding(database, patience):
        yield


def stored(database: Database) -> set[Message]:
    """Every customer's message that has a row."""
    with seeing(database) as look:
        return stored_as(look)


def stored_as(look: Look) -> set[Message]:
    """The same through a connection that is open already."""
    rows = look.all("SELECT conversation, external_id FROM messages WHERE direction = 'in'")
    return {_message(row) for row in rows}


def replies(database: Database) -> dict[str, int]:
    """How many answers each conversation got, offers of a menu aside."""
    with seeing(database) as look:
        rows = look.all(
            "SELECT messages.conversation, count(*) FROM messages JOIN turns ON turns.id = turn_id"
            " WHERE direction = 'out' AND CAST(answers AS TEXT) <> '[]'"
            " AND turns.reason <> 'unknown_offer' GROUP BY messages.conversation"
        )
        return {row[0]: row[1] for row in rows}


_TURNS = "SELECT id, conversation, state, opened_at, settled_at FROM turns ORDER BY id"
_WITNESSED_TURNS = """SELECT turns.id, conversation, state, witness.opened_at, witness.settled_at
    FROM turns JOIN witness ON witness.turn = turns.id ORDER BY turns.id"""  # see fleet.py


def from_database(database: Database, senders: Senders, only: str = "") -> Findings:
    """Judge what is in the database; `only`: of conversations that begin like this."""
    with seeing(database) as look:
        own = isinstance(database, Path)  # a server looks after its files itself
        damage = [row[0] for row in look.all("PRAGMA integrity_check")] if own else []
        rows = look.all(f"SELECT * FROM messages WHERE conversation LIKE '{only}%' ORDER BY seq")
        turns = look.all(_TURNS if own else _WITNESSED_TURNS)
    stored = {row["seq"]: row for row in rows if row["direction"] == "in"}
    named: list[Message] = []
    misdirected: list[Message] = []
    answer_of: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row["direction"] != "out" or row["state"] == "superseded":
            continue
        for seq in json.loads(row["answers"] or "[]"):
            message = stored.get(seq)
            if message is None or message["conversation"] != row["conversation"]:
                misdirected.append((row["conversation"], str(seq)))
                continue
            named.append(_message(message))
            answer_of[seq].append(row["seq"])
    # Both ends of an answer must tell the same.
    differing = [
        _message(row)
        for seq, row in stored.items()
        if ([row["answered_by"]] if row["answered_by"] else []) != answer_of[seq]
    ]
    twice = [each for each, n in Counter(map(_message, stored.values())).items() if n > 1]
    found = _compare(named, senders)
    stranded = [
        *(f"lease of {key}" for key in leased(database)),
        *(f"message {_message(row)}" for row in rows if row["state"] in ("waiting", "in_turn")),
        *(f"turn {row['id']}" for row in turns if row["state"] == "open"),
    ]
    return Findings(
        lost=found.lost,
        doubled=tuple(sorted({*found.doubled, *twice, *differing})),
        unexpected=(*found.unexpected, *misdirected),
        reordered=found.reordered,
        stranded=tuple(stranded),
        overlapping=tuple(overlapping(turns)),
        damage=tuple(line for line in damage if line != "ok"),
    )


async def from_api(program: Door, senders: Senders) -> Findings:
    """Judge what the API lists."""
    named: list[Message] = []
    disordered = []
    twice: list[Message] = []
    for conversation, tried in senders.tried.items():
        lines = await senders.transcript(program, conversation)
        came = [line["id"] for line in lines if line["direction"] == "in"]
        if not _in_order(came, tried):
            disordered.append(conversation)
        twice += [(conversation, id) for id, n in Counter(came).items() if n > 1]
        named += [
            (conversation, id)
            for line in lines
            if line["direction"] == "out"
            for id in line["answers"]
        ]
    found = _compare(named, senders)
    return Findings(
        lost=found.lost,
        doubled=tuple(sorted({*found.doubled, *twice})),
        unexpected=found.unexpected,
        reordered=tuple({*found.reordered, *disordered}),
    )


async def verdict(program: Program, senders: Senders) -> Findings:
    """Both witnesses; they must agree, and what one of them finds counts."""
    return await agreed(program, program.database, senders)


async def agreed(door: Door, where: Database, senders: Senders, only: str = "") -> Findings:
    """The same for a desk that is more than one program."""
    api = await from_api(door, senders)
    database = from_database(where, senders, only)
    assert (api.lost, api.doubled, api.unexpected) == (
        database.lost,
        database.doubled,
        database.unexpected,
    )
    return database if database != KEPT else api


def _compare(named: Iterable[Message], senders: Senders) -> Findings:
    answers = Counter(named)
    tried = {(chat, id) for chat, ids in senders.tried.items() for id in ids}
    order: dict[str, list[str]] = defaultdict(list)
    for chat, id in answers:  # in order of the first mention
        order[chat].append(id)
    return Findings(
        lost=tuple(each for each in senders.acknowledged if each not in answers),
        doubled=tuple(each for each, n in answers.items() if n > 1),
        unexpected=tuple(each for each in answers if each not in tried),
        reordered=tuple(
            chat for chat, ids in order.items() if not _in_order(ids, senders.tried[chat])
        ),
    )


def _in_order(ids: list[str], tried: list[str]) -> bool:
    place = {id: n for n, id in enumerate(tried)}
    places = [place[id] for id in dict.fromkeys(ids) if id in place]
    return places == sorted(places)


def _message(row: Any) -> Message:
    return ConversationKey.parse(row["conversation"]).chat, row["external_id"]


def overlapping(turns: Iterable[Any]) -> Iterator[str]:
    """Conversations in which a turn was opened before the one before it was settled."""
    last: dict[str, float] = {}
    for turn in turns:
        conversation = turn["conversation"]
        if turn["opened_at"] < last.get(conversation, 0.0):
            yield conversation
        last[conversation] = turn["settled_at"] or float("inf")
