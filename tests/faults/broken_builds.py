"""Builds with one fault each. They prove that the judge would notice.

`python -c "import tests.faults.broken_builds as builds; builds.apply(NAME); ..."` starts one.
Nothing here is reachable from the program itself.
"""

from __future__ import annotations

from bot.ledger import sqlite


def impatient() -> None:
    """No fault, only less patience with a lock held elsewhere."""
    sqlite.BUSY_MS = 200


BUILDS = {build.__name__: build for build in (impatient,)}


def apply(name: str) -> None:
    """Break this process in the way of that name."""
    BUILDS[name]()
