"""The stand-in as a program: says where it listens, and stops at SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.twilio_api.server import ACCOUNT_SID, AUTH_TOKEN, NUMBER, StandIn


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with StandIn(
        host=options.host,
        port=options.port,
        account_sid=options.account,
        auth_token=options.token,
        number=options.number,
        seed=options.seed,
    ) as api:
        print(api.base.rpartition(":")[2], flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for Twilio's API.")
    parser.add_argument("--host", default="127.0.0.1", help="no other is taken")
    parser.add_argument("--port", type=int, default=0, help="0: any; it is printed")
    parser.add_argument("--account", default=ACCOUNT_SID)
    parser.add_argument("--token", default=AUTH_TOKEN)
    parser.add_argument("--number", default=NUMBER)
    parser.add_argument("--seed", type=int, default=1, help="of chances and shuffles")
    asyncio.run(_run(parser.parse_args()))
