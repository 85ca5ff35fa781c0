"""Who we are at Telegram right now: the one thing here that changes while the program runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.channels.telegram.heard import Me


class Account:
    """Holds `Me`: our name is learnt after the start, and the staff chat may move."""

    def __init__(self, id: str, staff_chats: Collection[str], agents: Mapping[str, str]) -> None:
        """`staff_chats`: every id that the staff chat has had, the one in use last."""
        self._me = Me(id, "", frozenset(staff_chats), dict(agents))
        self._staff_chat = list(staff_chats)[-1] if staff_chats else ""

    def me(self) -> Me:
        """A snapshot, for reading one update."""
        return self._me

    @property
    def staff_chat(self) -> str:
        """The id of the staff chat that is written to; "" where there is none."""
        return self._staff_chat

    def is_called(self, username: str) -> None:
        """Telegram has told our name."""
        if username != self._me.username:
            self._me = replace(self._me, username=username)

    def staff_moved(self, chat: str) -> None:
        """The staff chat goes on under another id; what still comes from the old one counts."""
        self._me = replace(self._me, staff_chats=self._me.staff_chats | {chat})
        self._staff_chat = chat
