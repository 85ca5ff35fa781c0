"""Running a command to its end: what is wrong is said in plain words, with the right exit code."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer

from bot.errors import BotError, ConfigError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def say(line: str) -> None:
    """The greeting is for a person; the desk serves on when nobody can read it."""
    try:
        print(line, flush=True)  # noqa: T201  # written for a person to read
    except OSError:  # a closed pipe, a full disk
        _stop_printing()


def run(program: Any) -> Any:
    """Run to the end; what is wrong is said in plain words with the right exit code."""

    def whole() -> Any:
        with asyncio.Runner(loop_factory=_fast_loop) as runner:
            return runner.run(_awaited(program))

    return _told(whole, "Nightdesk cannot start")


def look(program: Callable[[], Any]) -> Any:
    """The same for a command that only reads."""
    return _told(program, "This cannot be read")


def _told(program: Callable[[], Any], trouble: str) -> Any:
    try:
        found = program()
        sys.stdout.flush()
        return found
    except ConfigError as error:
        count = len(error.flaws)
        typer.echo(f"{trouble}: {count} thing{'s' if count != 1 else ''} to mend.\n", err=True)
        typer.echo(str(error), err=True)
        _leave(2)
    except BotError as error:
        typer.echo(f"nightdesk: {error}", err=True)
        _leave(1)
    except OSError as error:
        # The ledger's own are translated; a pipe that nobody reads any more is typer's to end.
        if error.errno not in NO_ROOM:
            raise
        _stop_printing()
        typer.echo(f"nightdesk: the output cannot be written: {error.strerror}", err=True)
        _leave(1)
    except KeyboardInterrupt:
        _leave(130)


def _stop_printing() -> None:
    """What is left in the buffer must not fail once more when the program ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _awaited(program: Any) -> Any:
    coroutine: Coroutine[Any, Any, Any] = program()
    return await coroutine


def _fast_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


def _leave(code: int) -> NoReturn:
    raise typer.Exit(code)
