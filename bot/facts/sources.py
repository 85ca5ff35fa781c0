"""All sources of facts that config.yaml names: opened together, closed together.

A new kind of source is a file of this room, a kind in `bot/model_settings.py`, and a line here.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.clock import SYSTEM, Clock
from bot.errors import ConfigError, Flaw
from bot.facts import file, sql
from bot.facts.file import FileSource
from bot.facts.looked_up import LookedUp
from bot.facts.ports import Source
from bot.facts.query import parameters_of
from bot.facts.sender import customer_of, known_at
from bot.facts.sql import SqlSource
from bot.model import Facts, KnownFacts, Turn
from bot.model_settings import FactSource
from bot.prompt import FactSpec
from bot.yaml_source import Document

CUSTOMER = "customer"  # the source of what customers tell; no other source may be called so
CHANNELS = ("telegram", "whatsapp", "web", "api", "terminal")
TAKEN = frozenset({"house"})  # names that mean something else in a sentence


def check_sources(
    entries: Sequence[FactSource], folder: Path, document: Document | None = None
) -> list[Flaw]:
    """Everything that is wrong with the sources; paths are relative to `folder`.

    With the document of config.yaml a flaw of an entry is told at its line.
    """
    flaws = []
    for number, entry in enumerate(entries):
        looked_at = sql.flaws_of if entry.kind == "sql" else file.flaws_of
        found = [
            *_contradictions(entry, entries[:number]),
            *_doors(entry),
            *looked_at(entry, folder),
        ]
        flaws += [_placed(flaw, entry, number, document) for flaw in found]
    return flaws


def without_words(
    entries: Sequence[FactSource], languages: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Amounts for which some language has no word, by name: there nobody can tell a sentence about
    the balance from one about any sum that the customer has named.
    """
    words: dict[str, set[str]] = {}
    for entry in entries:
        for name, fact in entry.facts.items():
            if fact.kind == "amount":
                words.setdefault(name, set()).update(fact.labels)
    lacking = {name: tuple(x for x in languages if x not in known) for name, known in words.items()}
    return {name: missing for name, missing in lacking.items() if missing}


@dataclass(frozen=True, slots=True)
class FactSources:
    """What a desk may know about its customers."""

    sources: tuple[Source, ...]
    clock: Clock
    seconds: float  # for all reads of a turn

    @classmethod
    def opened(
        cls,
        entries: Sequence[FactSource],
        folder: Path,
        clock: Clock = SYSTEM,
        *,
        seconds: float = 1.5,
    ) -> FactSources:
        """Open every source. Raises ConfigError with every flaw of all of them."""
        flaws = check_sources(entries, folder)
        if flaws:
            raise ConfigError(flaws)
        return cls(tuple(_opened(entry, folder, clock) for entry in entries), clock, seconds)

    @property
    def declared(self) -> Mapping[str, FactSpec]:
        """What some source may know, by name; of a name that several know, all labels."""
        specs: dict[str, FactSpec] = {}
        for source in self.sources:
            for name, entry in source.entry.facts.items():
                labels = dict(specs[name].labels) if name in specs else {}
                for language, words in entry.labels.items():
                    labels[language] = (*labels.get(language, ()), *words)
                specs[name] = FactSpec(name, entry.kind, labels)
        return specs

    def for_turn(self, turn: Turn) -> Facts:
        """The facts of this turn's customer, read when somebody asks for one.

        Where others read along nothing is looked up, nor while a staff member acts.
        """
        declared = self.declared
        customer = customer_of(turn)
        sources = tuple(each for each in self.sources if known_at(each.entry.channels, customer))
        if turn.public or turn.act is not None or not sources:
            return KnownFacts({} if turn.public else turn.facts.known, declared)
        return LookedUp(
            sources,
            declared,
            customer,
            turn.facts.known,
            self.clock,
            seconds=self.seconds,
            deadline=turn.deadline,
        )

    async def close(self) -> None:
        """Close every source; reads that are under way end at once and know nothing."""
        await asyncio.gather(*(source.close() for source in self.sources))


def _opened(entry: FactSource, folder: Path, clock: Clock) -> Source:
    if entry.kind == "sql":
        return SqlSource.opened(entry, folder)
    return FileSource.opened(entry, folder, clock)


def _contradictions(entry: FactSource, before: Sequence[FactSource]) -> list[Flaw]:
    where = f"facts.{entry.name}"
    flaws = []
    if entry.name == CUSTOMER:
        message = f"'{CUSTOMER}' is what customers tell of themselves"
        flaws.append(Flaw(f"{where}.name", message, advice="choose another name"))
    for name, fact in entry.facts.items():
        if name in TAKEN:
            message = f"'{name}' means something else in a sentence"
            flaws.append(Flaw(f"{where}.facts.{name}", message, advice="choose another name"))
        if fact.currency and fact.kind != "amount":
            message = f"'{name}' has a currency, but is no amount"
            flaws.append(Flaw(f"{where}.facts.{name}", message, advice="write kind: amount"))
        for other in before:
            if name in other.facts and other.facts[name].kind != fact.kind:
                message = f"'{name}' is {fact.kind} here and {other.facts[name].kind} in"
                advice = "make them the same, or give one another name"
                flaws.append(Flaw(f"{where}.facts.{name}", f"{message} '{other.name}'", "", advice))
    return flaws


def _doors(entry: FactSource) -> list[Flaw]:
    """A bare number is somebody else on another channel, so it has to be said whose it is."""
    where = f"facts.{entry.name}"
    if not entry.channels and not _tells_channels_apart(entry):
        message = f"'{entry.name}' does not say on which channels it knows people"
        advice = "add channels: [telegram], or [api] for customers of a program that uses the API"
        return [Flaw(where, message, advice=advice)]
    flaws = []
    for door in entry.channels:
        channel = door.partition(":")[0]
        near = difflib.get_close_matches(channel, CHANNELS, n=1)
        if near and near[0] != channel:
            message = f"there is no channel '{channel}'"
            flaws.append(Flaw(f"{where}.channels", message, advice=f"did you mean '{near[0]}'?"))
    return flaws


def _tells_channels_apart(entry: FactSource) -> bool:
    if entry.kind == "sql":
        return not parameters_of(entry.query).isdisjoint(("identity", "channel"))
    return entry.match == "identity"


def _placed(flaw: Flaw, entry: FactSource, number: int, document: Document | None) -> Flaw:
    """A flaw of the entry itself at its line; one of a file stands where it is."""
    before = f"facts.{entry.name}"
    if document is None or not f"{flaw.where}.".startswith(f"{before}."):
        return flaw
    steps = flaw.where.removeprefix(before).lstrip(".")
    path: tuple[str | int, ...] = ("facts", number, *(steps.split(".") if steps else ()))
    if path not in document.lines:  # written in a variable of the environment
        return flaw
    return document.flaw(path, flaw.message, flaw.advice)
