"""`nightdesk chat`: talk to the desk as a customer, without accounts or keys."""

from __future__ import annotations

import asyncio
import getpass
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from bot.channels import terminal
from bot.cli.socket_client import DeskGone, Refusal, SocketClient, local_desk
from bot.cli.typed import Keyboard
from bot.delivery.transcript import Line

Say = Callable[[str], None]
HINT = "Write as a customer would. A number presses a button, /help lists commands, Ctrl+D ends."
LOOK_SECONDS = 0.2
ANSWER_SECONDS = 15.0  # how long the end of piped input waits for the last answer


async def chat(say: Say) -> None:
    """Run the chat until end of input. Raises ConfigError, AlreadyServed, DeskGone."""
    async with local_desk() as client:
        keyboard = Keyboard("")
        talk = _Talk(
            client, getpass.getuser(), keyboard, lambda text: keyboard.above(lambda: say(text))
        )
        say(HINT)
        listening = asyncio.create_task(talk.listen())
        typing = asyncio.create_task(talk.type())
        done, pending = await asyncio.wait((listening, typing), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()
        if listening in done:
            raise DeskGone("the desk has closed")


class _Talk:
    """One person at one terminal."""

    def __init__(self, client: SocketClient, user: str, keyboard: Keyboard, say: Say) -> None:
        self._client = client
        self._keyboard = keyboard
        self._user = user
        self._say = say
        self._buttons: list[tuple[str, str, int]] = []  # label, message, index of the newest
        self._unanswered: set[str] = set()
        self._caught_up = asyncio.Event()
        self._answered = asyncio.Event()

    async def listen(self) -> None:
        async for name, data in self._client.events("/chat/events", user=self._user):
            if name == "message":
                self._show(data)
            elif name == "ready":
                self._caught_up.set()
            elif name == "erased":
                self._say("       | (everything before this was deleted)")

    async def type(self) -> None:
        await self._caught_up.wait()
        async for text in self._keyboard.lines():
            if text.strip():
                await self._send(text.strip())
        # Piped input ends at once: stay until what was said is dealt with.
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while self._unanswered and not await self._settled():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._answered.wait(), LOOK_SECONDS)
        except TimeoutError:
            self._say("       | (no answer yet; it will be here when you come back)")

    async def _settled(self) -> bool:
        """Whether the desk is done with all of it: an "ok" or a word to a person gets no answer."""
        settled = (await self._client.get("/chat/settled", user=self._user))["settled"]
        if settled:
            await asyncio.sleep(LOOK_SECONDS)  # an answer just written is still on its way here
        return bool(settled)

    async def _send(self, text: str) -> None:
        key = secrets.token_hex(8)
        body: dict[str, Any] = {"id": key, "text": text}
        if text.isdecimal() and 1 <= int(text) <= len(self._buttons):
            label, message, index = self._buttons[int(text) - 1]
            body = {"id": key, "text": label, "button": {"message": message, "index": index}}
        self._answered.clear()
        self._unanswered.add(key)
        try:
            await self._client.post("/chat/messages", body, user=self._user)
        except Refusal as refusal:
            self._unanswered.discard(key)
            self._say(f"       | not sent: {refusal}")

    def _show(self, data: dict[str, Any]) -> None:
        mine = data["direction"] == "in"
        if mine and data["id"] in self._unanswered:
            return  # it stands on the screen already: it was typed there
        labels = tuple(button["label"] for button in data["buttons"])
        line = Line(
            0,
            data["id"],
            data["direction"],
            data["author"],
            data["text"],
            labels,
            data["state"],
            "",
            tuple(data["answers"]),
            datetime.fromisoformat(data["created_at"]).timestamp(),
        )
        for shown in terminal.show(line):
            self._say(shown)
        if not mine:
            self._buttons = [(label, data["id"], index) for index, label in enumerate(labels)]
            self._unanswered -= set(data["answers"])
            if not self._unanswered:
                self._answered.set()
