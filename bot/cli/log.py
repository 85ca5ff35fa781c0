"""The log: numbers and stable words, never what a customer wrote."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _Log:
    """Standard error that never raises: the desk serves on when nobody can write its log."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a full disk, a closed pipe, a closed stream
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logging(level: str) -> None:
    """One line an event on standard error: JSON for machines, plain where a person looks on.

    `level` is "info" for a desk that serves and "error" where a person is typing.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Log())),
        cache_logger_on_first_use=True,
    )
