"""What came of trying something outside: a token, a webhook, a number, a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum

TRY_SECONDS = 10.0  # for one try, from first to last


class Verdict(StrEnum):
    """What is known after the try."""

    FINE = "fine"
    WRONG = "wrong"  # it was refused, or is not as it should be: somebody has to mend something
    UNREACHABLE = "unreachable"  # no answer came: the network, or the other side, not the settings
    UNSURE = "unsure"  # it cannot be told, or may well be meant so


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. Never holds a secret."""

    name: str  # what was tried, such as "Telegram token"
    verdict: Verdict
    message: str  # what was found, in plain words
    advice: str = ""  # what to do about it

    @property
    def ok(self) -> bool | None:
        """Whether it works; None where that cannot be told."""
        return {Verdict.FINE: True, Verdict.UNSURE: None}.get(self.verdict, False)


def fine(name: str, message: str) -> Finding:
    return Finding(name, Verdict.FINE, message)


def wrong(name: str, message: str, advice: str) -> Finding:
    return Finding(name, Verdict.WRONG, message, advice)


def unsure(name: str, message: str, advice: str = "") -> Finding:
    return Finding(name, Verdict.UNSURE, message, advice)


def unreachable(name: str, whom: str, how: str = "cannot be reached from here") -> Finding:
    advice = "this says nothing about your settings: look at the network and try again"
    return Finding(name, Verdict.UNREACHABLE, f"{whom} {how}", advice)


async def tried(
    name: str, whom: str, work: Awaitable[Finding], seconds: float = TRY_SECONDS
) -> Finding:
    """What came of it within so many seconds. Raises nothing but CancelledError."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        return unreachable(name, whom, f"did not answer within {seconds:g} seconds")
    except Exception as error:  # noqa: BLE001  # its text may hold a secret: only its kind is told
        message = f"could not be tried: {type(error).__name__}"
        return unsure(name, message, "try again; if it stays, this is a mistake of Nightdesk's")
