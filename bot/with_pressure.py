"""Who is told that the desk is slow, and when."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.book import Book
from bot.channels import telegram, terminal, web, whatsapp
from bot.clock import Clock
from bot.intake.load import Load
from bot.intake.pressure import Pressure
from bot.ledger.ledger import Ledger
from bot.presence import Presence
from bot.settings import Settings

# Whoever writes there is a person, who wonders when nothing comes back.
PEOPLE = frozenset({web.CHANNEL, terminal.CHANNEL, telegram.CHANNEL, whatsapp.CHANNEL})


def with_pressure(
    settings: Settings,
    ledger: Ledger,
    book: Callable[[], Book],
    clock: Clock,
    presence: Presence,
    wake_courier: Callable[[], None],
    load: Load,
    reached: Collection[str],
) -> Pressure:
    """`reached` are the channels on which an answer can leave."""
    inbox = settings.inbox
    in_time = inbox.pause_cap_seconds + settings.deadlines.turn_seconds  # a burst and its answer
    return Pressure(
        ledger,
        book,
        clock,
        presence,
        wake_courier,
        load,
        channels=PEOPLE & set(reached),
        slow_seconds=inbox.slow_seconds and max(inbox.slow_seconds, in_time),
    )
