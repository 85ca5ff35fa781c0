"""Who a message in a group is for, read from the stretches that Telegram has marked in it.

Telegram counts UTF-16 units, Python counts signs: an emoji is two of the one and one of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.channels.telegram.heard import Me, NotYet
from bot.channels.telegram.wire import Entity, Message, Replied
from bot.rules.commands import NAMES

_AROUND_A_NAME = " \t\n,:;-–—"


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch in UTF-16 units, and what it says."""

    entity: Entity
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """Whether a message is for us, and its text without our name."""

    ours: bool
    text: str


def replies_to_us(message: Message, me: Me) -> bool:
    """Whether it replies to a message of ours."""
    replied = person_replied_to(message)
    return bool(replied and replied.sender and str(replied.sender.id) == me.id)


def person_replied_to(message: Message) -> Replied | None:
    """What a person chose to reply to: in a topic, Telegram adds a reply to its first message."""
    replied = message.reply_to_message
    return replied if replied and replied.forum_topic_created is None else None


def called(message: Message, me: Me) -> Called:
    """Read a message of a group. Raises NotYet when that takes a name we do not know yet."""
    text = message.written or ""
    marks = list(_marks(text, message.marks))
    if not me.username and any(_names_a_bot(mark) for mark in marks):
        raise NotYet("our own name is not known yet")
    command = command_of(marks)
    if command and command.bot not in ("", me.username.lower()):
        return Called(False, text)
    ours = replies_to_us(message, me)
    cuts: list[tuple[int, int]] = []
    for mark in marks:
        cut = _our_name(mark, me)
        if cut:
            ours = True
            cuts.append(cut)
    if command and not command.bot and command.name in NAMES:
        ours = True
    if not cuts:
        return Called(ours, text)
    return Called(ours, _without(text, cuts) or text)


@dataclass(frozen=True, slots=True)
class Slash:
    """A command at the very beginning of a message."""

    name: str  # lowercase, without "/"
    bot: str  # the bot it names, lowercase; "" for whoever hears it


def command_of(marks: list[Mark]) -> Slash | None:
    """The command that a message begins with."""
    for mark in marks:
        if mark.entity.type == "bot_command" and mark.start == 0:
            name, _, bot = mark.text.removeprefix("/").lower().partition("@")
            return Slash(name, bot)
    return None


def _names_a_bot(mark: Mark) -> bool:
    kind = mark.entity.type
    return kind == "mention" or (kind == "bot_command" and "@" in mark.text)


def _our_name(mark: Mark, me: Me) -> tuple[int, int] | None:
    """Where our name stands in this stretch, if it does."""
    kind, name = mark.entity.type, "@" + me.username.lower()
    if kind == "text_mention" and mark.entity.user and str(mark.entity.user.id) == me.id:
        return mark.start, mark.end
    if not me.username:
        return None
    if kind == "mention" and mark.text.lower() == name:
        return mark.start, mark.end
    if kind == "bot_command" and mark.text.lower().endswith(name):
        return mark.end - len(name), mark.end  # a name is ASCII: one unit a sign
    return None


def _marks(text: str, entities: tuple[Entity, ...]) -> Iterator[Mark]:
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in entities:
        start, end = entity.offset, entity.offset + entity.length
        if 0 <= start < end <= len(units) // 2:
            stretch = units[start * 2 : end * 2].decode("utf-16-le", "replace")
            yield Mark(entity, start, end, stretch)


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    """The text without these stretches, and without what joined them to the rest."""
    for start, end in sorted(cuts, reverse=True):
        units = text.encode("utf-16-le", "surrogatepass")
        before = units[: start * 2].decode("utf-16-le", "replace")
        after = units[end * 2 :].decode("utf-16-le", "replace")
        if not before.strip():
            after = after.lstrip(_AROUND_A_NAME)
        elif not after.strip() or after[0] in "?!.":
            before = before.rstrip(_AROUND_A_NAME)
        elif before[-1].isspace():
            after = after.lstrip(" ")
        text = before + after
    return text.strip()
