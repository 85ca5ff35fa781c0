"""Commands: /start /help /human /language /forget, their plain-word twins, and a yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.book import Book, Language
from bot.checks.approve import line
from bot.checks.labels import labelled, tap
from bot.checks.values import BookName, Value
from bot.desk.surface import StaffSurface
from bot.model import Limit, Ownership, Turn
from bot.outcome import Button, Change, Erase, Outcome, SetForm, SetLanguage, SetTries, Verdict
from bot.rules.commands import Command, language_code, recognise
from bot.rules.consent import consent
from bot.rules.personal import for_everybody
from handlers.open_form import FORGET, HUMAN, asked, question
from handlers.person import call_a_person
from handlers.yield_to_human import is_literal_forget, literal_forget


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Does what a command says, at night, in an outage and in the limiter alike.

    A command over the budget of commands is left to LimitCustomer. The last command of a
    burst counts.
    """

    surface: StaffSurface

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        if turn.limit is not Limit.PASS:
            return None
        command = _command(turn) or _answered(turn)
        return None if command is None else await self._run(command, turn)

    async def _run(self, command: Command, turn: Turn) -> Outcome:
        match command.name:
            case "start":
                specs = for_everybody(turn.book.menu, turn.book) if turn.public else turn.book.menu
                menu = labelled(specs, turn.book, turn.language)
                return _say(turn, "welcome", buttons=menu, changes=_afresh(turn))
            case "help":
                return _say(turn, "help")
            case "human":
                return await call_a_person(turn, self.surface, "asked")
            case "human_declined":  # whoever said no is offered a person again, not forced
                return _say(turn, "human_declined", changes=_afresh(turn))
            case "language":
                return _language(command.argument, turn)
            case "forget":
                return _forget(command.argument, turn)
            case _:
                return _say(turn, "unknown_command")


def _command(turn: Turn) -> Command | None:
    """The last command of the burst; or the burst read as one, for "a person" + "please"."""
    held = turn.ownership is Ownership.HUMAN
    readable = [m.said for m in turn.messages if not held or is_literal_forget(m)]
    for said in reversed(readable):
        if command := recognise(said, turn.book):
            answer = literal_forget(said)  # what a button of the question says
            return Command(command.name, answer) if answer else command
    return recognise(" ".join(readable), turn.book) if len(readable) > 1 else None


def _answered(turn: Turn) -> Command | None:
    """A typed yes or no to the question that the bot has just asked, as a command."""
    agreed = consent(turn.text, turn.book)
    if agreed is None:
        return None
    if asked(turn, FORGET):
        return Command("forget", "yes" if agreed else "no")
    if asked(turn, HUMAN):
        return Command("human" if agreed else "human_declined")
    return None


def _language(argument: str, turn: Turn) -> Outcome:
    """Switch at once when it is clear which one; otherwise offer all of them."""
    if chosen := _chosen(argument, turn.book):
        return _say(
            turn,
            "language_set",
            {"language": BookName(chosen)},
            language=chosen,
            changes=(SetLanguage(chosen, pinned=True),),
        )
    name = "language_unknown" if argument.strip() else "language_ask"
    names = turn.book.language_names
    buttons = tuple(
        Button(names.get(code, code), f"/language {code}") for code in turn.book.languages
    )
    return _say(turn, name, buttons=buttons)


def _chosen(argument: str, book: Book) -> Language | None:
    """By code ("pt", "pt-BR") or by one of the names that the book knows for it."""
    code = argument.strip().replace("_", "-").split("-")[0].casefold()
    return code if code in book.languages else language_code(argument, book)


def _forget(argument: str, turn: Turn) -> Outcome:
    """Ask once. A yes counts only while the question is fresh: an old button asks again."""
    if argument == "no":
        changes: tuple[Change, ...] = (SetForm(None),) if asked(turn, FORGET) else ()
        return _say(turn, "forget_kept", changes=changes)
    if argument == "yes" and asked(turn, FORGET):
        return _say(turn, "forget_done", changes=(Erase(), SetForm(None)))
    buttons = (
        tap("button_yes", "/forget yes", turn.book, turn.language),
        tap("button_no", "/forget no", turn.book, turn.language),
    )
    changes = (SetForm(question(FORGET, turn)),)
    return _say(turn, "forget_ask", buttons=buttons, changes=changes)


def _afresh(turn: Turn) -> tuple[Change, ...]:
    """Begin again: no form in progress, no failures counted."""
    form: tuple[Change, ...] = (SetForm(None),) if turn.form else ()
    tries: tuple[Change, ...] = (SetTries(0),) if turn.tries else ()
    return form + tries


def _say(
    turn: Turn,
    name: str,
    values: Mapping[str, Value] | None = None,
    *,
    language: Language = "",
    buttons: tuple[Button, ...] = (),
    changes: tuple[Change, ...] = (),
) -> Outcome:
    answer = line(
        name,
        values or {},
        turn.book,
        to=turn.conversation,
        language=language or turn.language,
        answers=turn.answers,
        buttons=buttons,
        seed=turn.seed,
    )
    return Outcome(Verdict.ANSWERED, name, sends=(answer,), changes=changes)
