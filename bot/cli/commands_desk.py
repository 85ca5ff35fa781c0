"""`nightdesk desk ...`: the staff side."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson
from bot.cli.running import run

desk = typer.Typer(
    help="The staff side: see waiting cases, answer, note, resolve. "
    "Without a command it stays open and shows what is new.",
    invoke_without_command=True,
)
CaseNumber = Annotated[int, typer.Argument(help="The case's number, as `desk list` shows it.")]
Words = Annotated[list[str], typer.Argument(help="What to write.")]


@desk.callback()
def desk_root(
    context: typer.Context,
    agent: Annotated[
        str, typer.Option("--as", help="Your name at the desk.", show_default="your user name")
    ] = "",
) -> None:
    context.obj = agent or getpass.getuser()
    if context.invoked_subcommand is None:
        from rich.console import Console

        from bot.cli.desk import session
        from bot.cli.log import configure_logging

        configure_logging("error")
        run(lambda: session(context.obj, Console()))


@desk.command("list")
def desk_list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Resolved cases too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List cases, the longest waiting first."""
    _desk(context, lambda desk: desk.list_cases(everything=everything, as_json=as_json))


@desk.command("show")
def desk_show(context: typer.Context, case: CaseNumber, as_json: AsJson = False) -> None:
    """Show a case's card: who, why, what was said, what is known."""
    _desk(context, lambda desk: desk.show(case, as_json=as_json))


@desk.command("claim")
def desk_claim(context: typer.Context, case: CaseNumber) -> None:
    """Take a chat: from now on the bot says nothing in it."""
    _desk(context, lambda desk: desk.act("claim", case, ""))


@desk.command("reply")
def desk_reply(context: typer.Context, case: CaseNumber, text: Words) -> None:
    """Answer the customer; takes the chat if nobody has it."""
    _desk(context, lambda desk: desk.act("reply", case, " ".join(text)))


@desk.command("note")
def desk_note(context: typer.Context, case: CaseNumber, text: Words) -> None:
    """Write a note that the customer never sees."""
    _desk(context, lambda desk: desk.act("note", case, " ".join(text)))


@desk.command("template")
def desk_template(context: typer.Context, case: CaseNumber) -> None:
    """Ask the customer with an approved WhatsApp message to write again; takes the chat too."""
    _desk(context, lambda desk: desk.act("template", case, ""))


@desk.command("release")
def desk_release(context: typer.Context, case: CaseNumber) -> None:
    """Give the chat back to the bot and leave the case open for the next person."""
    _desk(context, lambda desk: desk.act("release", case, ""))


@desk.command("resolve")
def desk_resolve(context: typer.Context, case: CaseNumber) -> None:
    """Close the case; the bot answers again."""
    _desk(context, lambda desk: desk.act("resolve", case, ""))


def _desk(context: typer.Context, command: Any) -> None:
    from rich.console import Console

    from bot.cli.desk import run_command
    from bot.cli.log import configure_logging

    configure_logging("error")
    if not run(lambda: run_command(context.obj, Console(), command)):
        raise typer.Exit(1)
