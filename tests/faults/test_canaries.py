"""Secrets and customers' words stay inside: planted everywhere, searched for in all that leaves."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.faults.rig import KEY, ROOT, Bench, Senders
from tests.faults.test_models import api, asked, loaded, models
from tests.model_api import Fault, Refuse, StandIn
from tests.telegram_api import TOKEN
from tests.telegram_api import StandIn as TelegramStandIn

__all__ = ["api"]  # the fixture of the models' stand-in

WORDS = "segredo-de-aniversário-da-Zuleica"
PHONE = "+55 31 98888-7766"
MODEL_KEY = "sk-ant-canary-5f2b9c7d1e"
TEXT = f"{WORDS}, meu telefone é {PHONE}, cpf 529.982.247-25, zuleica.canario@example.com"


@asynccontextmanager
async def sentry() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A DSN on loopback, and everything that was sent to it, unpacked."""
    envelopes: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        envelopes.append(await request.read())  # unpacked by the server
        return web.json_response({"id": "0" * 32})

    app = web.Application(client_max_size=32_000_000)
    app.router.add_post("/{anything:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        yield f"http://canarydsnkey@127.0.0.1:{port}/7", envelopes
    finally:
        await runner.cleanup()


async def test_no_secret_and_no_word_of_a_customer_is_in_anything_that_leaves(
    bench: Bench, customers: Senders, api: StandIn
) -> None:
    """Logs, Sentry's envelopes, /metrics, error pages, report, why: 0 found."""
    # The provider's complaint quotes the question and the key, as some do.
    api.openai.then(Refuse(500, message=f"cannot answer {TEXT} for {MODEL_KEY}"), Fault.HTML)
    api.openai.always(Fault.BAD_KEY)
    api.anthropic.always(Refuse(403, message=f"no {TEXT} for {MODEL_KEY}"))
    async with sentry() as (dsn, envelopes), TelegramStandIn() as telegram:
        settings = models(
            api,
            ANTHROPIC_API_KEY=MODEL_KEY,
            SENTRY_DSN=dsn,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_BASE=telegram.base,
            NIGHTDESK_SECRET_KEY="canary-secret-key-0123456789",
            OPENAI_LOG="debug",
            ANTHROPIC_LOG="debug",
        )
        program = await bench.start(settings)
        await loaded(program, customers)
        for n in range(3):
            await asked(program, customers, f"zuleica-{n}", text=TEXT)
        ana = telegram.user(5_000_777)
        await ana.says(telegram.private(ana), TEXT)
        await telegram.wait_shown(telegram.private(ana), 1)
        pages = [await page(program.url, path) for path in ("/metrics", "/nothing", "/readyz")]
        pages.append(await page(program.url, f"/api/messages?{WORDS}", data=TEXT.encode()))
        for _ in range(60):
            if any(b"model_broken" in each for each in envelopes):
                break
            await asyncio.sleep(0.1)
        environment = {"DATABASE_URL": f"sqlite:///{bench.database}", **settings}
        printed = [
            await asyncio.to_thread(command, environment, *words)
            for words in (["report"], ["why", "nd_1"], ["why", "nd_1", "--json"], ["status"])
        ]
        assert await program.terminated() == 0
    assert any(b"model_broken" in each for each in envelopes)
    assert "nightdesk_model_calls_total" in pages[0]
    assert all(printed)
    leaves = {
        "log": program.err + program.out,
        "sentry": b"\n".join(envelopes).decode(errors="replace"),
        "pages": "\n".join(pages),
        "commands": "\n".join(printed),
    }
    secrets = [TOKEN, MODEL_KEY, KEY, "canary-secret-key", "canarydsnkey"]
    words = [WORDS, "segredo", "zuleica.canario", "98888", "529.982", "Zuleica"]
    found = [
        (where, canary)
        for where, text in leaves.items()
        for canary in (*secrets, *words)
        # Sentry's own key is what its envelopes are addressed with.
        if canary in text and (where, canary) != ("sentry", "canarydsnkey")
    ]
    assert found == []


async def page(url: str, path: str, data: bytes | None = None) -> str:
    async with aiohttp.ClientSession() as http:
        ask = http.post if data is not None else http.get
        async with ask(url + path, **({"data": data} if data is not None else {})) as r:
            return f"{r.headers} {await r.text()}"


def command(environment: dict[str, str], *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env={**os.environ, "NIGHTDESK_CONFIG": str(ROOT / "config.yaml"), **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return ran.stdout + ran.stderr
