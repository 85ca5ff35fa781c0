"""`nightdesk check`: what would keep a desk from opening, and what is worth knowing before."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from bot import __version__
from bot.cli.check_hints import hints, misspelt
from bot.cli.check_remarks import remarks
from bot.cli.greeting import standing_of
from bot.environment import Environment
from bot.errors import Flaw
from bot.finding import Finding, Verdict
from bot.ledger import checkup as database
from bot.plan import Draft, read_draft

MENDED, NOT_REACHED = 2, 1  # exit codes: something has to be mended; somebody did not answer
_SIGNS = {
    Verdict.FINE: ("ok", "green"),
    Verdict.WRONG: ("NO", "red"),
    Verdict.UNREACHABLE: ("--", "yellow"),
    Verdict.UNSURE: ("?", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that was found."""

    problems: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]
    notes: tuple[str, ...]
    standing: tuple[str, ...]  # what is on and what is off, where nothing is wrong
    online: tuple[Finding, ...]

    @property
    def code(self) -> int:
        """The exit code."""
        verdicts = {finding.verdict for finding in self.online}
        if self.problems or Verdict.WRONG in verdicts:
            return MENDED
        return NOT_REACHED if Verdict.UNREACHABLE in verdicts else 0

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "ok": self.code == 0,
            "problems": [_flaw(flaw) for flaw in self.problems],
            "warnings": [_flaw(flaw) for flaw in self.warnings],
            "notes": list(self.notes),
            "online": [
                {
                    "name": finding.name,
                    "ok": finding.ok,
                    "verdict": finding.verdict.value,
                    "message": finding.message,
                    "advice": finding.advice,
                }
                for finding in self.online
            ],
        }


def _flaw(flaw: Flaw) -> dict[str, str]:
    return {
        "place": flaw.where,
        "message": flaw.message,
        "excerpt": flaw.excerpt,
        "advice": flaw.advice,
    }


async def check(console: Console, *, online: bool, as_json: bool) -> int:
    """Print everything that was found; returns the exit code."""
    found = await checked(online=online)
    if as_json:
        console.print_json(json.dumps(found.as_dict()))
        return found.code
    for line in lines(found, online=online):
        console.print(line, soft_wrap=True)
    return found.code


def lines(found: Checked, *, online: bool) -> Iterator[Text]:
    """The same for people."""
    if found.problems:
        yield Text(f"Nightdesk cannot start: {_counted(found.problems, 'thing')} to mend.\n")
        yield Text("\n".join(map(str, found.problems)))
    else:
        yield Text(f"Nightdesk {__version__} can start like this.")
        yield from map(Text, found.standing)
    if found.warnings:
        keeps = "These would not keep it from starting" if found.problems else "Worth a look"
        yield Text(f"\n{keeps}: {_counted(found.warnings, 'thing')}.\n")
        yield Text("\n".join(map(str, found.warnings)))
    if found.notes:
        yield Text("\n" + "\n".join(found.notes))
    if online:
        yield Text("\nTried:" if found.online else "\nNothing to try: nothing outside is on.")
    for finding in found.online:
        yield _line(finding)


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' if len(things) != 1 else ''}"


def _line(finding: Finding) -> Text:
    sign, style = _SIGNS[finding.verdict]
    text = Text("  ").append(f"{sign:<4}", style).append(f"{finding.name}: {finding.message}")
    return text.append(f"\n      -> {finding.advice}") if finding.advice else text


async def checked(*, online: bool) -> Checked:
    """Look at everything, and with `online` try what is outside."""
    draft = read_draft()
    environment = draft.environment
    problems, warnings, notes = list(draft.flaws), list[Flaw](), list[str]()
    if environment is not None:
        problems += await _database_flaws(environment)
        warnings += hints(os.environ, environment, draft.settings)
        if not environment.is_shared:
            warnings += database.warnings_of(environment.database_file)
    else:  # what is missing may stand there under a wrong name
        keys = {entry.key_variable for entry in draft.settings.providers}
        warnings += misspelt(os.environ, keys)
    standing: tuple[str, ...] = ()
    if not problems and environment is not None:
        plan = draft.plan()
        standing = tuple(standing_of(plan, environment.port))
        warnings += remarks(plan, draft.document)
        notes += await _database_notes(environment)
        notes += _port(environment.host, environment.port)
    findings = await _online(draft) if online else ()
    return Checked(tuple(problems), tuple(warnings), tuple(notes), standing, tuple(findings))


async def _database_flaws(environment: Environment) -> Sequence[Flaw]:
    if environment.is_shared:
        from bot.ledger import server

        return await server.flaws_of(environment.database_dsn)
    needs_key = environment.nightdesk_secret_key is None
    return database.flaws_of(environment.database_file, needs_key=needs_key)


async def _database_notes(environment: Environment) -> Sequence[str]:
    if environment.is_shared:
        from bot.ledger import server

        return await server.notes_of(environment.database_dsn)
    return database.notes_of(environment.database_file)


async def _online(draft: Draft) -> Sequence[Finding]:
    if draft.environment is None:
        return ()
    from bot.cli.check_online import try_everything

    return await try_everything(draft, draft.environment)


def _port(host: str, port: int) -> Iterator[str]:
    """Whether a desk could listen there now; one that runs already is no mistake."""
    if not port:
        return
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trying.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            yield f"Port {port} is taken: by a desk that is open, or by another program."
        else:
            yield f"{host}:{port} cannot be listened on now ({error.strerror}): see HOST and PORT."
