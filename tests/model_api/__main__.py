"""The stand-in as a program: says where it listens, and stops at SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.model_api.server import KEY, StandIn


async def _run(port: int, key: str, drip: float, seed: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with StandIn(port=port, key=key, drip=drip, seed=seed) as api:
        print(api.base.rpartition(":")[2], flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for OpenAI's and Anthropic's APIs.")
    parser.add_argument("--port", type=int, default=0, help="0: any; it is printed")
    parser.add_argument("--key", default=KEY, help='"": none is asked for')
    parser.add_argument("--drip", type=float, default=1.0, help="seconds between dripped bytes")
    parser.add_argument("--seed", type=int, default=1, help="of latencies and chances")
    options = parser.parse_args()
    asyncio.run(_run(options.port, options.key, options.drip, options.seed))
