"""Whether a model's key works and the model exists, for nothing: no answer is asked for.

`GET models/{id}` is part of both APIs; servers that speak one of them may lack it.
"""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.finding import TRY_SECONDS, Finding, fine, tried, unreachable, unsure, wrong
from bot.providers.ports import Access

OWN = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com/v1"}
VERSION = "2023-06-01"  # of Anthropic's API: its SDK sends this one
MOST_BYTES = 4 << 20  # of a list of models
_LIKE = 0.6


async def checkup(
    models: Sequence[Access], variables: Mapping[str, str], seconds: float = TRY_SECONDS
) -> list[Finding]:
    """Try every model side by side. `variables`: where the key of each is, by its name."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=seconds)
    ) as session:
        return list(
            await asyncio.gather(
                *(
                    tried(
                        _name(model),
                        _whom(model),
                        _Try(session, model, variables.get(model.name, "its key")).told(),
                        seconds,
                    )
                    for model in models
                )
            )
        )


def _name(model: Access) -> str:
    return f"Model {model.name}"


def _whom(model: Access) -> str:
    return model.base_url or {"openai": "OpenAI", "anthropic": "Anthropic"}[model.kind]


class _Try:
    """One model."""

    def __init__(self, session: aiohttp.ClientSession, model: Access, variable: str) -> None:
        self._session = session
        self._model = model
        self._variable = variable

    async def told(self) -> Finding:
        """What came of it. No error's text is repeated: it may quote the key."""
        model, name, whom = self._model, _name(self._model), _whom(self._model)
        key = model.key.get_secret_value().strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            advice = f"copy it again into {self._variable}, without blanks and line breaks"
            return wrong(name, "its key has signs that no key has", advice)
        try:
            status, answer = await self._get(f"models/{quote(model.model, safe='')}")
            if status == 404 and model.base_url:
                return await self._by_list()
        except TimeoutError:
            return unreachable(name, whom, "does not answer in time")
        except (aiohttp.ClientError, OSError, ValueError):
            return unreachable(name, whom)
        if status in (401, 403):
            message = f"{whom} refuses the key ({status})"
            return wrong(name, message, f"copy it again into {self._variable}; was it revoked?")
        if status == 404:
            message = f"{whom} knows no model '{model.model}' for this key"
            return wrong(name, message, "mend its name under providers in config.yaml")
        if status == 429:
            return unsure(name, f"{whom} asks for time", "is there credit in the account?")
        if status >= 500:
            return unreachable(name, whom, f"answers {status}")
        if status != 200 or not isinstance(answer, dict):
            return self._untold(f"{whom} answers {status} and no description of the model")
        return fine(name, f"{model.model} is there and the key works")

    async def _by_list(self) -> Finding:
        """A server of one's own: it may lack that route, and still tell what it has."""
        model, whom = self._model, _whom(self._model)
        status, answer = await self._get("models")
        entries = answer.get("data") if status == 200 and isinstance(answer, dict) else None
        there = [str(each.get("id")) for each in entries or () if isinstance(each, dict)]
        if not there:
            return self._untold(f"{whom} does not say which models it has")
        if model.model in there:
            return fine(_name(model), f"{model.model} is there")
        near = difflib.get_close_matches(model.model, there, n=1, cutoff=_LIKE)
        advice = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(there[:5])}"
        return wrong(_name(model), f"{whom} has no model '{model.model}'", advice)

    def _untold(self, why: str) -> Finding:
        return unsure(_name(self._model), f"cannot be told: {why}", "ask the bot something")

    async def _get(self, path: str) -> tuple[int, Any]:
        """The status and the JSON of the answer, None where it is none. Follows no redirect, for
        the key would go along."""
        async with self._session.get(
            f"{_address(self._model)}/{path}", headers=self._headers(), allow_redirects=False
        ) as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > MOST_BYTES:
                    return response.status, None
            try:
                return response.status, json.loads(body)
            except (ValueError, RecursionError):
                return response.status, None

    def _headers(self) -> dict[str, str]:
        key = self._model.key.get_secret_value().strip()
        if self._model.kind == "anthropic":
            return {"anthropic-version": VERSION, "x-api-key": key}
        return {"Authorization": f"Bearer {key}"}


def _address(model: Access) -> str:
    if not model.base_url:
        return OWN[model.kind]
    if model.kind == "anthropic":  # written with and without it, as `AnthropicModel` takes it
        return model.base_url.rstrip("/").removesuffix("/v1") + "/v1"
    return model.base_url.rstrip("/")
