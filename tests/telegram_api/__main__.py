"""The stand-in as a program: says where it listens, and stops at SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.telegram_api.server import TOKEN, StandIn


async def _run(port: int, token: str, hurry: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with StandIn(port=port, token=token, hurry=hurry) as api:
        print(api.base.rpartition(":")[2], flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API.")
    parser.add_argument("--port", type=int, default=0, help="0: any; it is printed")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--hurry", type=float, default=20.0, help="of waits between redeliveries")
    options = parser.parse_args()
    asyncio.run(_run(options.port, options.token, options.hurry))
