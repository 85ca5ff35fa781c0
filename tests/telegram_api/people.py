"""The people who use Telegram, and the updates that their doings make."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.telegram_api import entities, media
from tests.telegram_api.chats import Chat
from tests.telegram_api.ledger import Message
from tests.telegram_api.updates import PRESS_LIVES

if TYPE_CHECKING:
    from tests.telegram_api.server import StandIn

ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
_presses = count(4_382_000_000_000_000_001)


@dataclass(eq=False)
class User:
    """One account. What it does is told to the bot, where the bot may see it."""

    api: StandIn
    id: int
    first_name: str
    language_code: str = "pt-br"
    last_name: str = ""
    username: str = ""
    is_bot: bool = False

    def json(self) -> dict[str, Any]:
        """As it stands in an update."""
        told = {"last_name": self.last_name, "username": self.username}
        if not self.is_bot:
            told["language_code"] = self.language_code
        head = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        return head | {key: value for key, value in told.items() if value}

    @property
    def queue(self) -> str:
        """Where its presses wait."""
        return f"callback_query:{self.id}"

    async def says(
        self,
        chat: Chat,
        text: str,
        *,
        thread: int | None = None,
        reply_to: Message | None = None,
        anonymous: bool = False,
        more: dict[str, Any] | None = None,
    ) -> Message:
        """A text; commands, mentions and addresses in it are marked as Telegram marks them."""
        body: dict[str, Any] = {"text": text}
        if marked := entities.found(text):
            body["entities"] = marked
        return self._posts(chat, body | (more or {}), thread, reply_to, anonymous)

    async def replies(self, message: Message, text: str, **how: Any) -> Message:
        """A text that quotes that message."""
        return await self.says(self.api.chats[message.chat], text, reply_to=message, **how)

    async def sends_media(
        self,
        chat: Chat,
        kind: str,
        caption: str = "",
        *,
        album: str = "",
        thread: int | None = None,
        reply_to: Message | None = None,
        **details: Any,
    ) -> Message:
        """A photo, voice, document, sticker, location ...; `details` replace parts of it."""
        body = media.body(kind, details)
        if caption:
            body["caption"] = caption
            if marked := entities.found(caption):
                body["caption_entities"] = marked
        if album:
            body["media_group_id"] = album
        return self._posts(chat, body, thread, reply_to, False)

    async def edits(self, message: Message, text: str) -> None:
        """The message says something else now."""
        part = "text" if "text" in message.payload else "caption"
        message.payload |= {part: text, "edit_date": int(self.api.clock.now())}
        marks = "entities" if part == "text" else "caption_entities"
        message.payload.pop(marks, None)
        if marked := entities.found(text):
            message.payload[marks] = marked
        chat = self.api.chats[message.chat]
        if self._is_seen(chat, message):
            self.api.updates.add("edited_message", deepcopy(message.payload), chat.queue)

    async def presses(self, message: Message, label: str) -> str:
        """A button by what it says; the id of the press."""
        fitting = (b for row in message.keyboard for b in row if b["text"] == label)
        button = next(fitting, None)
        if button is None:
            raise AssertionError(f"no button says {label!r}, but {message.labels}")
        return await self.presses_data(message, button["callback_data"])

    async def presses_data(self, message: Message, data: str) -> str:
        """Any data, as a tampered client could send it, or a keyboard that is gone."""
        query = str(next(_presses))
        body = {
            "id": query,
            "from": self.json(),
            "message": deepcopy(message.payload),
            "chat_instance": str(-(10**15) - message.chat),
            "data": data,
        }
        self.api.presses[query] = self.api.clock.now()
        self.api.updates.add("callback_query", body, self.queue, lives=PRESS_LIVES)
        return query

    async def blocks_bot(self) -> None:
        """The bot is told, and may not write any more."""
        chat = self.api.private(self)
        chat.refusal = "bot was blocked by the user"
        self._my_member(chat, "member", "kicked")

    async def unblocks_bot(self) -> None:
        chat = self.api.private(self)
        chat.refusal = ""
        self._my_member(chat, "kicked", "member")

    async def removes_bot(self, chat: Chat) -> None:
        """The bot is thrown out of a group."""
        chat.refusal = f"bot was kicked from the {chat.type} chat"
        self._my_member(chat, "member", "kicked")

    async def joins(self, chat: Chat) -> Message:
        """A service message tells so."""
        chat.members.append(self)
        return self._posts(chat, {"new_chat_members": [self.json()]}, None, None, False)

    def _posts(
        self,
        chat: Chat,
        body: dict[str, Any],
        thread: int | None,
        reply_to: Message | None,
        anonymous: bool,
    ) -> Message:
        author: dict[str, Any] = {"from": self.json()}
        if anonymous:
            author = {"from": ANONYMOUS, "sender_chat": chat.json()}
        about = chat.about(reply_to.message_id if reply_to else None, thread)
        message = chat.add({**author, **about, **body})
        if self._is_seen(chat, message):
            self.api.updates.add("message", deepcopy(message.payload), chat.queue)
        return message

    def _is_seen(self, chat: Chat, message: Message) -> bool:
        """Whether privacy mode lets the bot see it."""
        if not (chat.is_group and self.api.privacy_mode) or chat.bot_is_admin:
            return True
        if "new_chat_members" in message.payload:
            return True
        me = "@" + str(self.api.bot["username"]).lower()
        quoted = message.payload.get("reply_to_message", {}).get("from", {})
        called = [command.lower() for command in entities.commands(message.text)]
        return (
            quoted.get("id") == self.api.bot["id"]
            or any("@" not in command or command.endswith(me) for command in called)
            or me in entities.mentions(message.text)
        )

    def _my_member(self, chat: Chat, before: str, after: str) -> None:
        def member(status: str) -> dict[str, Any]:
            until = {"until_date": 0} if status == "kicked" else {}
            return {"user": self.api.bot, "status": status, **until}

        body = {
            "chat": chat.json(),
            "from": self.json(),
            "date": int(self.api.clock.now()),
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }
        self.api.updates.add("my_chat_member", body, f"my_chat_member:{chat.id}")
