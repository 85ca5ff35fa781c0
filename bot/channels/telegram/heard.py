"""What an update can mean to us, and who we are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.telegram import CHANNEL, STAFF
from bot.errors import ChannelError
from bot.model import Action, ConversationKey, Edit, Incoming, StaffAct


class NotYet(ChannelError):
    """This update can only be read once Telegram has told us our own name: send it again."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot as Telegram knows it, and the staff it belongs to."""

    id: str  # the number before the colon of the token
    username: str = ""  # without "@"; "" until Telegram has told it
    staff_chats: frozenset[str] = frozenset()
    agents: Mapping[str, str] = field(default_factory=dict)  # names by Telegram user id

    def surface(self, chat: str) -> ConversationKey:
        """The staff chat as a conversation."""
        return ConversationKey(STAFF, self.id, chat)

    def customer(self, chat: str, thread: str = "") -> ConversationKey:
        """A customer's chat as a conversation."""
        return ConversationKey(CHANNEL, self.id, chat, thread)


@dataclass(frozen=True, slots=True)
class Press:
    """A customer pressed a button; what it stands for is looked up in that very chat."""

    callback: str  # the id under which the press is answered
    data: str  # what we once put behind the button
    message: Incoming | None  # without the button's value; None where no button of ours can be


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A customer changed a message."""

    edit: Edit


@dataclass(frozen=True, slots=True)
class Blocked:
    """A customer has shut us out, or let us in again."""

    conversation: ConversationKey
    blocked: bool


@dataclass(frozen=True, slots=True)
class InGroup:
    """We have been let into a group, or made something else there, or thrown out."""

    chat: str
    status: str  # Telegram's word: "member", "administrator", "kicked" ...


@dataclass(frozen=True, slots=True)
class Moved:
    """A group goes on under another id."""

    before: ConversationKey
    after: ConversationKey


@dataclass(frozen=True, slots=True)
class StaffWord:
    """Something said in the staff chat, before the ledger has told which case was meant."""

    id: str
    agent: str
    action: Action
    surface: ConversationKey
    message: str  # the id of what was said
    text: str = ""
    why: str = ""  # of an aside
    shown: str = ""  # the message of ours that it replies to
    marked: int | None = None  # the case that this message of ours says it shows
    case: int | None = None  # the number that was written

    def act(self, case: int | None) -> StaffAct:
        """The act, now that its case is known."""
        return StaffAct(
            id=self.id,
            case=case,
            agent=self.agent,
            action=self.action,
            text=self.text,
            surface=self.surface,
            message=self.message,
            why=self.why,
        )

    def aside(self, why: str) -> StaffAct:
        """The same words as no act at all: they reach nobody, and the author is told why."""
        return StaffAct(
            id=self.id,
            case=None,
            agent=self.agent,
            action=Action.ASIDE,
            text=self.text,
            surface=self.surface,
            message=self.message,
            why=why,
        )


@dataclass(frozen=True, slots=True)
class Nothing:
    """Acknowledged, and without a trace."""

    reason: str  # a stable word


Parsed = Incoming | Press | Rewritten | Blocked | InGroup | Moved | StaffWord | Nothing
