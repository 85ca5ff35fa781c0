"""Small nouns for tests, with only what a test cares about spelled out."""

from __future__ import annotations

import hashlib

from bot.book import Book, Hours
from bot.intake.ports import Allowance, Arrival, Opened, Settlement
from bot.model import Action, ConversationKey, Incoming, Kind, StaffAct
from bot.outcome import Change, Outcome, Outgoing, Verdict

CHAT = ConversationKey("web", "", "ana")
PUSHED = ConversationKey("wire", "shop", "ana")  # a channel whose platform must be called
NOON = 1_800_000_000.0
OWNER = "worker-1"

BOOK = Book(
    version="1",
    languages=("pt", "en", "es"),
    default_language="pt",
    texts={},
    intents=(),
    forms={},
    commands={},
    requests={},
    noise={},
    hours=Hours("America/Sao_Paulo", {}),
    house={"name": "Casa"},
)


def incoming(
    text: str = "oi",
    *,
    id: str = "m1",
    chat: ConversationKey = CHAT,
    at: float = NOON,
    kind: Kind = Kind.TEXT,
    button: str = "",
    identity: str = "",
) -> Incoming:
    who = identity or f"{chat.channel}:{chat.chat}"
    return Incoming(id, chat, who, text, at, kind, button)


def arrival(
    message: Incoming | None = None,
    *,
    allowance: Allowance | None = None,
    refuse: bool = False,
) -> Arrival:
    message = message or incoming()
    digest = hashlib.sha256(message.said.encode()).hexdigest()
    return Arrival(message, digest, allowance, refuse)


def act(
    action: Action,
    case: int | None = 1,
    text: str = "",
    *,
    id: str = "a1",
    agent: str = "Rita",
) -> StaffAct:
    return StaffAct(id, case, agent, action, text, ConversationKey("desk", "", agent))


def answered(
    opened: Opened,
    text: str = "olá",
    *changes: Change,
    to: ConversationKey | None = None,
    verdict: Verdict = Verdict.ANSWERED,
    author: str = "rule",
) -> Outcome:
    turn = opened.turn
    message = Outgoing(to or turn.conversation, text, author, answers=turn.answers)
    return Outcome(verdict, "test", (message,), changes)


def settlement(
    opened: Opened, outcome: Outcome, *, owner: str = OWNER, at: float = NOON + 5
) -> Settlement:
    return Settlement(opened.turn, owner, opened.fence, outcome, at)
