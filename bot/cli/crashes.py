"""What nobody caught, as an event of the log: its type and its place, never what it says.

Python would print the message of the exception, and the words of a customer may be in it.
"""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

import structlog

log = structlog.get_logger()

PLACES = 12  # of a stack, the innermost
_ENDS = (KeyboardInterrupt, SystemExit)  # how programs and threads are ended on purpose


def name_crashes(*, whole_program: bool) -> None:
    """From now on. `whole_program`: what ends the program too; else it ends as Python does it."""
    threading.excepthook = _thread_died
    sys.unraisablehook = _could_not_be_raised
    if whole_program:
        sys.excepthook = _crashed


def _crashed(kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
    if issubclass(kind, _ENDS):
        sys.__excepthook__(kind, error, _at)
    else:
        _say("crashed", error)


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None and not isinstance(died.exc_value, _ENDS):
        _say("thread_died", died.exc_value, thread=died.thread.name if died.thread else "")


def _could_not_be_raised(what: sys.UnraisableHookArgs) -> None:
    if what.exc_value is not None:
        _say("not_raised", what.exc_value)


def _say(event: str, error: BaseException, **fields: str) -> None:
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    places = [f"{'/'.join(f.filename.split('/')[-3:])}:{f.lineno} {f.name}" for f in frames]
    log.error(event, error=type(error).__name__, places=places, exc_info=error, **fields)
