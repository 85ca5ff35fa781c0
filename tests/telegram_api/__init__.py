"""A stand-in for the Bot API of Telegram, on loopback.

`async with StandIn() as api:` inside a test, or a program of its own: `python -m
tests.telegram_api --port 0`. It proves our side of the talk, not Telegram's: what it does is
taken from the documentation and from what others have seen.
"""

from tests.loopback.clock import Clock
from tests.telegram_api.chats import Chat
from tests.telegram_api.ledger import Call, Message
from tests.telegram_api.people import User
from tests.telegram_api.server import BOT_ID, TOKEN, StandIn

__all__ = ["BOT_ID", "TOKEN", "Call", "Chat", "Clock", "Message", "StandIn", "User"]
