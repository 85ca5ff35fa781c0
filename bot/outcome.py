"""The nouns of a decision: what to say, what to change, and why. Frozen, compared by equality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model import ConversationKey, Fact, Form, Media
from bot.prompt import Asked, RefusedDraft

SYSTEM_AUTHOR = "system"
STAFF_AUTHOR = "staff"


class Origin(StrEnum):
    """Where the words of a span come from."""

    BOOK = "book"  # a sentence of templates/, approved by an admin
    FACT = "fact"  # a fact of this customer; `name` says which
    CUSTOMER = "customer"  # the customer's own words
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a draft with one origin."""

    text: str
    origin: Origin
    name: str = ""  # of the fact, or of the sentence in the book


@dataclass(frozen=True, slots=True)
class Button:
    """A tap instead of typing: pressing it counts as having said `value`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that nobody has allowed out yet."""

    spans: tuple[Span, ...]
    author: str  # "rule" or "model"
    wants_human: bool = False
    buttons: tuple[Button, ...] = ()

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Template:
    """A message that a platform has approved beforehand: it knows the words, we know its name."""

    sid: str  # the platform's id of it: "HX" and 32 hexadecimal digits at Twilio
    variables: Mapping[str, str] = field(default_factory=dict)  # by the number of their place


class Urgency(StrEnum):
    """What goes first when a channel is short of capacity, the most urgent first."""

    REPLY = "reply"  # somebody waits for it: answers, a person's words, "somebody is coming"
    ROUTINE = "routine"  # nobody waits for it: a case is closed, the desk is slow
    CARD = "card"  # for staff, a case they do not know yet
    INSIDE = "inside"  # for staff, all else: what is said in a case they have

    @property
    def is_inside(self) -> bool:
        """Whether it is for staff: customers go first."""
        return self in (Urgency.CARD, Urgency.INSIDE)

    @property
    def can_wait(self) -> bool:
        """Whether others of its kind go first."""
        return self in (Urgency.ROUTINE, Urgency.INSIDE)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that may be sent. Only `checks/approve.py` makes one."""

    to: ConversationKey
    text: str  # as it reads where there is no formatting
    author: str  # "model", "rule", "staff", "system"
    answers: tuple[int, ...] = ()  # arrival numbers of the messages it answers
    buttons: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    urgency: Urgency = Urgency.REPLY
    marked: str = ""  # the same in Markdown, foreign words escaped; "" where nothing is formatted
    shows_case: bool = False  # to staff: whoever answers it speaks to this turn's customer
    template: Template | None = None  # sent in place of the text, which only tells what it was


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a draft may not go out."""

    check: str
    excerpt: str
    advice: str


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """From now on the bot speaks this language; None forgets the choice."""

    language: str | None
    pinned: bool = False  # chosen by the customer: detection no longer changes it


@dataclass(frozen=True, slots=True)
class SetForm:
    """Open, move or (None) close the form."""

    form: Form | None


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep a fact that the customer told."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class SetTries:
    """Failed answers in a row."""

    tries: int


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Ask for a person; where a case is open already, the details join it."""

    reason: str
    details: Mapping[str, str] = field(default_factory=dict)  # what a form has collected
    drafts: tuple[RefusedDraft, ...] = ()  # what a model would have said


@dataclass(frozen=True, slots=True)
class KeepDrafts:
    """Remember what was not let out, until a person sees it or it is too old to matter."""

    drafts: tuple[RefusedDraft, ...]


@dataclass(frozen=True, slots=True)
class ReleaseCase:
    """The chat goes back to the bot; the case waits for the next person."""

    case: int


@dataclass(frozen=True, slots=True)
class CloseCase:
    """The chat goes back to the bot; the case is done."""

    case: int


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete this chat's messages, form and facts."""


Change = (
    SetLanguage
    | SetForm
    | Remember
    | SetTries
    | OpenCase
    | KeepDrafts
    | ReleaseCase
    | CloseCase
    | Erase
)


class Verdict(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    LIMITED = "limited"
    RELAYED = "relayed"
    HANDED_OFF = "handed_off"
    IGNORED = "ignored"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision: what to say, what to change, and why."""

    verdict: Verdict
    reason: str  # a stable word for logs, counts and `why`
    sends: tuple[Outgoing, ...] = ()
    changes: tuple[Change, ...] = ()
    trail: Mapping[str, object] = field(default_factory=dict)  # ids, scores, names: never text
    asked: Asked | None = None  # what asking the models took, whoever answered
