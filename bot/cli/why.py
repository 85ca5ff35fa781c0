"""`nightdesk why MESSAGE`: where a message went and what was decided about it."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.look import business_zone, looked
from bot.desk.card import harmless
from bot.ledger.tracing import found_and_traced
from bot.monitor.why import as_json, candidates_json
from bot.monitor.why_lines import candidate, lines

UNKNOWN, AMBIGUOUS = 1, 2  # exit codes


def why(console: Console, named: str, *, as_json_text: bool) -> int:
    """Print a message's way; the exit code. Raises what `looked` raises."""
    zone = business_zone()
    found, told = looked(lambda connection: found_and_traced(connection, named))
    if told is not None:
        if as_json_text:
            console.print_json(json.dumps(as_json(told)))
        else:
            table = Table(box=None, show_header=False, pad_edge=False)
            table.add_column(no_wrap=True, style="bold")
            table.add_column(overflow="fold")
            for step, said in lines(told, zone):
                table.add_row(Text(step), Text(said))
            console.print(table)
        return 0
    if found:
        if as_json_text:
            console.print_json(json.dumps(candidates_json(found)))
        else:
            console.print(f"{len(found)} messages have this id; name one by ours:")
            for each in found:
                console.print(Text(f"  {candidate(each, zone)}"), soft_wrap=True)
        return AMBIGUOUS
    if as_json_text:
        console.print_json(json.dumps({"error": "unknown"}))
    else:
        console.print(
            Text(f"No message is known as '{harmless(named)}': mistyped, refused, or erased."),
            soft_wrap=True,
        )
    return UNKNOWN
