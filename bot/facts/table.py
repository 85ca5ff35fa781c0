"""A file of facts as a table, or all that is wrong with it. Pure: bytes in, nothing read.

What an admin sees of a mistake is its line and its column, never what stands there: these files
hold customers' data, and messages end up in logs.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from bot.errors import Flaw
from bot.facts.phones import same_number
from bot.facts.values import column_of, told
from bot.model_settings import FactSource
from bot.yaml_source import Document, parse

LONGEST_HEADER = 10_000  # signs in which the first line of a CSV file ends
MOST_FLAWS = 20  # of one file; the rest is counted


@dataclass(frozen=True, slots=True)
class Table:
    """What a file knows, by the key of the customer."""

    rows: Mapping[str, Mapping[str, str]]
    numbers: Mapping[str, str]  # the keys that are telephone numbers, by how they compare

    def of(self, key: str, *, as_number: bool) -> Mapping[str, str]:
        """The facts of one customer; empty where the file does not know them."""
        key = key.strip()
        if key in self.rows:
            return self.rows[key]
        number = same_number(key) if as_number else ""
        return self.rows[self.numbers[number]] if number in self.numbers else {}


@dataclass(frozen=True, slots=True)
class _Record:
    key: str
    cells: Mapping[str, object]  # by column
    line: Callable[[str], int]  # of a column


@dataclass(slots=True)
class _Reading:
    """A file on its way to a table."""

    entry: FactSource
    rows: dict[str, Mapping[str, str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # of each key, however it is written
    flaws: list[Flaw] = field(default_factory=list)

    def flaw(self, line: int, message: str, advice: str = "") -> None:
        self.flaws.append(Flaw(f"{self.entry.path}:{line}", message, advice=advice))

    def lacks(self, line: int, column: str, known: list[str]) -> None:
        near = difflib.get_close_matches(column, known, n=1, cutoff=0.5)
        advice = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known) or 'none'}"
        self.flaw(line, f"there is no column '{column}'", advice)

    def add(self, record: _Record) -> None:
        line = record.line(self.entry.key)
        number = same_number(record.key) if self.entry.match == "sender" else ""
        before = self.lines.get(record.key) or (self.lines.get(number) if number else None)
        if before is not None:
            message = f"this '{self.entry.key}' stands in line {before} as well"
            self.flaw(line, message, "keep one: nobody can tell which of the two is right")
            return
        self.lines[record.key] = line
        if number:
            self.lines[number] = line
            self.numbers[number] = record.key
        values, wrong = told(self.entry.facts, record.cells)
        self.rows[record.key] = values
        for name, message in wrong.items():
            column = column_of(name, self.entry.facts[name])
            self.flaw(record.line(column), f"'{column}' {message}")

    def done(self) -> Table | list[Flaw]:
        if not self.flaws:
            return Table(self.rows, self.numbers)
        if len(self.flaws) <= MOST_FLAWS:
            return self.flaws
        more = Flaw(self.entry.path, f"has {len(self.flaws) - MOST_FLAWS} more mistakes")
        return [*self.flaws[:MOST_FLAWS], more]


def read_table(raw: bytes, entry: FactSource) -> Table | list[Flaw]:
    """Read the bytes of a file; whether it is CSV or YAML, its name says."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        advice = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
        return [Flaw(f"{entry.path}:{line}", "is not UTF-8 text", advice=advice)]
    reading = _Reading(entry)
    records = _csv(text, reading) if entry.path.lower().endswith(".csv") else _yaml(text, reading)
    for record in records:
        reading.add(record)
    return reading.done()


def _csv(text: str, reading: _Reading) -> Iterator[_Record]:
    first = next(iter(text[:LONGEST_HEADER].splitlines()), "")
    mark = ";" if first.count(";") > first.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = 1
    try:
        columns = [name.strip() for name in next(lines, [])]
        if not any(columns):
            reading.flaw(1, "begins with no names of columns", "write them into its first line")
            return
        if not _sound(columns, reading):
            return
        line = lines.line_num + 1
        for cells in lines:
            record = dict(zip(columns, cells, strict=False))
            key = record.get(reading.entry.key, "").strip()
            if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                counted = f"has {len(cells)} fields, the first line has {len(columns)}"
                reading.flaw(line, counted, f"put a text that holds '{mark}' between quotes")
            elif any(cell.strip() for cell in cells) and len(cells) < len(columns):
                reading.flaw(line, f"has {len(cells)} fields, the first line has {len(columns)}")
            elif key:  # a customer without one is nobody that could be asked about
                yield _Record(key, record, _always(line))
            line = lines.line_num + 1
    except csv.Error as error:
        reading.flaw(line, f"is no valid CSV: {error}", "check the quotes around this line")


def _sound(columns: list[str], reading: _Reading) -> bool:
    needed = list(dict.fromkeys((reading.entry.key, *_columns(reading.entry))))
    for name in needed:
        if name not in columns:
            reading.lacks(1, name, [column for column in columns if column])
        elif columns.count(name) > 1:
            reading.flaw(1, f"two columns are called '{name}'", "rename one of the two")
    return not reading.flaws


def _yaml(text: str, reading: _Reading) -> Iterator[_Record]:
    document = parse(text, reading.entry.path, numbers_as_written=True)
    if isinstance(document, Flaw):
        reading.flaws.append(replace(document, excerpt=""))
        return
    records = list(_records(document, reading))
    known = sorted({column for record in records for column in record.cells})
    if records:
        for column in _columns(reading.entry):
            if column not in known:
                reading.lacks(document.line(()), column, known)
    yield from records


def _records(document: Document, reading: _Reading) -> Iterator[_Record]:
    data, key = document.data, reading.entry.key
    found: Iterator[tuple[str | int, Any]]
    match data:
        case None:
            return
        case list():
            found = enumerate(data)
        case dict():
            found = iter(data.items())
        case _:
            message = "is no list of records, and no records by their keys"
            reading.flaw(1, message, f"begin each customer with '- {key}: ...'")
            return
    for place, cells in found:
        line = document.line((place,))
        if not isinstance(cells, dict):
            reading.flaw(line, "is no record", f"write '{key}: ...' and the facts below it")
            continue
        if isinstance(place, int) and key not in cells:
            near = list(islice(cells, 20))
            reading.lacks(line, key, near)
            continue
        own = cells[key] if isinstance(place, int) else place
        if isinstance(own, bool | list | dict):
            reading.flaw(document.line((place, key)), f"'{key}' is no text", "put it in quotes")
            continue
        if own is not None and str(own).strip():
            yield _Record(str(own).strip(), {key: own, **cells}, _line_of(document, place))


def _columns(entry: FactSource) -> list[str]:
    return [column_of(name, fact) for name, fact in entry.facts.items()]


def _always(line: int) -> Callable[[str], int]:
    return lambda column: line


def _line_of(document: Document, place: str | int) -> Callable[[str], int]:
    return lambda column: document.line((place, column))
