"""Every exception of the program, named by what happens next.

BotError
├── ConfigError         refuse to start: exit code 2, every flaw printed at once
├── ChannelError        something at the border with a platform
│   ├── Forged          not authentic: 401 or 403, nothing is written
│   ├── Unreadable      authentic, but not a message: a 4xx with the reason, nothing is written
│   ├── DeliveryRefused the platform will never take this message: mark it failed
│   ├── DeliveryDelayed the platform asks for time: try again after `retry_after` seconds
│   └── DeliveryUnknown it may have arrived: never send again blindly
├── ProviderError       a model did not answer; `kind` is a stable word for logs and counts
│   ├── ProviderUnavailable nobody's fault of ours: maybe once more, then the next model
│   ├── ProviderRefused     it will not answer this, or its answer is none: the next model
│   └── ProviderBroken      account, key or model is gone: leave it alone and alert somebody
├── FactsUnavailable    a source of facts did not answer: it counts as knowing nothing
├── LedgerError         nothing was stored: answer 503, the turn stays unsettled
│   └── Overloaded      too much is on its way into the ledger: not even tried
├── AlreadyServed       another process serves this database: use it or stop it
└── CannotListen        the address is taken or does not exist: choose another

Expected results (a limited customer, an unknown question) are Outcomes, never exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.prompt import Usage

NOTHING_USED = Usage()


class BotError(Exception):
    """Something went wrong that Nightdesk knows by name."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake in a file that an admin wrote."""

    where: str  # "config.yaml:12", or the name of an environment variable
    message: str  # what is wrong, in plain words
    excerpt: str = ""  # the offending text, one line
    advice: str = ""  # what to do about it

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}"]
        if self.excerpt:
            lines.append(f"    {self.excerpt}")
        if self.advice:
            lines.append(f"    -> {self.advice}")
        return "\n".join(lines)


class ConfigError(BotError):
    """The configuration or the templates cannot be used; `flaws` lists all that is wrong."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(str(flaw) for flaw in self.flaws))


class ChannelError(BotError):
    """Something went wrong at the border with a platform."""


class Forged(ChannelError):
    """The sender could not prove who it is."""


class Unreadable(ChannelError):
    """An authentic body that is not a message we understand."""

    def __init__(self, message: str, *, code: str = "invalid", status: int = 422) -> None:
        self.code = code  # a stable word for programs
        self.status = status  # the HTTP status that says the same
        super().__init__(message)


class DeliveryRefused(ChannelError):
    """The platform refused the message for good."""

    def __init__(self, reason: str = "refused") -> None:
        self.reason = reason  # a stable word: "blocked", "gone", "too_long" ... (in desk/fate.py)
        super().__init__(reason)


class DeliveryDelayed(ChannelError):
    """The platform asks to be left alone for a while."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after  # seconds
        super().__init__(f"try again in {retry_after:g} s")


class DeliveryUnknown(ChannelError):
    """The request left and no answer came: the message may have arrived."""


class ProviderError(BotError):
    """A model did not answer."""

    def __init__(self, kind: str, *, usage: Usage = NOTHING_USED, request_id: str = "") -> None:
        self.kind = kind  # a stable word: "timeout", "overloaded", "empty", "auth" ...
        self.usage = usage  # what the call is known to have used nevertheless
        self.request_id = request_id  # the provider's, for asking its support
        super().__init__(kind)


class ProviderUnavailable(ProviderError):
    """The provider could not answer now; the question was not at fault."""

    def __init__(
        self,
        kind: str,
        *,
        again: bool = False,
        retry_after: float | None = None,
        usage: Usage = NOTHING_USED,
        request_id: str = "",
    ) -> None:
        self.again = again  # asking the same model once more may help
        self.retry_after = retry_after  # seconds for which it asks to be left alone
        super().__init__(kind, usage=usage, request_id=request_id)


class ProviderRefused(ProviderError):
    """The provider will not answer this question, or what it answered is no answer."""


class ProviderBroken(ProviderError):
    """Nothing will come of this model until somebody mends the account, the key or its name."""


class FactsUnavailable(BotError):
    """A source of facts about customers did not answer."""

    def __init__(self, kind: str) -> None:
        self.kind = kind  # a stable word: "timeout", "gone", "ambiguous", "sqlite_error" ...
        super().__init__(kind)


class LedgerError(BotError):
    """The database did not take it; nothing was stored."""


class Overloaded(LedgerError):
    """Too much is on its way into the ledger already: nothing was stored, it may come again."""


class CannotListen(BotError):
    """The address is taken or does not exist."""


class AlreadyServed(BotError):
    """Another process holds this database."""
