"""Receive: from the bytes of one update to something stored. After `take` returns, nothing is lost.

Webhook and polling both end here. What only concerns the sender's screen (the answer to a press,
the confirmation of a claim) happens afterwards, and never fails a delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace

import structlog

from bot.book import Book
from bot.channels.telegram import CHANNEL
from bot.channels.telegram.heard import (
    Blocked,
    InGroup,
    Me,
    Moved,
    Nothing,
    NotYet,
    Parsed,
    Press,
    Rewritten,
    StaffWord,
)
from bot.channels.telegram.parse import chat_of, parse
from bot.clock import Clock
from bot.delivery.transcript import Transcripts, own_id
from bot.errors import LedgerError, Unreadable
from bot.intake.accept import Intake
from bot.intake.ports import ActAccepted, Admission, Contacts, Poison, Quarantine, StaffChat
from bot.model import Action, ConversationKey, Edit, Incoming, StaffAct
from bot.outcome import Outgoing
from bot.words.render import text_of

log = structlog.get_logger()

MEMBER_STATUSES = ("member", "administrator", "restricted", "left", "kicked")
LONGEST_TOAST = 200  # signs that Telegram shows over a pressed button
CONFIRM_STEP = 0.05  # seconds between two looks at what is still on its way
CLOSE_SECONDS = 2.0


def _no_notice(edit: Edit) -> Outgoing | None:
    return None


def _nobody(_: str = "") -> None:
    return None


@dataclass(frozen=True, slots=True)
class Receiver:
    """The one way in from Telegram."""

    me: Callable[[], Me]
    intake: Intake
    transcripts: Transcripts
    contacts: Contacts
    quarantine: Quarantine
    staff_chat: StaffChat
    book: Callable[[], Book]
    clock: Clock
    answer_press: Callable[[str, str], Awaitable[None]]  # callback id, words to show or ""
    confirm: Callable[[int], Outgoing]  # tells the staff chat that this case is claimed
    send_seconds: float  # how long a message may be on its way
    wake_courier: Callable[[], None] = _nobody
    staff_moved: Callable[[str], None] = _nobody  # the staff chat's new id
    edit_notice: Callable[[Edit], Outgoing | None] = _no_notice
    _afterwards: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, body: bytes) -> None:
        """Take one update. Raises LedgerError (nothing was stored) or NotYet: send it again.

        Whatever else goes wrong with it would go wrong again: it is put out of the way.
        """
        try:
            await self._take(parse(body, self.me(), self.clock.now()), body)
        except (LedgerError, NotYet):
            raise
        except Unreadable as unreadable:
            await self.keep(unreadable.code, body)
        except Exception as error:  # noqa: BLE001  # repeated for a day, it would hold up its chat
            log.error("telegram_update_failed", error=type(error).__name__)
            await self.keep("failed", body)

    async def _take(self, parsed: Parsed, body: bytes) -> None:
        match parsed:
            case Incoming():
                await self._accept(parsed, body)
            case Press():
                await self._press(parsed, body)
            case Rewritten(edit):
                await self.intake.edit(edit, self.edit_notice(edit))
            case StaffWord():
                await self._staff(parsed)
            case Blocked(conversation, blocked):
                await self.contacts.blocked(conversation, blocked, self.clock.now())
                log.info("telegram_blocked" if blocked else "telegram_unblocked")
            case Moved(before, after):
                await self._moved(before, after)
            case InGroup(chat, status):
                # How an admin learns the number of the group that shall be the staff chat.
                log.info("telegram_in_group", chat=chat, status=_known(status))
            case Nothing(reason):
                log.debug("telegram_ignored", reason=reason)

    async def keep(self, reason: str, body: bytes, size: int = 0) -> None:
        """Put a delivery out of the way; `size` where its body was not read. Raises LedgerError."""
        me = self.me()
        poison = Poison(
            channel=CHANNEL,
            account=me.id,
            reason=reason,
            body=body,
            at=self.clock.now(),
            conversation=chat_of(body, me),
            size=size or len(body),
        )
        await self.quarantine.keep(poison)
        log.warning("telegram_quarantined", reason=reason, size=poison.size)

    async def close(self) -> None:
        """Let what is still to be said afterwards be said, briefly."""
        if self._afterwards:
            _, late = await asyncio.wait(tuple(self._afterwards), timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _accept(self, message: Incoming, body: bytes) -> None:
        accepted = await self.intake.accept(message)
        if accepted.admission is Admission.CONFLICT:
            # One update id, two texts: Telegram never does that. The first one counts.
            await self.keep("conflict", body)

    async def _press(self, press: Press, body: bytes) -> None:
        """What a button means is looked up in the chat it was pressed in, and never believed."""
        words = ""
        message = press.message
        value = await self._meaning(message.conversation, press.data) if message else None
        if message is not None and value is not None:
            await self._accept(replace(message, text=message.text or value, button=value), body)
        elif message is None or not await self.intake.inbox.knows(message):
            words = self._button_gone(message)
        self._later(self._answer(press.callback, words))

    async def _meaning(self, chat: ConversationKey, data: str) -> str | None:
        seq, dot, index = data.partition(".")
        if not (dot and _is_number(seq) and _is_number(index)):
            return None
        return await self.transcripts.pressed(chat, own_id(int(seq)), int(index))

    def _button_gone(self, message: Incoming | None) -> str:
        book = self.book()
        sentence = book.texts.get("button_gone")
        if sentence is None:
            return ""
        language = message.language if message else ""
        known = language if language in book.languages else book.default_language
        return text_of(sentence, book, known)[:LONGEST_TOAST]

    async def _answer(self, callback: str, words: str) -> None:
        await self.answer_press(callback, words)

    async def _staff(self, word: StaffWord) -> None:
        act = await self._resolved(word)
        accepted = await self.intake.accept_act(act)
        if accepted.case is not None and _has_claimed(act, accepted):
            self._later(self._confirm(accepted.conversation, accepted.case))

    async def _resolved(self, word: StaffWord) -> StaffAct:
        """Which case was meant: the one that is shown, or the number; both only if they agree."""
        if word.why:
            return word.act(None)
        if not word.shown:
            return word.act(word.case)
        case = await self.staff_chat.case_shown(word.surface, word.shown, word.marked)
        if case is None or word.case not in (None, case):
            return word.aside("not_a_reply")
        return word.act(case)

    async def _confirm(self, conversation: ConversationKey, case: int) -> None:
        """Say "claimed" only once the bot has nothing more on its way to that customer."""
        deadline = self.clock.now() + self.send_seconds
        while self.clock.now() < deadline and await self.staff_chat.being_sent(conversation):
            await self.clock.sleep(CONFIRM_STEP)
        await self.staff_chat.tell(self.confirm(case), case, self.clock.now())
        self.wake_courier()

    async def _moved(self, before: ConversationKey, after: ConversationKey) -> None:
        await self.contacts.moved(before, after, self.clock.now())
        if before.channel != CHANNEL:
            self.staff_moved(after.chat)
        log.info("telegram_chat_moved", channel=before.channel)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(_unhurt(work))
        self._afterwards.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._afterwards.discard)


async def _unhurt(work: Coroutine[None, None, None]) -> None:
    """What is only said afterwards may fail: the update itself has been taken."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  # whatever it is, it concerns one screen only
        log.warning("telegram_afterwards_failed", error=type(error).__name__)


def _has_claimed(act: StaffAct, accepted: ActAccepted) -> bool:
    """Whether this very act has taken the chat away from the bot."""
    if accepted.duplicate:
        return False
    says_something = act.action is Action.REPLY and bool(act.text.strip())
    speaks = says_something or act.action is Action.INVITE
    return act.action is Action.CLAIM or (speaks and accepted.holder == "")


def _known(status: str) -> str:
    """A word of Telegram's, or none: nothing else gets into the log."""
    return status if status in MEMBER_STATUSES else "unknown"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
