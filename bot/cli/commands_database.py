"""The commands about the database itself: `backup` and `migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.running import look, run


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.", show_default=False)],
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE, once the new copy is whole.")
    ] = False,
) -> None:
    """Copy the database into FILE, whether or not a desk runs on it.

    The copy has everything that was acknowledged before it began; it is checked, on the disk, and
    readable for you alone before it gets its name. The secret key is not in it.
    To look at a copy: DATABASE_URL=sqlite:///FILE nightdesk report.
    To restore one: docs/operations.md.

    Exit code 1 when no copy could be made, 2 when FILE cannot be used, or with PostgreSQL.
    """
    from rich.console import Console

    from bot.cli.backup import backup as make
    from bot.cli.log import configure_logging

    configure_logging("error")
    if code := look(lambda: make(Console(), Console(stderr=True), file, force=force)):
        raise typer.Exit(code)


def migrate() -> None:
    """Bring the database up to date without opening a desk; `serve` does the same by itself.

    For whatever releases a new version before it starts it. All that is missing is one
    transaction: it is done, or nothing is.

    Exit code 1 while a desk is open on a SQLite file, 2 when a newer version has used the database.
    """
    from rich.console import Console

    from bot.cli.backup import migrate as bring_up_to_date
    from bot.cli.log import configure_logging

    configure_logging("error")
    run(lambda: bring_up_to_date(Console()))


def add_to(app: typer.Typer) -> None:
    """Make the commands known."""
    app.command()(backup)
    app.command()(migrate)
