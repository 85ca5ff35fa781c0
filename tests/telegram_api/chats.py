"""Chats: who is in them and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.telegram_api.ledger import Message

if TYPE_CHECKING:
    from tests.telegram_api.people import User
    from tests.telegram_api.server import StandIn

GENERAL = 1  # the topic that every forum has; it is addressed without a number


@dataclass
class Topic:
    """One thread of a forum; its number is that of the message which opened it."""

    id: int
    name: str
    closed: bool = False


@dataclass
class Chat:
    """One private chat, group or supergroup.

    Messages of private chats and groups are numbered by one counter for the whole bot, those of
    each supergroup by its own: numbers of two chats may well be the same.
    """

    api: StandIn
    id: int
    type: str  # "private", "group", "supergroup"
    numbers: Iterator[int]
    title: str = ""
    owner: User | None = None  # of a private chat
    members: list[User] = field(default_factory=list)
    is_forum: bool = False
    bot_is_admin: bool = False
    refusal: str = ""  # the 403 that the bot gets here
    migrated_to: int = 0
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        return self.type != "private"

    @property
    def queue(self) -> str:
        """Where its messages and edits wait."""
        return f"message:{self.id}"

    def json(self) -> dict[str, Any]:
        """As it stands in an update."""
        if self.owner is not None:
            named = ("first_name", "last_name", "username")
            told = {key: value for key, value in self.owner.json().items() if key in named}
            return {"id": self.id, **told, "type": self.type}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "title": self.title, "type": self.type, **forum}

    def add(self, payload: dict[str, Any], *, by_bot: bool = False, raw: str = "") -> Message:
        """Put a message into the chat; it gets its number and its date here."""
        now = self.api.clock.now()
        number = next(self.numbers)
        head = {"message_id": number, "chat": self.json(), "date": int(now)}
        message = Message(self.id, number, head | payload, by_bot, raw, now)
        self.messages[number] = message
        return message

    def about(self, message: int | None, thread: int | None) -> dict[str, Any]:
        """The part of a payload that says what it replies to, and in which thread.

        A reply in a supergroup that is no forum bears the number of the first message of the
        replies, which is no topic; everything in a topic replies to its opening at least.
        """
        part: dict[str, Any] = {}
        quoted = self.messages.get(message) if message is not None else None
        if thread is None and quoted is not None and quoted.payload.get("is_topic_message"):
            thread = quoted.thread
        if thread is not None and thread != GENERAL:
            part |= {"message_thread_id": thread, "is_topic_message": True}
            quoted = quoted or self.messages.get(thread)
        elif quoted is not None and self.type == "supergroup":
            part["message_thread_id"] = quoted.thread or quoted.message_id
        if quoted is not None:
            nested = ("reply_to_message", "reply_markup")
            told = {key: value for key, value in quoted.payload.items() if key not in nested}
            part["reply_to_message"] = told
        return part

    def opens_topic(self, name: str) -> Topic:
        """A new thread, opened by a service message."""
        made = {"name": name, "icon_color": 7322096}
        opening = self.add({"from": self.api.bot, "forum_topic_created": made})
        opening.payload |= {"message_thread_id": opening.message_id, "is_topic_message": True}
        topic = Topic(opening.message_id, name)
        self.topics[topic.id] = topic
        return topic

    def deletes(self, message: Message) -> None:
        """The bot is not told; a quote of it fails."""
        del self.messages[message.message_id]

    async def becomes_supergroup(self, new_id: int) -> Chat:
        """The group goes on under another number; two service messages tell so."""
        new = Chat(
            self.api, new_id, "supergroup", count(2), self.title, members=self.members,
            bot_is_admin=self.bot_is_admin,
        )  # fmt: skip
        self.api.chats[new_id] = new
        self.migrated_to = new_id
        author = (self.members or [self.api.user(777000, "Telegram")])[0].json()
        for chat, told in (
            (self, {"migrate_to_chat_id": new_id}),
            (new, {"migrate_from_chat_id": self.id}),
        ):
            message = chat.add({"from": author, **told})
            self.api.updates.add("message", message.payload, chat.queue)
        return new
