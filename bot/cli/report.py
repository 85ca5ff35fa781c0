"""`nightdesk report`: the results of a period, read from the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.look import business_zone, looked
from bot.clock import SYSTEM, Clock
from bot.figures import MEANINGS, Figures
from bot.ledger.figures import figures
from bot.monitor.report import Section, as_json, details, period, results
from bot.monitor.since import read_since


def report(console: Console, since: str, *, as_json_text: bool, clock: Clock = SYSTEM) -> None:
    """Print the figures since then; "" stands for everything.

    Raises ValueError when `since` cannot be read, and what `looked` raises.
    """
    zone = business_zone()
    now = clock.now()
    start = read_since(since, now, zone) if since else None
    found = looked(lambda connection: figures(connection, start, now))
    if as_json_text:
        console.print_json(json.dumps(as_json(found, zone, zone.key)))
        return
    show(console, found, period(found, zone, zone.key))


def show(console: Console, found: Figures, about: str) -> None:
    """The tables, and what their figures mean."""
    console.print(Text.assemble(("Nightdesk", "bold"), f"  {about}"), highlight=False)
    console.print(_table((results(found),)))
    if further := details(found):
        console.print(_table(further))
    console.print(_footnotes(MEANINGS))


def _table(sections: Sequence[Section]) -> Table:
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False, expand=False)
    table.add_column(overflow="fold", min_width=22)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for section in sections:
        if len(sections) > 1:
            table.add_row(Text(section.title, style="bold"), "", "")
        for row in section.rows:
            indent = "  " if len(sections) > 1 else ""
            table.add_row(
                Text(indent + row.name), Text(row.value, style="bold cyan"), Text(row.note)
            )
        table.add_section()
    return table


def _footnotes(meanings: Mapping[str, str]) -> Padding:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for name, meaning in meanings.items():
        table.add_row(Text(name), Text(meaning))
    return Padding(table, (0, 0, 0, 0))
