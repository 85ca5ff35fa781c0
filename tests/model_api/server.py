"""The stand-in itself: a server on loopback that answers as both model APIs do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Literal, Self, TypeVar

from aiohttp import web
from pydantic import SecretStr

from bot.providers.ports import Access
from tests.model_api import door
from tests.model_api.ledger import Call
from tests.model_api.script import Script
from tests.model_api.tokens import Seen

KEY = "sk-stand-in-of-no-value-000000"
T = TypeVar("T")


class StandIn:
    """`async with StandIn() as api:` serves until the block ends.

    `drip` is the seconds between two bytes of `Fault.DRIP`; a `key` of "" asks for none.
    """

    def __init__(self, *, key: str = KEY, port: int = 0, seed: int = 1, drip: float = 1.0) -> None:
        self.key = key
        self.drip = drip
        self.openai = Script(seed)
        self.anthropic = Script(seed + 1)
        self.ledger: list[Call] = []
        self.seen = Seen()
        self.closing = asyncio.Event()
        self.elsewhere = "http://elsewhere.invalid"  # where redirects lead
        self.base = ""
        self._models: dict[str, Script] = {}
        self._connections: dict[int, int] = {}
        self._transports: list[object] = []  # kept, so that no number is given twice
        self._request_ids = count(1)
        self._seed = seed
        self._port = port
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(
            door.application(self),
            access_log=None,
            shutdown_timeout=1.0,
            handler_cancellation=True,  # so that a client's leaving is seen
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def openai_base(self) -> str:
        return f"{self.base}/v1"

    @property
    def anthropic_base(self) -> str:
        return self.base

    def access(
        self, kind: Literal["openai", "anthropic"], model: str = "stand-in-1", **more: object
    ) -> Access:
        """How a model of ours reaches this server."""
        given: dict[str, object] = {
            "name": f"the-{kind}",
            "kind": kind,
            "model": model,
            "key": SecretStr(self.key),
            "base_url": self.openai_base if kind == "openai" else self.anthropic_base,
        }
        return Access(**(given | more))  # type: ignore[arg-type]

    # What a test asks for

    def model(self, name: str) -> Script:
        """The script of one model; without one, its API's holds."""
        return self._models.setdefault(name, Script(self._seed + 2 + len(self._models)))

    def script_of(self, api: str, model: str) -> Script:
        return self._models.get(model) or (self.openai if api == "openai" else self.anthropic)

    def heal(self) -> None:
        """Everything sound again; what happened stays in the ledger."""
        self._models.clear()
        for script in (self.openai, self.anthropic):
            script.heal()

    def calls(self, api: str = "", model: str = "") -> list[Call]:
        """What was asked, in order."""
        return [
            call
            for call in self.ledger
            if (not api or call.api == api) and (not model or call.model == model)
        ]

    async def wait_for(self, predicate: Callable[[], T], seconds: float = 5.0) -> T:
        """What the predicate gives as soon as that is true; AssertionError if it never is."""
        until = time.monotonic() + seconds
        while not (found := predicate()):
            left = until - time.monotonic()
            if left <= 0:
                last = [(call.api, call.model, call.reply, call.status) for call in self.ledger]
                raise AssertionError(f"not in {seconds} s; last calls: {last[-8:]}")
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, 0.1)):  # it may look at other things too
                    await self._changed.wait()
        return found

    # What its door asks for

    def tell(self) -> None:
        """Something has changed: whoever waits looks again."""
        self._changed.set()

    def connection(self, transport: object) -> int:
        """A number for each connection."""
        if id(transport) not in self._connections:
            self._connections[id(transport)] = len(self._connections) + 1
            self._transports.append(transport)
        return self._connections[id(transport)]

    def next_request_id(self) -> str:
        return f"req_stand-in-{next(self._request_ids)}"
