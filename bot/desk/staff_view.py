"""What a staff chat shows of a customer's chat: the card of a new case, and what follows it.

Strangers' words stand there beside ours, so each of their lines begins with a sign that only
they have: nobody can write a line that looks like a colleague's or the bot's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.book import Book, Language
from bot.desk.card import LAST_MESSAGES, WHY, channel_label, harmless, shortened, why
from bot.model import Incoming, Media, Said
from bot.prompt import RefusedDraft
from bot.words.render import text_of

LONGEST = 3_500  # UTF-16 units of one such text: it fits into one message of any messenger
LONGEST_LINE = 300  # signs of one line on a card, or of what the bot answered
LONGEST_NAME = 40
LONGEST_QUOTE = 80
LONGEST_DETAIL = 150  # signs of one answer to a form
CUT = "…"
NEW, WHO, THEIRS, OURS, TEAM, NOTE, QUOTING = "🔔", "👤", "›", "↳", "💬", "📝", "↩"
NOT_SAID = "🚫"
TOPIC = "topic"  # among the details: the intent that goes to a person


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom the staff chat reads about."""

    name: str
    channel: str
    language: Language
    public: bool = False  # others read along in that chat
    window: str = ""  # until when the platform lets a reply through, in the staff's words


@dataclass(frozen=True, slots=True)
class Heard:
    """What has just happened in the chat."""

    messages: tuple[Incoming, ...] = ()
    answers: tuple[str, ...] = ()  # what the bot said to it
    details: Mapping[str, str] = field(default_factory=dict)  # what a form has collected
    drafts: tuple[RefusedDraft, ...] = ()  # what a model would have said, and was not let


def card(customer: Customer, reason: str, heard: Heard, before: Sequence[Said], book: Book) -> str:
    """A case that has just been opened: who, why, what is known, what was said last."""
    language = book.language_names.get(customer.language, customer.language)
    about = [_name(customer), channel_label(customer.channel), harmless(language)]
    if customer.public:
        about.append(_word("card_public", book))
    reasons = [] if TOPIC in heard.details else [_why(reason, book)]
    head = [f"{NEW} {' · '.join(about)}", *reasons, *_details(heard, book), ""]
    said = [line for each in before for line in _said(each, book)]
    for message in heard.messages:
        said += _said(Said("customer", _content(message, book), message.received_at), book)
    said += [*_not_said(heard, book), *_answers(heard, book)]
    window = [customer.window] if customer.window else []
    hint = ["", *window, *_word("card_hint", book).splitlines()]
    return _fitted(head, said[-LAST_MESSAGES:], hint)


def mirror(customer: Customer, heard: Heard, book: Book) -> str:
    """What a customer has said to an open case, and what the bot answered."""
    said = [
        f"{THEIRS} {harmless(line)}"
        for message in heard.messages
        for line in _content(message, book).splitlines()
        if line.strip()
    ]
    after = [*_not_said(heard, book), *_answers(heard, book), *_details(heard, book)]
    who = f"{WHO} {_name(customer)}:"
    if not said:
        return _fitted([], [], after)
    whole = "\n".join([f"{who} {said[0].removeprefix(THEIRS).lstrip()}", *said[1:], *after])
    return whole if _units(whole) <= LONGEST else _fitted([who], said, after)


def from_staff(agent: str, text: str) -> str:
    """What a colleague has written to the customer from another surface."""
    return _fitted([], _block(f"{TEAM} {harmless(agent)}:", text), [])


def note(agent: str, text: str, book: Book) -> str:
    """What a colleague has noted: the customer has not seen it."""
    return _fitted([], _block(f"{NOTE} {harmless(agent)} ({_word('card_note', book)}):", text), [])


def edited(text: str, book: Book) -> str:
    """A message says something else now than when it was read."""
    lines = [f"{THEIRS} {harmless(line)}" for line in text.splitlines() if line.strip()]
    return _fitted([_word("staff_customer_edited", book)], lines or [f"{THEIRS} {CUT}"], [])


def erased(book: Book) -> str:
    """The customer has deleted the chat: nothing of it is repeated."""
    return _word("staff_customer_erased", book)


def _word(name: str, book: Book) -> str:
    """A text of the book in the language of the house, which is the staff's."""
    return text_of(book.texts[name], book, book.default_language).strip()


def _name(customer: Customer) -> str:
    return _short(harmless(customer.name).strip() or "?", LONGEST_NAME)


def _why(reason: str, book: Book) -> str:
    return _word(f"card_{reason}", book) if reason in WHY else why(reason)


