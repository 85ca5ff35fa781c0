"""The baseline over Telegram: a bare echo bot, built as python-telegram-bot's manual shows.

Usage: telegram_echo.py PORT API_BASE TOKEN
"""

from __future__ import annotations

import sys

import uvloop
from by_webhook import building, serve
from telegram import Update
from telegram.ext import ContextTypes, MessageHandler, filters


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    if update.effective_message and update.effective_message.text:
        await update.effective_message.reply_text(update.effective_message.text)


async def main(port: int, api_base: str, token: str) -> None:
    application = building(api_base, token).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    await serve(application, port)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
