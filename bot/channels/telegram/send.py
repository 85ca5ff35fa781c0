"""Out: a stored answer, typing and the answer to a pressed button, as calls to the Bot API.

Whatever goes wrong becomes one of three: refused (never again), delayed (later again) or unknown
(it may have arrived). Nothing of the library's own gets out of here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels.telegram import STAFF
from bot.channels.telegram.markup import html, plain
from bot.channels.telegram.quiet import Quiet
from bot.channels.telegram.transport import Flood, NotDone, NotSent
from bot.clock import Clock
from bot.delivery.ports import Parcel, Rate
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown
from bot.model import ConversationKey
from bot.outcome import Button
from bot.words.markdown import parsed

log = structlog.get_logger()

Moved = Callable[[ConversationKey, ConversationKey], Awaitable[None]]

# Telegram allows a message a second to a chat, with short bursts; 20 a minute to a group; 30 a
# second in all. It counts when a message arrives, we when it leaves: the last two keep some room
# for messages that were slow and fall into the same window as quick ones after them.
PER_CHAT = Rate(3, 3.0)
PER_GROUP = Rate(19, 60.0)
IN_ALL = Rate(27, 1.05)

NOT_OURS_SECONDS = 30.0  # after "wrong token" or "somebody else polls": a person has to act
NOT_DONE_SECONDS = 2.0  # after the Bot API's own 5xx
LONGEST_OUTAGE_PAUSE = 15.0  # seconds between two tries to reach Telegram at all
TYPING_SECONDS = 2.0  # for a sign that nobody misses
PRESS_SECONDS = 4.0  # for each of two tries to stop a button's spinner
LONGEST_TOAST = 200
SHORT_LABEL, MIDDLE_LABEL = 9, 16  # characters of labels that go three or two in a row

_REASONS = (
    ("message is too long", "too_long"),
    ("message_too_long", "too_long"),
    ("chat not found", "gone"),
    ("chat_id_invalid", "gone"),
    ("peer_id_invalid", "gone"),
    ("user not found", "gone"),
    ("user is deactivated", "gone"),
    ("group chat was deactivated", "gone"),
    ("message thread not found", "gone"),
    ("topic_closed", "gone"),
    ("topic_deleted", "gone"),
    ("not enough rights", "gone"),  # a group in which we may only read
    ("have no rights", "gone"),
    ("chat_write_forbidden", "gone"),
)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """Sends to customers and to the staff chat through one bot."""

    def __init__(
        self,
        bot: Bot,
        bot_id: str,
        clock: Clock,
        moved: Moved,
        staff_reached: Callable[[bool], None] = lambda reached: None,
    ) -> None:
        """`moved` is told when a group goes on under another id, `staff_reached` whether the
        staff chat took what was sent there.
        """
        self._bot = bot
        self._bot_id = bot_id
        self._clock = clock
        self._moved = moved
        self._staff_reached = staff_reached
        self._quiet = Quiet(clock)
        parsed("")  # loads the parser now rather than within the first send
        self._unreached_since: float | None = None  # Unix time of the first call that never left

    def rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        """A chat's own budget, a group's, and the bot's, which all of its chats share."""
        rates = {f"{to.account}:{to.chat}": PER_CHAT, to.account: IN_ALL}
        if to.chat.startswith("-"):
            rates[f"{to.account}:{to.chat}:minute"] = PER_GROUP
        return rates

    async def send(self, parcel: Parcel) -> str:
        """See `Sender.send`."""
        to = parcel.to
        chat, thread = _number(to.chat), _number(to.thread)
        if to.account != self._bot_id or chat is None:
            raise DeliveryRefused("gone")  # written for another bot, which alone knows this chat
        if (left := self._quiet.left(to.chat)) > 0:
            raise DeliveryDelayed(left)
        try:
            external_id = await self._sent(parcel, chat, thread)
        except TelegramError as error:
            problem = await self._meaning(error, to)
            log.warning("telegram_refused_call", error=type(error).__name__, chat=to.channel)
        except Exception as error:  # noqa: BLE001  # an answer that the library cannot read
            log.warning("telegram_unreadable", error=type(error).__name__)
            problem = DeliveryUnknown("the answer could not be read")
        else:
            self._unreached_since = None
            if to.channel == STAFF:
                self._staff_reached(True)
            return external_id
        if to.channel == STAFF and isinstance(problem, DeliveryRefused):
            problem = self._staff_chat_lost(problem)
        raise problem  # out here, so that no foreign error hangs on it

    async def _sent(self, parcel: Parcel, chat: int, thread: int | None) -> str:
        marked = html(parcel.text) if parcel.marked else ""
        if marked.strip():
            try:
                return await self._message(parcel, chat, thread, marked, "HTML")
            except BadRequest as error:
                if "can't parse" not in error.message.lower():
                    raise
                log.error("telegram_markup_refused", message=parcel.seq)
        # The second try is one more call than the courier has counted; the margins have room.
        text = plain(parcel.text) if parcel.marked else parcel.text
        return await self._message(parcel, chat, thread, text or parcel.text, None)

    async def _message(
        self, parcel: Parcel, chat: int, thread: int | None, text: str, parse_mode: str | None
    ) -> str:
        if parcel.to.channel == STAFF and parcel.case is not None:
            text = f"#c{parcel.case} {text}"
        quote = _number(parcel.quote)
        message = await self._bot.send_message(
            chat,
            text,
            parse_mode=parse_mode,
            message_thread_id=thread,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=ReplyParameters(quote, allow_sending_without_reply=True)
            if quote is not None
            else None,
            reply_markup=keyboard(parcel.seq, parcel.buttons),
        )
        if message.chat.id != chat:
            raise TelegramError("the answer speaks of another chat")
        if thread is not None and message.message_thread_id != thread:
            log.warning("telegram_thread_lost", message=parcel.seq)  # it is in the chat at least
        return str(message.message_id)

    async def _meaning(
        self, error: TelegramError, to: ConversationKey
    ) -> DeliveryRefused | DeliveryDelayed | DeliveryUnknown:
        """What an error of the library means for the message. Subclasses come first."""
        if isinstance(error, NotSent):
            return DeliveryDelayed(self._outage_pause())
        self._unreached_since = None
        match error:
            case RetryAfter():
                seconds = seconds_of(error)
                self._quiet.rest(to.chat, seconds)
                return DeliveryDelayed(seconds)
            case ChatMigrated():
                return await self._follow(to, str(error.new_chat_id))
            case Forbidden():
                return DeliveryRefused("blocked")
            case BadRequest():
                return DeliveryRefused(_reason(error.message))
            case InvalidToken() | Conflict():
                log.error("telegram_bot_not_ours", error=type(error).__name__)
                return DeliveryDelayed(NOT_OURS_SECONDS)
            case NotDone():
                return DeliveryDelayed(NOT_DONE_SECONDS)
            case _:
                return DeliveryUnknown(type(error).__name__)

    def _staff_chat_lost(self, problem: DeliveryRefused) -> DeliveryRefused | DeliveryDelayed:
        """Thrown out of the team's own chat: what is to be shown there waits to be let in again."""
        if problem.reason not in ("blocked", "gone"):
            return problem
        self._staff_reached(False)
        return DeliveryDelayed(NOT_OURS_SECONDS)

    async def _follow(self, to: ConversationKey, chat: str) -> DeliveryDelayed:
        try:
            await self._moved(to, replace(to, chat=chat))
        except Exception as error:  # noqa: BLE001  # the next try finds the same and asks again
            log.error("telegram_move_failed", error=type(error).__name__)
            return DeliveryDelayed(NOT_DONE_SECONDS)
        return DeliveryDelayed(0.0)

    def _outage_pause(self) -> float:
        """Half as long as Telegram has been out of reach, from one second on."""
        now = self._clock.now()
        if self._unreached_since is None or self._unreached_since > now:
            self._unreached_since = now
        return min(max((now - self._unreached_since) / 2, 1.0), LONGEST_OUTAGE_PAUSE)

    async def typing(self, to: ConversationKey) -> None:
        """Show for five seconds that an answer is being made. Never raises."""
        chat = _number(to.chat)
        if chat is None or to.account != self._bot_id or self._quiet.left(to.chat) > 0:
            return
        try:
            async with asyncio.timeout(TYPING_SECONDS):
                await self._bot.send_chat_action(
                    chat, "typing", message_thread_id=_number(to.thread)
                )
        except RetryAfter as error:
            self._quiet.rest(to.chat, seconds_of(error))
        except Exception as error:  # noqa: BLE001  # nobody misses a sign of life
            log.info("telegram_typing_failed", error=type(error).__name__)

    async def answer_press(self, callback_id: str, text: str = "") -> None:
        """Stop the spinner of a pressed button, with a short word if there is one. Never raises."""
        for _ in range(2):
            try:
                async with asyncio.timeout(PRESS_SECONDS):
                    await self._bot.answer_callback_query(
                        callback_id, text=text[:LONGEST_TOAST] or None
                    )
            except (NetworkError, RetryAfter, TimeoutError) as error:
                log.info("telegram_press_unanswered", error=type(error).__name__)
                if isinstance(error, (BadRequest, RetryAfter)):
                    return  # too old to be answered, or not now: the spinner ends by itself
            except Exception as error:  # noqa: BLE001  # a spinner is not worth an error
                log.warning("telegram_press_unanswered", error=type(error).__name__)
                return
            else:
                return


def keyboard(seq: int, buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The buttons of message `seq`: short ones side by side, long ones below each other."""
    if not buttons:
        return None
    longest = max(len(button.label) for button in buttons)
    width = 3 if longest <= SHORT_LABEL else 2 if longest <= MIDDLE_LABEL else 1
    keys = [
        InlineKeyboardButton(button.label, callback_data=f"{seq}.{index}")
        for index, button in enumerate(buttons)
    ]
    return InlineKeyboardMarkup([keys[at : at + width] for at in range(0, len(keys), width)])


def seconds_of(error: RetryAfter) -> float:
    """For how long Telegram asks to be left alone."""
    if isinstance(error, Flood):
        return error.seconds
    given = error.retry_after
    return float(given if isinstance(given, (int, float)) else given.total_seconds())


def _reason(description: str) -> str:
    said = description.lower()
    return next((reason for words, reason in _REASONS if words in said), "refused")


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
