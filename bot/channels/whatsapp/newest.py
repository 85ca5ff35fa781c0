"""The newest message of each chat: typing is shown for it. Known while the SDK loads, too."""

from __future__ import annotations

from collections import OrderedDict

from bot.model import ConversationKey

MOST_CHATS = 10_000  # remembered at a time


class Newest:
    """By Twilio's id of the message."""

    def __init__(self) -> None:
        self._sids: OrderedDict[ConversationKey, str] = OrderedDict()

    def note(self, chat: ConversationKey, sid: str) -> None:
        """A customer has written."""
        self._sids[chat] = sid
        self._sids.move_to_end(chat)
        if len(self._sids) > MOST_CHATS:
            self._sids.popitem(last=False)

    def of(self, chat: ConversationKey) -> str:
        """The id; "" where none is known."""
        return self._sids.get(chat, "")
