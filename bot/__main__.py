"""The command line."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from bot import __version__
from bot.cli import commands_database, commands_dead, commands_desk
from bot.cli.options import AsJson
from bot.cli.running import look, run

app = typer.Typer(
    name="nightdesk",
    help="A front desk for chat that still answers when the AI provider is down.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nightdesk {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Options that stand before any command."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; else HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(help="0 takes any free port; else PORT.", min=0, max=65_535)
    ] = None,
    no_worker: Annotated[
        bool,
        typer.Option(
            "--no-worker",
            help="Only the doors: turns are decided by `nightdesk worker`. Needs PostgreSQL.",
        ),
    ] = False,
) -> None:
    """Open the desk: web chat, HTTP API, rules and the local socket, until Ctrl+C or SIGTERM."""
    from bot.cli.open_desk import open_desk
    from bot.fleet.role import Role

    open_desk(Role.WEB if no_worker else Role.DESK, host, port)


@app.command()
def worker() -> None:
    """Decide turns and send answers, without doors of its own, until Ctrl+C or SIGTERM.

    For several processes on one PostgreSQL database: `nightdesk serve --no-worker` takes messages
    in, any number of workers answer them.
    """
    from bot.cli.open_desk import open_desk
    from bot.fleet.role import Role

    open_desk(Role.WORKER)


@app.command()
def chat() -> None:
    """Talk to the desk as a customer, here in the terminal.

    Uses the desk that serves this database; where none runs, it opens one for the time being.
    """
    from bot.cli.chat import chat as run_chat
    from bot.cli.log import configure_logging

    configure_logging("error")
    run(lambda: run_chat(typer.echo))


@app.command()
def check(
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Also try every token, webhook, number and model. Nothing is changed anywhere.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read everything as `serve` does and say what is wrong, all at once, without starting.

    Exit code 2 when something has to be mended, 1 when only somebody could not be reached.
    """
    from rich.console import Console

    from bot.cli.check import check as look_at_everything
    from bot.cli.log import configure_logging

    configure_logging("error")
    if code := run(lambda: look_at_everything(Console(), online=online, as_json=as_json)):
        raise typer.Exit(code)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how things stand: what waits, what failed, models, spending, Telegram.

    Exit code 1 when no desk is open on this database.
    """
    from rich.console import Console

    from bot.cli.log import configure_logging
    from bot.cli.status import status as show

    configure_logging("error")
    if not run(lambda: show(Console(), as_json=as_json)):
        raise typer.Exit(1)


@app.command()
def report(
    since: Annotated[
        str,
        typer.Option(
            metavar="WHEN",
            help="From when on: 7d, 24h, 90m, 2026-11-01 or 2026-11-01T18:30 "
            "(time zone of the business).",
            show_default="everything",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print what the desk has done: messages, response time, uptime, cost, what was caught.

    Response: from the last joined message accepted to the first part sent.
    Uptime: minutes with a heartbeat out of all minutes since the first one.
    Cost: of calls to models, at the prices known when they were made.
    Hallucinations caught: drafts of models that the facts did not bear out.
    Abuse blocked: messages stored as limited, over their sender's budget.
    Fallback activations: turns that the first model configured did not answer.

    Reads the database, whether or not a desk runs on it.
    """
    from rich.console import Console

    from bot.cli.log import configure_logging
    from bot.cli.report import report as show

    configure_logging("error")
    try:
        look(lambda: show(Console(), since, as_json_text=as_json))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error


@app.command()
def why(
    message: Annotated[
        str,
        typer.Argument(
            help="Its id: ours (nd_12), the one a program gave it, or the platform's.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Tell a message's way step by step: joined, decided, sent, and why. Never what it said.

    Exit code 1 for an unknown id, 2 where several messages share it; they are listed then.
    """
    from rich.console import Console

    from bot.cli.log import configure_logging
    from bot.cli.why import why as show

    configure_logging("error")
    if code := look(lambda: show(Console(), message, as_json_text=as_json)):
        raise typer.Exit(code)


app.add_typer(commands_desk.desk, name="desk")
app.add_typer(commands_dead.dead, name="dead")
commands_database.add_to(app)


def main() -> None:
    """Entry point of the `nightdesk` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without a sign shows another one
            stream.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
