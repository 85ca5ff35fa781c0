"""The log: numbers and stable words, never what a customer wrote."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from bot.cli.crashes import name_crashes
from bot.monitor.error_reports import ErrorReports
from bot.redact import redacted

log = structlog.get_logger()

# Libraries that print URLs (with a bot's token in them), headers and bodies below WARNING.
TALKATIVE = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "telegram")
# "debug" in these makes the SDKs print whole requests: what customers wrote, what they were told.
# Read by openai/_utils/_logs.py and anthropic/_utils/_logs.py when the SDK is imported.
SWITCHES = ("OPENAI_LOG", "ANTHROPIC_LOG")
_LEVELS = ((logging.CRITICAL, "critical"), (logging.ERROR, "error"), (0, "warning"))


class _Log:
    """Standard error that never raises: the desk serves on when nobody can write its log."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a full disk, a closed pipe, a closed stream
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logging(level: str, reports: ErrorReports | None = None) -> None:
    """One line an event on standard error: JSON for machines, plain where a person looks on.

    `level` is "info" for a desk that serves and "error" where a person is typing. `reports` is
    told of every error, and of what ends the program. Must come before any SDK is imported.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *([reports] if reports else []),
            _without_exception,
            _without_secrets,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Log())),
        cache_logger_on_first_use=True,
    )
    _tame_libraries()
    name_crashes(whole_program=reports is not None)


def _without_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """No traceback: what exceptions say may quote a customer. Its type is named by the event."""
    error = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__name__)
    return event


def _without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The last net: nobody should put a secret or a person's number there in the first place."""
    return cast("MutableMapping[str, Any]", redacted(event))


class _NamesOnly(logging.Handler):
    """What libraries say, as an event of ours: who, where, which error. Never their words.

    The message is left out even where it looks harmless: a library may have put into it what a
    customer wrote, and the line of its code says which message it was.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        named = next(name for number, name in _LEVELS if record.levelno >= number)
        with suppress(Exception):  # a handler must not raise
            getattr(log, named)(
                "library_said",
                library=record.name,
                where=f"{record.module}:{record.lineno}",
                **({"exc_info": error, "error": type(error).__name__} if error else {}),
            )


def _tame_libraries() -> None:
    """Route every library's warnings and errors through our log, by name only."""
    for switch in SWITCHES:
        os.environ.pop(switch, None)
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _NamesOnly):
            root.removeHandler(handler)
    # On the handler too: a library that sets its own logger to DEBUG still says nothing. A root
    # with a handler also makes `logging.basicConfig`, which the SDKs call, do nothing.
    root.addHandler(_NamesOnly(logging.WARNING))
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Warnings by their type: those of pydantic quote the values that they are about."""
    where = f"{os.path.basename(filename)}:{lineno}"
    log.warning("library_warned", warning=category.__name__, where=where)
