"""Who is asked about: what of a customer's identity a business's own records can know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.model import Turn

API = "api"


@dataclass(frozen=True, slots=True)
class Customer:
    """The person whose facts are looked up."""

    channel: str  # "telegram", "web", "api" ...
    identity: str  # channel and number, as limits know the person: "telegram:123"
    sender: str  # what the platform alone calls the person: "123"


def customer_of(turn: Turn) -> Customer:
    """The customer of a turn. In a group it is whoever spoke, so nobody may ask there."""
    return Customer(turn.conversation.channel, turn.identity, sender_of(turn.identity))


def known_at(doors: Collection[str], customer: Customer) -> bool:
    """Whether a customer comes through one of these doors: "telegram", "api:crm". None is any.

    The same number is somebody else on another channel. Telegram vouches for its numbers; a
    program at the API calls a conversation as it likes, and so may whoever is behind it.
    """
    if not doors or customer.channel in doors:
        return True
    return any(":" in door and customer.identity.startswith(f"{door}:") for door in doors)


def sender_of(identity: str) -> str:
    """The platform's own name of a person, without what we put in front of it.

    telegram:123 -> "123", the user id. web:<random> -> the visitor's random id.
    terminal:ana -> "ana", a user of this machine. whatsapp:+5531... -> the number.
    api:<key>:<conversation> -> the conversation, which the program behind the key chooses: it
    names its customers there. It may hold colons; the name of a key does not.
    """
    channel, _, rest = identity.partition(":")
    return rest.partition(":")[2] if channel == API else rest
