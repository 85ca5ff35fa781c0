"""What the models behind both SDKs have in common: one POST, one tree of errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import httpx2

from bot.clock import Clock
from bot.errors import ProviderBroken, ProviderError
from bot.prompt import Completion, Prompt
from bot.providers.call import heard_from, key_of, patience
from bot.providers.ports import Access
from bot.providers.trouble import Heard


class Client(Protocol):
    """Of an SDK's client no more than this is used: its `create` takes anything for an answer."""

    async def post(
        self,
        path: str,
        *,
        body: Any,
        cast_to: type[httpx2.Response],
        options: Any,
    ) -> httpx2.Response: ...

    async def close(self) -> None: ...


class SdkModel(ABC):
    """One model; see `Provider`. What it is sent, and what its answer means, each API says itself.

    It may be used from one event loop only, on which the first call opens its connections.
    """

    path: str  # of the API, below its address

    def __init__(self, access: Access, clock: Clock, client: Client, headers: Any) -> None:
        self._access = access
        self._now = clock.now
        self._client = client
        self._headers = headers
        self._has_flawed_key = key_of(access) is None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._access.name!r}, {self._access.model!r})"

    @abstractmethod
    def fields(self, prompt: Prompt) -> dict[str, Any] | ProviderError:
        """The body of the request, or why there can be none."""

    @abstractmethod
    def read(self, heard: Heard, now: float) -> Completion | ProviderError:
        """What came back; `now` is Unix time."""

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """See `Provider.complete`."""
        outcome = await self._asked(prompt, seconds)
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._client.close()

    async def _asked(self, prompt: Prompt, seconds: float) -> Completion | ProviderError:
        if self._has_flawed_key:
            return ProviderBroken("auth")
        fields = self.fields(prompt)
        if isinstance(fields, ProviderError):
            return fields
        call = self._client.post(
            self.path,
            body=fields,
            cast_to=httpx2.Response,
            options={"timeout": patience(seconds), "headers": self._headers},
        )
        heard = await heard_from(call, seconds)
        return heard if isinstance(heard, ProviderError) else self.read(heard, self._now())
