"""`nightdesk backup FILE` and `nightdesk migrate`: the database itself, without a desk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.cli.look import is_shared
from bot.environment import load_environment
from bot.ledger.backup import BadPlace, Progress, back_up
from bot.ledger.file import key_file

FAILED, BAD_USE = 1, 2
PG_DUMP = (
    "nightdesk: this database is PostgreSQL's, which makes its own backups: "
    'pg_dump --format=custom --file=FILE "$DATABASE_URL"'
)


def backup(console: Console, complaints: Console, copy: Path, *, force: bool) -> int:
    """Make a copy and say so; the exit code. Raises ConfigError, LedgerError."""
    if is_shared():
        _say(complaints, PG_DUMP)
        return BAD_USE
    database = load_environment().database_file
    try:
        with _progress(complaints) as progress:
            made = back_up(database, copy, force=force, progress=progress)
    except BadPlace as bad:
        _say(complaints, f"nightdesk: {bad}")
        return BAD_USE
    _say(console, f"{made.file}: {_size(made.size)} in {made.seconds:.1f} s, checked.")
    key = key_file(database)
    if key.exists():
        _say(console, f"The secret key is not in it: keep {key} too, elsewhere.")
    else:
        _say(console, "The secret key is not in it: keep NIGHTDESK_SECRET_KEY too.")
    return 0


async def migrate(console: Console) -> None:
    """Bring the database up to date and say from where to where."""
    from bot.with_ledger import migrated  # a second, which `backup` does not need

    before, after = await migrated(load_environment())
    if before == after:
        _say(console, f"The database is up to date, at revision {after}.")
    elif before is None:
        _say(console, f"The database was made, at revision {after}.")
    else:
        _say(console, f"The database was brought from revision {before} to {after}.")


@contextmanager
def _progress(complaints: Console) -> Iterator[Progress]:
    """A bar for a person who waits; nothing for a script."""
    if not (complaints.is_terminal and sys.stderr.isatty()):
        yield lambda left, pages: None
        return
    from rich.progress import Progress as Bars

    with Bars(console=complaints, transient=True) as bars:
        bar = bars.add_task("copying", total=None)
        yield lambda left, pages: bars.update(bar, total=pages, completed=pages - left)


def _say(console: Console, line: str) -> None:
    console.print(Text(line), soft_wrap=True)


def _size(bytes_: int) -> str:
    if bytes_ < 10 * 2**20:
        return f"{bytes_ / 2**10:,.0f} KiB"
    return f"{bytes_ / 2**20:,.0f} MiB"