def _details(heard: Heard, book: Book) -> Iterator[str]:
    """What is known already. The topic is our own word for it, all else the customer has told."""
    if topic := heard.details.get(TOPIC):
        yield f"{_word('card_topic', book)}: {_readable(topic)}"
    told = {name: value for name, value in heard.details.items() if name != TOPIC}
    if told:
        yield _word("card_collected", book)
    for name, value in told.items():
        yield f"{THEIRS} {_readable(name)}: {_short(harmless(value), LONGEST_DETAIL)}"


def _readable(name: str) -> str:
    return harmless(name.replace("_", " "))


def _said(said: Said, book: Book) -> Iterator[str]:
    media = (f"[{_medium(medium, book)}]" for medium in said.media)
    text = _short(" ".join(filter(None, (*media, harmless(said.text.strip())))), LONGEST_LINE)
    if said.author == "customer":
        nothing = f"[{_word('card_other', book)}]"
        yield f"{THEIRS} {text or nothing}"
    elif not text:
        return
    elif said.author == "staff":
        yield f"{TEAM} {_word('card_team', book)}: {text}"
    else:
        yield f"{OURS} {_word('card_bot', book)}: {text}"


def _answers(heard: Heard, book: Book) -> list[str]:
    bot = _word("card_bot", book)
    return [
        f"{OURS} {bot}: {_short(harmless(text), LONGEST_LINE)}"
        for text in heard.answers
        if text.strip()
    ]


def _not_said(heard: Heard, book: Book) -> Iterator[str]:
    """Each draft on one line, with what spoke against it: the colleague sees it was not sent."""
    for draft in heard.drafts:
        text = harmless(shortened(draft.text))
        yield f"{NOT_SAID} {_word('card_draft', book)}: “{text}” ({_minded(draft, book)})"


def _minded(draft: RefusedDraft, book: Book) -> str:
    """What spoke against it, in the staff's language: "valor R$ 900,00"."""
    words = (
        f"{_word(f'check_{check}' if check in _CHECKS else 'check_other', book)} {excerpt}".strip()
        for check, excerpt in zip(draft.checks, draft.excerpts, strict=False)
    )
    return harmless(", ".join(dict.fromkeys(words)))


def _content(message: Incoming, book: Book) -> str:
    """What a message holds; what is not text stands in brackets."""
    parts = [f"[{_medium(medium, book)}]" for medium in message.media]
    if message.quoted.strip():
        quoted = _short(harmless(message.quoted.strip()), LONGEST_QUOTE)
        parts.insert(0, f"[{QUOTING} {quoted}]")
    return " ".join(part for part in (*parts, message.text) if part.strip())


def _medium(medium: Media, book: Book) -> str:
    kind = f"card_{medium.kind}"
    label = _word(kind if kind in _MEDIA else "card_other", book)
    told = ", ".join(part for part in (medium.detail, medium.name) if part.strip())
    return f"{label}: {_short(harmless(told), LONGEST_QUOTE)}" if told else label


_CHECKS = frozenset({"amount", "identifier", "email"})
_MEDIA = frozenset(
    f"card_{kind}"
    for kind in ("voice", "audio", "photo", "video", "document", "sticker", "location", "contact")
)


def _block(label: str, text: str) -> list[str]:
    """A colleague's words: each further line is set in, so that it looks like no label."""
    first, *rest = [harmless(line) for line in text.strip().splitlines()] or [""]
    return [f"{label} {first}", *(f"   {line}" for line in rest)]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + CUT


def _fitted(head: Sequence[str], lines: Sequence[str], tail: Sequence[str]) -> str:
    """Everything, if it fits; otherwise without the oldest lines, and the cut is shown.

    Of a last line that is too long alone, the beginning is kept.
    """
    room = LONGEST - _units("\n".join([*head, CUT, *tail])) - 1
    kept: list[str] = []
    for line in reversed(lines):
        if _units(line) + 1 > room:
            kept = kept or [_cut(line, max(room - 1, 1))]
            break
        room -= _units(line) + 1
        kept.insert(0, line)
    cut = [CUT] if len(kept) < len(lines) else []
    return _cut("\n".join([*head, *cut, *kept, *tail]).strip(), LONGEST)


def _cut(text: str, units: int) -> str:
    """The beginning of a text that is at most so long."""
    size = 0
    for place, sign in enumerate(text):
        size += _units(sign)
        if size > units - 1 and (place + 1 < len(text) or size > units):
            return text[:place].rstrip() + CUT
    return text


def _units(text: str) -> int:
    """The length as messengers count it: a sign beyond the first plane counts twice."""
    return len(text) + sum(sign > "\uffff" for sign in text)
