"""`nightdesk dead ...`: what ended badly and is tried by nobody any more."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import AsJson
from bot.cli.running import look, run
from bot.desk.dead_letters import DeadKind

dead = typer.Typer(
    help="What ended badly and is tried by nobody any more: list it, look at it, repeat it, or "
    "let it be.\n\n"
    "Three kinds, each with numbers of its own: turns that could not be decided (a person was "
    "called for each), sends that did not arrive or may not have, and unreadable deliveries.",
    no_args_is_help=True,
)

Kind = Annotated[
    DeadKind, typer.Option("--kind", help="What is meant; each kind has numbers of its own.")
]
LARGEST = 2**62 - 1  # what a database can hold, and more than there will ever be
Number = Annotated[
    int, typer.Argument(help="Its number in `dead list`.", max=LARGEST, show_default=False)
]


@dead.command("list")
def dead_list(kind: Kind = DeadKind.TURNS, as_json: AsJson = False) -> None:
    """List them, the newest first: when, where, why, and what has happened since.

    Nothing that anybody said is shown. Reads the database, whether or not a desk runs on it.
    """
    from rich.console import Console

    from bot.cli.dead import show_list
    from bot.cli.log import configure_logging

    configure_logging("error")
    look(lambda: show_list(Console(), kind, as_json=as_json))


@dead.command("show")
def dead_show(number: Number, kind: Kind = DeadKind.TURNS, as_json: AsJson = False) -> None:
    """Show one of them, with what it says. Exit code 1 when there is no such one."""
    from rich.console import Console

    from bot.cli.dead import show
    from bot.cli.log import configure_logging

    configure_logging("error")
    if code := look(lambda: show(Console(), kind, number, as_json=as_json)):
        raise typer.Exit(code)


@dead.command("replay")
def dead_replay(
    number: Number,
    kind: Kind = DeadKind.TURNS,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Although somebody has answered since, or a person has the chat."
        ),
    ] = False,
    did_not_arrive: Annotated[
        bool,
        typer.Option(
            "--did-not-arrive",
            help="You have seen that a send which may have arrived has not. "
            "Without that it is never repeated: the customer could get it twice.",
        ),
    ] = False,
) -> None:
    """Try one of them once more.

    A turn goes back into its line, at its old place. A send waits to leave again. A delivery is
    read as if it came now; whatever was taken before is known by its id and not taken twice.

    Exit code 1 when it was not repeated; the message says why.
    """
    from rich.console import Console

    from bot.cli.dead import replay
    from bot.cli.log import configure_logging

    configure_logging("error")
    console = Console()
    if not run(lambda: replay(console, kind, number, again=again, not_arrived=did_not_arrive)):
        raise typer.Exit(1)


@dead.command("drop")
def dead_drop(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(help="Their numbers.", max=LARGEST, show_default=False),
    ] = None,
    kind: Kind = DeadKind.TURNS,
    everything: Annotated[
        bool, typer.Option("--all", help="All of this kind that `dead list` shows.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let some of them be, for good: they are listed no more, and cannot be replayed.

    What was said stays in its chat, and `report` goes on counting it as not answered. Only
    unreadable deliveries are deleted; they would be after eight days anyway.

    Exit code 1 when some of them were not there, 2 without numbers.
    """
    from rich.console import Console

    from bot.cli.dead import drop
    from bot.cli.log import configure_logging

    if bool(numbers) == everything:
        raise typer.BadParameter("name numbers, or --all", param_hint="NUMBERS")
    configure_logging("error")
    console = Console()

    def agreed(question: str) -> bool:
        return yes or typer.confirm(question)

    if not run(lambda: drop(console, kind, numbers or (), everything=everything, agreed=agreed)):
        raise typer.Exit(1)
