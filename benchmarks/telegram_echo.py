"""The baseline over Telegram: a bare echo bot, built as python-telegram-bot's manual shows.

It is the library's own way to sit inside another web server: an `Application` without updater, a
route that puts each update into its queue. The queue lives in memory and no row is written.
Usage: telegram_echo.py PORT API_BASE TOKEN
"""

from __future__ import annotations

import sys

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def main(port: int, api_base: str, token: str) -> None:
    builder = Application.builder().token(token).updater(None)
    application = builder.base_url(f"{api_base}/bot").build()

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.effective_message and update.effective_message.text:
            await update.effective_message.reply_text(update.effective_message.text)

    async def receive(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    async def ready(_: Request) -> Response:
        return Response()

    application.add_handler(MessageHandler(filters.TEXT, echo))
    routes = [Route("/hook", receive, methods=["POST"]), Route("/readyz", ready)]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning")
    async with application:
        await application.start()
        await application.bot.set_webhook(f"http://127.0.0.1:{port}/hook")
        await uvicorn.Server(config).serve()
        await application.stop()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
