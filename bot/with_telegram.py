"""What Telegram adds to a desk: who we are there, the connection, the hook, the staff chat."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.book import Book
from bot.channels.telegram import CHANNEL, STAFF
from bot.channels.telegram.account import Account
from bot.channels.telegram.connection import Access, Telegram
from bot.channels.telegram.receive import Receiver
from bot.clock import Clock
from bot.delivery.ports import Sender
from bot.desk.staff_chat import StaffChatSurface
from bot.desk.window import Windows
from bot.intake.accept import Intake
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey, Edit, Turn
from bot.outcome import Outcome, Outgoing
from bot.plan import Plan
from bot.web.hooks import TelegramHook
from handlers.show_staff import confirm_claim, edited, show_staff


class WithTelegram:
    """The parts of one bot. A desk that is open for a single command has no connection."""

    def __init__(
        self,
        plan: Plan,
        account: Account,
        ledger: Ledger,
        book: Callable[[], Book],
        secret: bytes,
        clock: Clock,
        *,
        connect: bool,
        windows: Windows,
        leads: Callable[[], bool],
    ) -> None:
        environment = plan.environment
        self._account = account
        self._ledger = ledger
        self._book = book
        self._clock = clock
        self._windows = windows
        self._send_seconds = plan.settings.deadlines.send_seconds
        given = environment.telegram_webhook_secret.get_secret_value()
        self._secret = given or _derived(secret)
        access = Access(
            token=environment.telegram_bot_token.get_secret_value(),
            api_base=environment.telegram_api_base,
            public_url=environment.public_url,
            secret=self._secret,
            send_seconds=self._send_seconds,
        )
        self._connection = Telegram(access, account, clock, self._moved, leads) if connect else None
        self._receiver: Receiver | None = None

    @property
    def senders(self) -> Mapping[str, Sender]:
        """Customers and staff are reached over the same connection."""
        if self._connection is None:
            return {}
        return {CHANNEL: self._connection, STAFF: self._connection}

    @property
    def typing(self) -> Mapping[str, Callable[[ConversationKey], Awaitable[None]]]:
        """How typing is shown, by channel."""
        return {CHANNEL: self._connection.typing} if self._connection else {}

    def staff(self) -> ConversationKey | None:
        """The staff chat, wherever it is by now."""
        chat = self._account.staff_chat
        return self._account.me().surface(chat) if chat else None

    def surfaces(self) -> Sequence[StaffChatSurface]:
        """Where staff see cases."""
        return (StaffChatSurface(self._reachable, self._took_last),) if self.staff() else ()

    def show(self, turn: Turn, outcome: Outcome) -> Outcome:
        """Add what the staff chat is to see of a turn."""
        return show_staff(turn, outcome, self.staff(), self._windows)

    def hook(self, intake: Intake, wake_courier: Callable[[], None]) -> TelegramHook | None:
        """The way in. None without a connection."""
        if self._connection is None:
            return None
        self._receiver = Receiver(
            me=self._account.me,
            intake=intake,
            transcripts=self._ledger,
            contacts=self._ledger,
            quarantine=self._ledger,
            staff_chat=self._ledger,
            book=self._book,
            clock=self._clock,
            answer_press=self._connection.answer_press,
            confirm=self._confirm,
            send_seconds=self._send_seconds,
            wake_courier=wake_courier,
            staff_moved=self._account.staff_moved,
            edit_notice=self._edited,
        )
        return TelegramHook(self._receiver, self._secret)

    def open(self) -> None:
        """Connect, in the background."""
        if self._connection and self._receiver:
            self._connection.open(self._receiver.take)

    async def stop_receiving(self) -> None:
        """Ask for no more updates."""
        if self._connection:
            await self._connection.stop_receiving()

    async def close(self) -> None:
        """End everything."""
        if self._receiver:
            await self._receiver.close()
        if self._connection:
            await self._connection.close()

    def health(self) -> Mapping[str, Any]:
        """How we stand with Telegram."""
        if self._connection is None:
            return {}
        return self._connection.health.as_dict(self._clock.now())

    def _reachable(self) -> bool | None:
        return self._connection.health.staff_chat if self._connection else None

    async def _took_last(self) -> bool | None:
        staff = self.staff()
        return await self._ledger.took_last(staff) if staff else None

    async def _moved(self, before: ConversationKey, after: ConversationKey) -> None:
        await self._ledger.moved(before, after, self._clock.now())
        if before.channel == STAFF:
            self._account.staff_moved(after.chat)

    def _confirm(self, case: int) -> Outgoing:
        staff = self.staff()
        assert staff is not None  # noqa: S101  # a claim came from there
        return confirm_claim(case, self._book(), staff)

    def _edited(self, edit: Edit) -> Outgoing | None:
        staff = self.staff()
        return edited(edit, self._book(), staff) if staff else None


async def with_telegram(
    plan: Plan,
    ledger: Ledger,
    book: Callable[[], Book],
    secret: bytes,
    clock: Clock,
    *,
    connect: bool,
    windows: Windows,
    leads: Callable[[], bool] = lambda: True,
) -> WithTelegram | None:
    """The parts of the bot whose token is configured; None where there is none."""
    environment = plan.environment
    if not environment.telegram_is_on:
        return None
    bot_id = environment.telegram_bot_token.get_secret_value().partition(":")[0]
    chats: list[str] = []
    if environment.telegram_staff_chat is not None:
        configured = ConversationKey(STAFF, bot_id, str(environment.telegram_staff_chat))
        home = await ledger.home_of(configured)
        await ledger.bring_to_staff(home, clock.now())
        chats = list(dict.fromkeys((configured.chat, home.chat)))
    agents = {str(member.telegram_id): member.name for member in plan.settings.desk.staff}
    account = Account(bot_id, chats, agents)
    return WithTelegram(
        plan,
        account,
        ledger,
        book,
        secret,
        clock,
        connect=connect,
        windows=windows,
        leads=leads,
    )


def _derived(secret: bytes) -> str:
    """A secret for the hook that needs no configuration and stays the same over restarts."""
    return hmac.new(secret, b"telegram-webhook", hashlib.sha256).hexdigest()
