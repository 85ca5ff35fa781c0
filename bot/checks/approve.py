"""The only door out: nothing automatic leaves the house but through these six functions.

approve   an answer of a rule, a cache or a model, after its origins are checked
line      a sentence of texts.yaml with typed values
relay     what a staff member wrote, to the customer
invite    a message that the platform has approved, when a staff member asks for it
inside    a sentence of texts.yaml, to a staff surface only
shown     what was said in a chat, to a staff surface only

`marked` is filled where a sentence of the book, or a model, formats something; what customers,
facts and staff say is literal, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from bot.book import Book, Language
from bot.checks.grounding import ungrounded
from bot.checks.marking import marked
from bot.checks.origins import problems_of
from bot.checks.values import Value, spans_of
from bot.model import Action, ConversationKey, StaffAct, Turn
from bot.outcome import (
    SYSTEM_AUTHOR,
    Button,
    Draft,
    Outgoing,
    Problem,
    Span,
    Template,
    Urgency,
)
from bot.words.render import render

MAX_CHARACTERS = 4096  # of one answer; a channel splits what it cannot show in one piece
STAFF_CHANNELS = frozenset({"desk", "telegram_staff"})


def approve(draft: Draft, turn: Turn) -> Outgoing | tuple[Problem, ...]:
    """The message to send, or everything that speaks against it (never an empty tuple).

    Sees only what the turn carries and the facts that the handler has already read.
    """
    problems = tuple(problem for check in CHECKS for problem in check(draft, turn))
    if problems:
        return problems
    return Outgoing(
        to=turn.conversation,
        text=draft.text.strip(),
        author=draft.author,
        answers=turn.answers,
        buttons=draft.buttons,
        marked=marked(draft.spans),
    )


def line(
    name: str,
    values: Mapping[str, Value],
    book: Book,
    *,
    to: ConversationKey,
    language: Language,
    answers: tuple[int, ...] = (),
    buttons: tuple[Button, ...] = (),
    seed: int = 0,
    urgency: Urgency = Urgency.REPLY,
) -> Outgoing:
    """A sentence of texts.yaml, in the customer's language.

    Raises KeyError when the book has no such text: texts are checked when the book is read.
    """
    spans = _spans(name, values, book, language, seed)
    return Outgoing(
        to=to,
        text=_text(spans),
        author=SYSTEM_AUTHOR,
        answers=answers,
        buttons=buttons,
        urgency=urgency,
        marked=marked(spans),
    )


def relay(act: StaffAct, turn: Turn) -> Outgoing:
    """A person's own words, unchanged, answering all that waited for them.

    Raises ValueError for anything but a reply with text in it: a note can never leak.
    """
    if act.action is not Action.REPLY:
        raise ValueError(f"a {act.action} is not for the customer")
    if not act.text.strip():
        raise ValueError("an empty reply reaches nobody")
    return Outgoing(to=turn.conversation, text=act.text, author="staff", answers=turn.unanswered)


def invite(act: StaffAct, turn: Turn, template: Template) -> Outgoing:
    """An approved message that asks the customer to write again. It answers nothing.

    Its words are the platform's; the history holds a line of texts.yaml that tells what it was.
    Raises ValueError for anything but an invitation, or with a variable left empty: the platform
    would refuse it.
    """
    if act.action is not Action.INVITE:
        raise ValueError(f"a {act.action} is no invitation")
    if not all(value.strip() for value in template.variables.values()):
        raise ValueError("a variable of a template may not be empty")
    return Outgoing(
        to=turn.conversation,
        text=_text(_spans("template_sent", {}, turn.book, turn.language, 0)),
        author="staff",
        template=template,
    )


def inside(
    name: str,
    values: Mapping[str, Value],
    book: Book,
    *,
    to: ConversationKey,
    language: Language,
    shows_case: bool = False,
) -> Outgoing:
    """A sentence of texts.yaml for a staff member.

    With `shows_case`, whoever answers it speaks to the customer of this turn.
    Raises ValueError when `to` is not a staff surface: what is said inside stays inside.
    """
    return Outgoing(
        to=_staff_surface(to),
        text=_text(_spans(name, values, book, language, 0)),
        author=SYSTEM_AUTHOR,
        urgency=Urgency.INSIDE,
        shows_case=shows_case,
    )


def shown(
    text: str,
    *,
    to: ConversationKey,
    shows_case: bool = True,
    urgency: Urgency = Urgency.INSIDE,
) -> Outgoing:
    """What staff see of a chat: a card, a mirrored message. Literal, never formatted.

    Raises ValueError when `to` is not a staff surface, or when there is nothing to show.
    """
    if not text.strip():
        raise ValueError("nothing is no message")
    return Outgoing(
        to=_staff_surface(to),
        text=text.strip(),
        author=SYSTEM_AUTHOR,
        urgency=urgency,
        shows_case=shows_case,
    )


def _staff_surface(to: ConversationKey) -> ConversationKey:
    if to.channel not in STAFF_CHANNELS:
        raise ValueError(f"{to.channel!r} is not a staff surface")
    return to


def _spans(
    name: str, values: Mapping[str, Value], book: Book, language: Language, seed: int
) -> tuple[Span, ...]:
    return render(book.texts[name], spans_of(values, book, language), book, language, seed)


def _text(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans).strip()


def _shape(draft: Draft, turn: Turn) -> Iterator[Problem]:
    if not draft.text.strip():
        yield Problem("empty", "", "Say something, or let the next step answer.")
    if len(draft.text) > MAX_CHARACTERS:
        advice = f"Shorten it: {len(draft.text)} characters, at most {MAX_CHARACTERS}."
        yield Problem("length", draft.text[:60], advice)


Check = Callable[[Draft, Turn], Iterable[Problem]]

# All that a draft has to pass, in the order in which problems are told. Each sees a whole draft.
CHECKS: tuple[Check, ...] = (_shape, problems_of, ungrounded)
