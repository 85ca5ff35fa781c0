"""What does a call to a model cost in CPU, beside a bare POST?

Each client runs in a process of its own against a tiny server in another one, which answers every
request at once with the same body. The CPU is the client's alone. A bare aiohttp POST that reads
the answer and parses its JSON is the least that a call can cost.

    default       the SDK as it comes, on httpx2
    aiohttp       the SDK on the transport that Nightdesk uses
    Nightdesk     its own provider: the same, with a deadline and the answer read by itself

Then the whole road with a stand-in for a model of 0 ms and one of 800 ms (`over_models.py`), beside
the bot that tutorials build.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

AT_ONCE = 16
WARM_UP = 100  # calls, not measured
RUNS = 3
TEXT = "Nosso horário é de segunda a sexta, das 9h às 18h. " * 3
SYSTEM = "You answer for a shop. " * 200  # 4.6 kB, like persona, house facts and rules
QUESTION = "qual o horário de vocês?"
OPENAI = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1_800_000_000, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT, "refusal": None},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1_000, "completion_tokens": 60, "total_tokens": 1_060},
}  # fmt: skip
ANTHROPIC = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
    "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "stop_sequence": None,
    "usage": {"input_tokens": 1_000, "output_tokens": 60},
}  # fmt: skip
NAMES = {"bare": "bare aiohttp", "nightdesk": "Nightdesk"}
Call = Callable[[], Awaitable[object]]


async def serve() -> None:
    """Answer every POST; print the port."""

    def answer(body: dict[str, object]) -> bytes:
        text = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
        return f"{head}\r\n\r\n".encode() + text

    answers = {b"/v1/messages": answer(ANTHROPIC), b"/v1/chat/completions": answer(OPENAI)}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                await reader.readexactly(length)
                writer.write(answers[head.split(b" ", 2)[1]])
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def bare(stack: AsyncExitStack, url: str, api: str, transport: str) -> Call:
    import aiohttp

    session = await stack.enter_async_context(aiohttp.ClientSession())
    path = "/v1/messages" if api == "anthropic" else "/v1/chat/completions"
    said = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    body = {"model": "m", "max_tokens": 800, "messages": said}

    async def call() -> object:
        async with session.post(url + path, json=body) as answer:
            return json.loads(await answer.read())["usage"]

    return call


async def openai(stack: AsyncExitStack, url: str, api: str, transport: str) -> Call:
    import openai

    http = openai.DefaultAioHttpClient() if transport == "aiohttp" else None
    client = openai.AsyncOpenAI(
        api_key="none", base_url=f"{url}/v1", max_retries=0, http_client=http
    )
    await stack.enter_async_context(client)

    async def call() -> object:
        answer = await client.chat.completions.with_raw_response.create(
            model="m",
            max_completion_tokens=800,
            store=False,
            messages=[
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": QUESTION},
            ],
        )
        return json.loads(answer.http_response.content)["usage"]

    return call


async def anthropic(stack: AsyncExitStack, url: str, api: str, transport: str) -> Call:
    import anthropic

    http = anthropic.DefaultAioHttpClient() if transport == "aiohttp" else None
    client = anthropic.AsyncAnthropic(api_key="none", base_url=url, max_retries=0, http_client=http)
    await stack.enter_async_context(client)

    async def call() -> object:
        answer = await client.messages.with_raw_response.create(
            model="m",
            max_tokens=800,
            system=[{"type": "text", "text": SYSTEM}],
            messages=[{"role": "user", "content": QUESTION}],
        )
        return json.loads(answer.http_response.content)["usage"]

    return call


async def nightdesk(stack: AsyncExitStack, url: str, api: str, transport: str) -> Call:
    from pydantic import SecretStr

    from bot.prompt import Prompt, Speaker, Spoken
    from bot.providers.anthropic import AnthropicModel
    from bot.providers.openai import OpenAIModel
    from bot.providers.ports import Access

    kind, base = (OpenAIModel, f"{url}/v1") if api == "openai" else (AnthropicModel, url)
    model = kind(Access("m", api, "m", SecretStr("none"), base))
    stack.push_async_callback(model.close)
    prompt = Prompt(SYSTEM, "", (Spoken(Speaker.CUSTOMER, QUESTION),), 800)

    async def call() -> object:
        return (await model.complete(prompt, 8.0)).usage

    return call


CLIENTS = {"bare": bare, "openai": openai, "anthropic": anthropic, "nightdesk": nightdesk}


async def measure(client: str, api: str, transport: str, url: str, calls: int) -> float:
    """Microseconds of CPU a call, by the process's own clock."""
    async with AsyncExitStack() as stack:
        call = await CLIENTS[client](stack, url, api, transport)

        async def some(count: int) -> None:
            for _ in range(count):
                await call()

        await asyncio.gather(*(some(WARM_UP // AT_ONCE + 1) for _ in range(AT_ONCE)))
        begun = time.process_time()
        await asyncio.gather(*(some(calls // AT_ONCE) for _ in range(AT_ONCE)))
        return (time.process_time() - begun) / (calls // AT_ONCE * AT_ONCE) * 1e6


def main() -> None:
    options = _options()
    if options.serve:
        asyncio.run(serve())
    elif options.client:
        import uvloop

        print(uvloop.run(measure(*options.client, options.url, options.calls)))
    else:
        _compare(options.calls)
        if not options.calls_only:
            _whole_road(options.rate, options.seconds)


def _compare(calls: int) -> None:
    console = Console()
    made = Table(title="CPU a call to a model")
    for heading in ("API", "client", "CPU", "ratio"):
        made.add_column(heading, justify="right" if heading in ("CPU", "ratio") else "left")
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for api in ("openai", "anthropic"):
            least = 0.0
            for client, transport in (
                ("bare", "aiohttp"),
                (api, "default"),
                (api, "aiohttp"),
                ("nightdesk", "aiohttp"),
            ):
                with console.status(f"{client}, {transport} ..."):
                    cost = _median(client, api, transport, url, calls)
                least = least or cost
                name = NAMES.get(client, f"SDK, {transport}")
                made.add_row(api, name, f"{cost:.0f} us", f"{cost / least:.1f}")
    finally:
        server.terminate()
        server.wait()
    console.print(made)
    console.print(
        f"Medians of {RUNS} runs of {calls} calls, {AT_ONCE} at once. {os.cpu_count()} CPUs, "
        f"load average {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}."
    )


def _whole_road(rate: float, seconds: float) -> None:
    import over_models
    from figures import table

    console = Console()
    for latency in (0.0, 0.8):
        with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as name:
            folder = Path(name)
            with console.status(f"Nightdesk, a model of {latency * 1000:.0f} ms ..."):
                ours = asyncio.run(over_models.nightdesk(folder, rate, seconds, latency))
            with console.status(f"the tutorial's bot, a model of {latency * 1000:.0f} ms ..."):
                theirs = asyncio.run(over_models.tutorial(folder, rate, seconds, latency))
        title = f"The whole road, {rate:g} messages a second, a model of {latency * 1000:.0f} ms"
        console.print(table(title, ours, theirs, "tutorial bot"))
        console.print(f"{ours.messages} messages.")


def _median(client: str, api: str, transport: str, url: str, calls: int) -> float:
    command = [sys.executable, __file__, "--client", client, api, transport]
    command += ["--url", url, "--calls", str(calls)]
    runs = (subprocess.run(command, check=True, stdout=subprocess.PIPE) for _ in range(RUNS))
    return statistics.median(float(run.stdout) for run in runs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a call to a model costs in CPU.")
    parser.add_argument("--calls", type=int, default=1_600, help="for each run")
    parser.add_argument("--calls-only", action="store_true", help="not the whole road")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second, at most 25")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load, for each bot")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
