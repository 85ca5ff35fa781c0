"""A bot behind a webhook of its own server, as python-telegram-bot's manual shows: no updater.

Each update is put into the application's queue. The queue lives in memory and no row is written.
"""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ApplicationBuilder


def building(api_base: str, token: str) -> ApplicationBuilder[Any, Any, Any, Any, Any, Any]:
    return Application.builder().token(token).updater(None).base_url(f"{api_base}/bot")


async def serve(application: Application[Any, Any, Any, Any, Any, Any], port: int) -> None:
    """Take updates until the program is ended."""

    async def receive(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    async def ready(_: Request) -> Response:
        return Response()

    routes = [Route("/hook", receive, methods=["POST"]), Route("/readyz", ready)]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning")
    async with application:
        await application.start()
        await application.bot.set_webhook(f"http://127.0.0.1:{port}/hook")
        await uvicorn.Server(config).serve()
        await application.stop()
