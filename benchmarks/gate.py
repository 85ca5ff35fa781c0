"""How many true figures the gate lets out, and how many false ones, beside a forbidden pattern.

Usage: gate.py FILE, gzipped JSON: {"contexts": [report], "items": [{"context": 3, "kind": "digit",
"reply": "$5", "grounded": false}]}. Each reply is checked as a model's answer to a customer whose
only fact is the report. The baseline refuses every answer that matches a pattern for money, as
one does that has no facts to look at.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.book import Book, Hours
from bot.checks.grounding import ungrounded
from bot.model import ConversationKey, Fact, KnownFacts, Limit, Ownership, Turn
from bot.outcome import Draft, Origin, Span

FORBIDDEN = re.compile(r"[$€£]\s?\(?\d|\d\s?%|\b\d+[.,]\d{2}\b")
BOOK = Book("1", ("en",), "en", {}, (), {}, {}, {}, {}, Hours("UTC", {}), {})


def turn_about(report: str) -> Turn:
    fact = Fact("report", "text", report, 0.0, "benchmark")
    return Turn(
        id=1, conversation=ConversationKey("web", "", "1"), messages=(), act=None, history=(),
        identity="1", ownership=Ownership.BOT, case=None, tries=0, limit=Limit.PASS, form=None,
        book=BOOK, facts=KnownFacts({"report": fact}), language="en", now=0.0, deadline=8.0, seed=0,
    )  # fmt: skip


def main(path: str) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    turns = cache(lambda number: turn_about(data["contexts"][number]))
    replies, ours, theirs, truth = Counter[str](), Counter[str](), Counter[str](), {}
    started = time.process_time()
    for item in data["items"]:
        kind, reply = item["kind"], item["reply"]
        truth[kind] = item["grounded"]
        replies[kind] += 1
        draft = Draft((Span(reply, Origin.MODEL),), "model")
        ours[kind] += not any(ungrounded(draft, turns(item["context"])))
        theirs[kind] += not FORBIDDEN.search(reply)
    spent = (time.process_time() - started) / max(1, replies.total())
    table = Table(title=f"Let out, of {replies.total()} replies; {spent * 1000:.1f} ms of CPU each")
    for heading in ("kind", "true?", "replies", "Nightdesk", "forbidden pattern"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, count in replies.most_common():
        shares = (f"{out[kind] / count:.1%}" for out in (ours, theirs))
        table.add_row(kind, "yes" if truth[kind] else "no", str(count), *shares)
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
