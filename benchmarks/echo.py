"""The baseline: a bare aiohttp server that commits one SQLite row a message, then answers.

It keeps no order, drops no repeats and decides nothing. Usage: echo.py PORT DATABASE
"""

from __future__ import annotations

import sqlite3
import sys
import time

import uvloop
from aiohttp import web


def main(port: int, database: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS messages (conversation, id, text, at)")

    async def echo(request: web.Request) -> web.Response:
        body = await request.json()
        row = (body["conversation"], body["id"], body["text"], time.time())
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?)", row)  # commits by itself
        return web.json_response({"id": body["id"], "text": body["text"]}, status=202)

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/api/messages", echo), web.get("/readyz", ready)])
    loop = uvloop.new_event_loop()
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=loop)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
