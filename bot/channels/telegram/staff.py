"""The staff chat: what a staff member's message means. Pure.

Only a plain reply to a message of ours can reach a customer. Whatever is not plainly that stays
inside, and its author is told so.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from bot.channels.telegram.addressed import person_replied_to
from bot.channels.telegram.heard import Me, Nothing, NotYet, StaffWord
from bot.channels.telegram.media import is_service, media_of
from bot.channels.telegram.wire import Message
from bot.model import Action

GROUP_ANONYMOUS_BOT = 1087968824  # who an anonymous admin appears to be
ACTIONS = {
    "note": Action.NOTE,
    "claim": Action.CLAIM,
    "resolve": Action.RESOLVE,
    "release": Action.RELEASE,
    "template": Action.INVITE,
}
HELP = frozenset({"help", "start"})

# A slash counts in whatever shape a keyboard makes it: a command never reaches a customer.
_COMMAND = re.compile(r"[/／]\s*(\w*)(?:@(\w+))?(.*)", re.DOTALL)
_NOTE = re.compile(r"(?:not[ea]\s*[:：]|[/／]{2})(.*)", re.DOTALL | re.IGNORECASE)
# Not "7:30" and not "50%": a number that stands alone.
_NUMBER = re.compile(r"(?:#c|#)?(\d{1,18})[:.,]?(?:\s(.*))?", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"#c(\d{1,18})(?!\w)[:.,]?(.*)", re.DOTALL | re.IGNORECASE)
# On a line of its own, or behind our name: whoever writes this speaks to the desk.
_BURIED = re.compile(
    rf"^[^\w\n]*(?:@\w+[^\w\n]*)?[/／]\s*(?:{'|'.join(ACTIONS)})(?!\w)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Command:
    name: str  # lowercase; "" where only a slash was written
    rest: str


def heard(message: Message, update_id: int, me: Me) -> StaffWord | Nothing:
    """A message in a staff chat. Raises NotYet when it names a bot and we know no name of ours."""
    if is_service(message) or message.is_automatic_forward:
        return Nothing("service")
    text = _visible(message.written or "")
    command = _command(text, me)
    if isinstance(command, Nothing):
        return command
    foreign = message.forward_origin is not None or message.via_bot is not None
    shown = "" if foreign else _ours(message, me)
    to_us = bool(shown or (command and not foreign))
    sender = message.sender
    if message.sender_chat is not None or (sender and sender.id == GROUP_ANONYMOUS_BOT):
        return _aside(message, update_id, me, "anonymous") if to_us else Nothing("talk")
    if sender is None or sender.is_bot:
        return Nothing("bot")
    if str(sender.id) not in me.agents:
        return _aside(message, update_id, me, "stranger") if to_us else Nothing("talk")
    if media_of(message):
        return _aside(message, update_id, me, "media") if shown else Nothing("talk")
    if not text:
        return Nothing("empty")
    if foreign:
        return _aside(message, update_id, me, "not_a_reply")
    if command:
        return _commanded(message, update_id, me, command, shown)
    if shown:
        return _replied(message, update_id, me, text, shown)
    if person_replied_to(message) is not None:
        return Nothing("talk")  # staff among themselves
    return _aside(message, update_id, me, "not_a_reply")


def edited(message: Message, update_id: int, me: Me) -> StaffWord | Nothing:
    """A changed message: what has left cannot be changed, and its author should know."""
    if message.written is None or message.sender is None:
        return Nothing("edit_without_text")
    if message.sender_chat is not None or str(message.sender.id) not in me.agents:
        return Nothing("talk")
    command = _command(_visible(message.written), me)
    if isinstance(command, Nothing):
        return command
    foreign = message.forward_origin is not None or message.via_bot is not None
    if foreign or not (command or _ours(message, me)):
        return Nothing("talk")
    return _aside(message, update_id, me, "edited")


def _replied(message: Message, update_id: int, me: Me, text: str, shown: str) -> StaffWord:
    """What was written under a message of ours, and is no command."""
    tagged = _TAG.fullmatch(text)  # the mark in front of our own lines is not for the customer
    case = int(tagged[1]) if tagged else None
    said = _visible(tagged[2]) if tagged else text
    if note := _NOTE.fullmatch(said):
        word = _word(message, update_id, me, Action.NOTE, shown=shown)
        return _with(word, note[1].strip(), case)
    if _COMMAND.match(said) or _BURIED.search(said):
        return _aside(message, update_id, me, "not_a_reply")
    word = _word(message, update_id, me, Action.REPLY, shown=shown)
    return _with(word, said if tagged else message.written or "", case)


def _commanded(
    message: Message, update_id: int, me: Me, command: _Command, shown: str
) -> StaffWord | Nothing:
    if command.name in HELP:
        return _aside(message, update_id, me, "help")
    action = ACTIONS.get(command.name)
    if action is None:
        return _aside(message, update_id, me, "unknown_command")
    return _on_a_case(message, update_id, me, action, shown, command.rest)


def _on_a_case(
    message: Message, update_id: int, me: Me, action: Action, shown: str, rest: str
) -> StaffWord:
    """An act on the case that is shown or, failing that, on the one whose number leads."""
    rest = rest.strip().removeprefix(":").strip()
    numbered = _NUMBER.fullmatch(rest)
    case = int(numbered[1]) if numbered else None
    if shown and action is Action.NOTE and case != _mark(message) and not _TAG.fullmatch(rest):
        numbered, case = None, None  # "/note 3 boxes": a number of the note's own
    if numbered:
        rest = (numbered[2] or "").strip()
    if not shown and case is None:
        return _aside(message, update_id, me, "not_a_reply")
    return _with(_word(message, update_id, me, action, shown=shown), rest, case)


def _command(text: str, me: Me) -> _Command | Nothing | None:
    """The command that a text begins with; Nothing where it is for another bot."""
    found = _COMMAND.fullmatch(text)
    if found is None or _NOTE.fullmatch(text):
        return None
    bot = (found[2] or "").lower()
    if bot and not me.username:
        raise NotYet("our own name is not known yet")
    if bot not in ("", me.username.lower()):
        return Nothing("other_bot")
    return _Command(found[1].lower(), found[3])


def _ours(message: Message, me: Me) -> str:
    """The id of the message of ours that this one replies to, or ""."""
    replied = person_replied_to(message)
    if replied is None or replied.sender is None or str(replied.sender.id) != me.id:
        return ""
    return str(replied.message_id)


def _mark(message: Message) -> int | None:
    """The number of the case that stands in front of what is replied to."""
    replied = person_replied_to(message)
    found = _TAG.match(replied.text or "") if replied else None
    return int(found[1]) if found else None


def _visible(text: str) -> str:
    """Without what cannot be seen around it: a hidden sign must not turn a note into a reply."""
    start = 0
    while start < len(text) and (
        text[start].isspace() or unicodedata.category(text[start]) in ("Cf", "Cc", "Mn")
    ):
        start += 1
    return text[start:].rstrip()


def _word(
    message: Message, update_id: int, me: Me, action: Action, *, shown: str = "", why: str = ""
) -> StaffWord:
    album = message.media_group_id
    return StaffWord(
        # The pictures of an album are one thing said, and get one answer.
        id=f"tgalbum.{album}" if album else f"tg{update_id}.{message.message_id}",
        agent=_agent(message, me),
        action=action,
        surface=me.surface(str(message.chat.id)),
        message=str(message.message_id),
        why=why,
        shown=shown,
        marked=_mark(message) if shown else None,
    )


def _with(word: StaffWord, text: str, case: int | None) -> StaffWord:
    return replace(word, text=text, case=case)


def _aside(message: Message, update_id: int, me: Me, why: str) -> StaffWord:
    return _word(message, update_id, me, Action.ASIDE, why=why)


def _agent(message: Message, me: Me) -> str:
    sender = message.sender
    if message.sender_chat is not None or sender is None or sender.id == GROUP_ANONYMOUS_BOT:
        return "telegram:anonymous"
    return me.agents.get(str(sender.id), f"telegram:{sender.id}")
