"""The baseline with a model: the bot that tutorials build, python-telegram-bot and the OpenAI SDK.

Its history lives in a dict, no answer is checked and no row is written. It handles updates side by
side, as few tutorials do: one after the other, a model of 800 ms would hold everybody up.
Usage: tutorial_bot.py PORT API_BASE TOKEN MODEL_BASE
"""

from __future__ import annotations

import sys
from collections import defaultdict

import uvloop
from by_webhook import building, serve
from openai import AsyncOpenAI
from telegram import Update
from telegram.ext import ContextTypes, MessageHandler, filters

PERSONA = {"role": "system", "content": "You are the friendly assistant of a shop. Be brief."}


async def main(port: int, api_base: str, token: str, model_base: str) -> None:
    application = building(api_base, token).concurrent_updates(True).build()
    model = AsyncOpenAI(api_key="sk-of-no-value", base_url=model_base)
    history: dict[int, list[dict[str, str]]] = defaultdict(list)

    async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if not update.effective_message or not update.effective_message.text:
            return
        said = history[update.effective_chat.id]
        said.append({"role": "user", "content": update.effective_message.text})
        made = await model.chat.completions.create(
            model="gpt-6-luna", messages=[PERSONA, *said[-20:]]
        )
        text = made.choices[0].message.content
        said.append({"role": "assistant", "content": text})
        await update.effective_message.reply_text(text)

    application.add_handler(MessageHandler(filters.TEXT, answer))
    await serve(application, port)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), *sys.argv[2:5]))
