"""Running a command to its end: what is wrong is said in plain words, with the right exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer

from bot.errors import BotError, ConfigError


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
    """The same for a command that only reads and shows what it found."""

    def shown() -> Any:
        found = program()
        sys.stdout.flush()
        return found

    try:
        return _told(shown, "This cannot be read")
    except BrokenPipeError:  # `| head`: whoever read has seen enough
        _stop_printing()
        _leave(1)
    except OSError as error:
        _stop_printing()
        typer.echo(f"nightdesk: what was found cannot be written: {error.strerror}", err=True)
        _leave(1)


def _told(program: Callable[[], Any], trouble: str) -> Any:
    try:
        return program()
    except ConfigError as error:
        count = len(error.flaws)
        typer.echo(f"{trouble}: {count} thing{'s' if count != 1 else ''} to mend.\n", err=True)
        typer.echo(str(error), err=True)
        _leave(2)
    except BotError as error:
        typer.echo(f"nightdesk: {error}", err=True)
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
