"""What WhatsApp adds to a desk: the connection to Twilio, the hook, its window and invitations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.channels.whatsapp import CHANNEL, WINDOW_SECONDS, missed
from bot.channels.whatsapp.connection import Access, WhatsApp
from bot.channels.whatsapp.receive import Receiver
from bot.channels.whatsapp.signature import Signatures
from bot.chores import Bell, Chore
from bot.clock import Clock
from bot.delivery.ports import Parcel, Sender
from bot.delivery.unknowns import LookUp
from bot.desk.invitation import Approved, Invitations
from bot.desk.window import Windows
from bot.intake.accept import Intake
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.plan import Plan
from bot.record import Responded
from bot.web.whatsapp_hook import WhatsAppHook

# How long after their last message customers may be written to, by channel.
WINDOWS: Windows = {CHANNEL: WINDOW_SECONDS}


class WithWhatsApp:
    """The parts of one sender. A desk that is open for a single command has no connection."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        clock: Clock,
        alert: Callable[[int | None], None],
        *,
        connect: bool,
    ) -> None:
        """`alert` is told Twilio's code when nothing leaves until a person has acted, then None."""
        environment = plan.environment
        self._ledger = ledger
        self._clock = clock
        self._is_shared = plan.environment.is_shared
        self._signatures = Signatures(
            environment.public_url,
            environment.twilio_account_sid,
            environment.twilio_auth_tokens,
            environment.twilio_shared_key_secrets,
        )
        access = Access(
            account_sid=environment.twilio_account_sid,
            auth_tokens=environment.twilio_auth_tokens,
            number=environment.whatsapp_number,
            public_url=environment.public_url,
            api_base=environment.twilio_api_base,
            send_seconds=plan.settings.deadlines.send_seconds,
        )
        settings = plan.settings.channels.whatsapp
        self._number = access.number
        self._connection = WhatsApp(access, settings, clock, alert) if connect else None
        self._missed: missed.Missed | None = None
        self._look_soon = Bell()

    @property
    def senders(self) -> Mapping[str, Sender]:
        """How customers are reached."""
        return {CHANNEL: self._connection} if self._connection else {}

    @property
    def look_ups(self) -> Mapping[str, LookUp]:
        """Who can be asked what became of a send."""
        return {CHANNEL: self._connection} if self._connection else {}

    @property
    def typing(self) -> Mapping[str, Callable[[ConversationKey], Awaitable[None]]]:
        """How typing is shown, by channel."""
        return {CHANNEL: self._typing} if self._connection else {}

    async def _typing(self, chat: ConversationKey) -> None:
        """Typing is shown for the newest message, which another process may have taken in."""
        if (connection := self._connection) is None:
            return
        if self._is_shared and (newest := await self._ledger.last_heard(chat)):
            connection.heard(chat, newest)
        await connection.typing(chat)

    def hook(
        self,
        intake: Intake,
        notice: Callable[[Parcel, str], Outgoing | None],
        observe: Callable[[Responded], None],
        wake_courier: Callable[[], None],
        refused: Callable[[], None],
    ) -> WhatsAppHook | None:
        """The way in. None without a connection.

        `refused` is called when a message could not be stored, which Twilio drops then.
        """
        if self._connection is None:
            return None
        receiver = Receiver(
            intake=intake,
            contacts=self._ledger,
            transcripts=self._ledger,
            receipts=self._ledger,
            quarantine=self._ledger,
            clock=self._clock,
            after_failure=self._connection.after_failure,
            bare_after=self._connection.bare_after,
            notice=notice,
            heard=self._connection.heard,
            observe=observe,
            wake_courier=wake_courier,
        )
        self._missed = missed.Missed(
            self._number,
            self._connection,
            receiver,
            self._ledger,
            self._connection.health,
            self._clock,
        )
        return WhatsAppHook(receiver, self._signatures, refused=refused)

    @property
    def chores(self) -> Sequence[Chore]:
        """What is done now and then, once the hook is made."""
        if self._missed is None:
            return ()
        look, every = self._missed.look, missed.LOOK_SECONDS
        return (Chore("whatsapp_missed", every, look, alone=True, bell=self._look_soon),)

    def look_soon(self) -> None:
        """Look for missed messages as soon as they are old enough to be listed."""
        self._look_soon.ring(missed.GRACE_SECONDS)

    def open(self) -> None:
        """Connect, in the background."""
        if self._connection:
            self._connection.open()

    async def close(self) -> None:
        """End everything."""
        if self._connection:
            await self._connection.close()

    def health(self) -> Mapping[str, Any]:
        """How we stand with Twilio."""
        return self._connection.health.as_dict(self._clock.now()) if self._connection else {}


def with_whatsapp(
    plan: Plan, ledger: Ledger, clock: Clock, alert: Callable[[int | None], None], *, connect: bool
) -> WithWhatsApp | None:
    """The parts of the sender that is configured; None where there is none."""
    if not plan.environment.whatsapp_is_on:
        return None
    return WithWhatsApp(plan, ledger, clock, alert, connect=connect)


def invitations_of(plan: Plan) -> Invitations:
    """The messages that WhatsApp has approved for this desk."""
    templates = plan.settings.channels.whatsapp.templates
    approved = {
        language: Approved(template.content_sid, dict(template.variables))
        for language, template in templates.items()
    }
    return Invitations(CHANNEL, approved) if approved else Invitations()
