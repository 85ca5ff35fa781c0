"""What the tests of the providers share."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from unittest.mock import patch

from bot.errors import ProviderError
from bot.prompt import Completion, Prompt, Speaker, Spoken
from bot.providers.anthropic import AnthropicModel
from bot.providers.openai import OpenAIModel
from bot.providers.ports import Access, Provider
from bot.providers.trouble import Heard
from tests.model_api import Script, StandIn

NOW = 1_795_000_000.0
CERTIFICATES = ssl.create_default_context()
Kind = Literal["openai", "anthropic"]
MODELS: dict[Kind, Callable[[Access], Provider]] = {
    "openai": OpenAIModel,
    "anthropic": AnthropicModel,
}


def prompt(*said: str, standing: str = "You are Bia.", personal: str = "Answer in pt.") -> Prompt:
    """A conversation in which the customer and the desk take turns."""
    speakers = (Speaker.CUSTOMER, Speaker.DESK)
    lines = tuple(Spoken(speakers[at % 2], text) for at, text in enumerate(said or ("Oi",)))
    return Prompt(standing, personal, lines, 600)


def heard(body: str | bytes = b"", status: int = 200, **headers: str) -> Heard:
    """An HTTP answer; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Heard(status, named, body.encode() if isinstance(body, str) else body, "req_1")


async def outcome_of(
    model: Provider, asked: Prompt | None = None, seconds: float = 3.0
) -> Completion | ProviderError:
    """What comes of asking."""
    try:
        return await model.complete(asked or prompt(), seconds)
    except ProviderError as error:
        return error


def row_of(outcome: object) -> tuple[object, ...]:
    """The row of the table that an outcome is: class, kind, whether once more may help."""
    if isinstance(outcome, ProviderError):
        again = (outcome.again,) if hasattr(outcome, "again") else ()
        return (type(outcome).__name__.removeprefix("Provider"), outcome.kind, *again)
    return (type(outcome).__name__,)


@dataclass
class Rig:
    """One model and the server that it asks."""

    kind: Kind
    api: StandIn
    model: Provider
    script: Script

    async def asked_of(self, **access: object) -> tuple[Completion | ProviderError, Provider]:
        """The same question to the same server, reached otherwise."""
        other = model_of(self.api.access(self.kind, **access))  # type: ignore[arg-type]
        try:
            return await outcome_of(other), other
        finally:
            await other.close()


def model_of(access: Access) -> Provider:
    """A model as the desk builds it, but for its certificates.

    Reading them takes longer than most of these tests, and none of them needs any.
    """
    with patch("httpx2.create_ssl_context", lambda *_, **__: CERTIFICATES):
        return MODELS[access.kind](access)


@asynccontextmanager
async def rig_of(kind: Kind) -> AsyncIterator[Rig]:
    async with StandIn(drip=0.05) as api:
        model = model_of(api.access(kind))
        try:
            yield Rig(kind, api, model, api.openai if kind == "openai" else api.anthropic)
        finally:
            await model.close()
