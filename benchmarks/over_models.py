"""A message that a model answers: the whole of Nightdesk beside the bot that tutorials build.

Both are called by the stand-in of Telegram, both ask the stand-in of OpenAI, which takes its time
and says the same to everybody. The tutorial's bot (`tutorial_bot.py`) keeps its history in memory,
checks nothing and stores nothing; Nightdesk does everything that it does in production, its
joining of bursts aside, for its pause is meant.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import over_telegram
from over_telegram import Measured
from program import PROJECT, Program

sys.path.append(str(PROJECT))  # where the stand-ins live
from tests.model_api import KEY, StandIn

ANSWER = "Claro! Estamos aqui para ajudar com o que você precisar."


async def nightdesk(folder: Path, rate: float, seconds: float, latency: float) -> Measured:
    async with model_of(latency) as api:
        more = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": api.openai_base}
        found = await over_telegram.nightdesk(folder, rate, seconds, more, _is_loaded)
        _all_were_asked(api, found)
        return found


async def tutorial(folder: Path, rate: float, seconds: float, latency: float) -> Measured:
    async with model_of(latency) as api:
        found = await over_telegram.baseline(
            folder, rate, seconds, "tutorial_bot.py", api.openai_base
        )
        _all_were_asked(api, found)
        return found


@asynccontextmanager
async def model_of(latency: float) -> AsyncIterator[StandIn]:
    async with StandIn(key="") as api:
        api.openai.always(ANSWER)
        api.openai.latency = (latency, latency)
        yield api


def _is_loaded(program: Program) -> bool:
    with urllib.request.urlopen(f"{program.url}/readyz", timeout=5) as answer:
        return json.load(answer).get("models") == {"openai": "closed"}


def _all_were_asked(api: StandIn, found: Measured) -> None:
    """A figure of rules' answers would be none."""
    if len(api.calls()) < found.messages:
        sys.exit(f"{found.messages} messages, but {len(api.calls())} calls to the model")
