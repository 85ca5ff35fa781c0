"""Out: a stored answer as a call to Twilio's Messages resource.

Whatever goes wrong becomes one of three: refused (never again), delayed (later again) or unknown
(it may have arrived). Nothing of the library's own gets out of here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.channels.whatsapp import WINDOW_SECONDS
from bot.channels.whatsapp.address import address_of
from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.codes import CONTENT, CONTENT_REASONS, LATER, Whole, concerns, meaning
from bot.channels.whatsapp.contents import Contents, variables_of
from bot.channels.whatsapp.health import Link, WhatsAppHealth
from bot.channels.whatsapp.indicator import Typing
from bot.channels.whatsapp.newest import Newest
from bot.channels.whatsapp.rendering import Rendered, rendered
from bot.channels.whatsapp.transport import (
    AUTHENTICATION,
    UNAUTHORIZED,
    CallFailed,
    Lost,
    NotSent,
    Refused,
    answered,
    within,
)
from bot.clock import Clock
from bot.delivery.ports import WINDOW_CLOSED, Parcel, Rate
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown
from bot.model import ConversationKey

log = structlog.get_logger()

SANDBOX = "+14155238886"  # Twilio's shared number for trying things out
# Twilio counts when a message arrives, we when it leaves: a slow one and the quick ones after it
# may fall into one second. What is then too much fails after it was taken, and comes late.
ROOM = 1.1  # times as long as Twilio's are our windows
SANDBOX_RATE = Rate(1, 3.0 * ROOM)
STOPPED_RATE = Rate(1, 1.0)  # while a single send finds out whether anything goes
LONGEST_VALIDITY = 4 * 3600  # seconds; nobody wants an answer that is older
ALL_SHARE = 0.9  # of a send's time, for all of its calls: the courier never has to cut one off
CONTENT_SHARE = 0.3  # of it, for finding or making the buttons' resource
GONE = 404  # the status of a Content SID that is no longer there
_NEVER_SENT = ("failed", "undelivered", "canceled")

Problem = DeliveryRefused | DeliveryDelayed | DeliveryUnknown
Alert = Callable[[int | None], None]


class _Stillborn(Refused):
    """Twilio has made the message and says at once that it failed; a callback may say so, too."""


class TwilioSender:
    """Sends to customers through one account of Twilio's."""

    def __init__(
        self,
        client: Any,
        brake: Brake,
        heard: Newest,
        health: WhatsAppHealth,
        clock: Clock,
        *,
        public_url: str,
        messages_per_second: float,
        quick_replies: bool,
        send_seconds: float,
        alert: Alert = lambda code: None,
    ) -> None:
        """`alert` is told Twilio's code when nothing can be sent until a person has acted, and
        None when a message has left again.
        """
        self._messages = client.messages
        self._contents = Contents(client, clock)
        self._typing = Typing(client, heard, brake, clock)
        self._brake = brake
        self._health = health
        self._clock = clock
        self._callback = f"{public_url}/hooks/whatsapp/status"
        self._rate = rate_of(messages_per_second)
        self._quick_replies = quick_replies
        self._send_seconds = send_seconds
        self._alert = alert
        self._told: set[int] = set()  # why nothing leaves, each told once; {} when something has

    def rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        """Our number's budget, which all of its chats share."""
        rate = SANDBOX_RATE if to.account == SANDBOX else self._rate
        return {to.account: STOPPED_RATE if self._brake.is_stopped else rate}

    async def send(self, parcel: Parcel) -> str:
        """See `Sender.send`: the MessageSid."""
        if self._window_left(parcel) <= 0 and parcel.template is None:
            raise DeliveryRefused(WINDOW_CLOSED)
        if (wait := self._brake.enter()) > 0:
            raise DeliveryDelayed(wait)
        ends = asyncio.get_running_loop().time() + self._send_seconds * ALL_SHARE
        problem: Problem
        try:
            with within(ends):
                sid = await self._sent(parcel)
        except CallFailed as error:
            problem = self._problem(error)
        else:
            if self._told:  # the brake may know no stop any more: a refusal or a flood ended it
                self._told.clear()
                self._alert(None)
            self._brake.works()
            self._health.works(self._clock.now())
            self._typing.answered(parcel.to)
            return sid
        finally:
            self._brake.leave()
        raise problem  # out here, so that no foreign error hangs on it

    async def typing(self, to: ConversationKey) -> None:
        """Show that an answer is being made. Never raises."""
        await self._typing.show(to)

    def failed(self, code: int) -> None:
        """A status callback tells of a failure that concerns more than its own message."""
        if concerns(400, code) is not Whole.NOTHING:
            self._hold(400, code)

    def bare_after(self, parcel: Parcel, reason: str) -> float | None:
        """A message has failed after it was taken: seconds after which it may go without its quick
        replies. None: it had none, or has been sent again already.
        """
        if parcel.attempt > 1 or parcel.template is not None or reason not in CONTENT_REASONS:
            return None
        titles = rendered(parcel, quick_replies=self._quick_replies).titles
        if not titles:
            return None
        log.warning("whatsapp_buttons_failed_later", message=parcel.seq, reason=reason)
        self._contents.refused(titles)
        return LATER

    def looked(self, error: CallFailed) -> None:
        """A question about the account went wrong."""
        if not isinstance(error, Refused):
            self._health.fails(Link.UNREACHABLE)
        elif concerns(error.status, error.code) is not Whole.NOTHING:
            self._hold(error.status, error.code)
        else:
            self._health.fails(Link.REFUSED, self._clock.now(), error.code or error.status)

    async def _sent(self, parcel: Parcel) -> str:
        if parcel.template is not None:
            variables = dict(parcel.template.variables)
            filled = {"content_variables": json.dumps(variables)} if variables else {}
            return await self._create(parcel, content_sid=parcel.template.sid, **filled)
        answer = rendered(parcel, quick_replies=self._quick_replies)
        if answer.titles and (sid := await self._with_buttons(parcel, answer)):
            return sid
        return await self._create(parcel, body=answer.text)

    async def _with_buttons(self, parcel: Parcel, answer: Rendered) -> str | None:
        """Send it with quick replies; None when nothing was sent and numbers have to do."""
        share = self._send_seconds * CONTENT_SHARE
        content = await self._contents.sid_of(answer.titles, share)
        if content is None:
            return None
        try:
            return await self._create(
                parcel, content_sid=content, content_variables=variables_of(answer.body)
            )
        except Refused as error:
            if error.code not in CONTENT and error.status != GONE:
                raise
            log.warning("whatsapp_buttons_refused", message=parcel.seq, code=error.code)
            was_made = isinstance(error, _Stillborn)
        self._contents.refused(answer.titles)
        if was_made:  # its callback names this attempt: what goes instead has to be another one
            raise DeliveryDelayed(0.0)
        return None

    async def _create(self, parcel: Parcel, **content: str) -> str:
        message = await answered(
            self._messages.create_async(
                to=address_of(parcel.address or parcel.to.chat),
                from_=address_of(parcel.to.account),
                status_callback=f"{self._callback}?m={parcel.seq}.{parcel.attempt}",
                validity_period=self._validity(parcel),
                **content,
            )
        )
        if message.status in _NEVER_SENT:
            raise _Stillborn(400, message.error_code)
        if not message.sid:
            raise Lost("the answer names no message")
        return str(message.sid)

    def _window_left(self, parcel: Parcel) -> float:
        """Seconds left to write to the customer; a clock that went back closes nothing."""
        return parcel.heard_at + WINDOW_SECONDS - self._clock.now()

    def _validity(self, parcel: Parcel) -> int:
        if parcel.template is not None:
            return LONGEST_VALIDITY
        return max(min(int(self._window_left(parcel)), LONGEST_VALIDITY), 1)

    def _problem(self, error: CallFailed) -> Problem:
        match error:
            case Refused():
                log.warning("whatsapp_refused_call", status=error.status, code=error.code)
                problem = meaning(error.status, error.code)
                wait = self._hold(error.status, error.code)
                return DeliveryDelayed(wait) if isinstance(problem, DeliveryDelayed) else problem
            case NotSent():
                self._health.fails(Link.UNREACHABLE)
                return DeliveryDelayed(self._brake.unreached())
            case _:
                return DeliveryUnknown(str(error))

    def _hold(self, status: int, code: int | None) -> float:
        """What Twilio's answer means for everything else: seconds until the next try."""
        now, known = self._clock.now(), code if code is not None else status
        wait = meaning(status, code)
        seconds = wait.retry_after if isinstance(wait, DeliveryDelayed) else 0.0
        match concerns(status, code):
            case Whole.PACE:
                self._health.fails(Link.LIMITED, now, known)
                return self._brake.flooded(seconds)
            case Whole.ACCOUNT:
                if known not in self._told:
                    log.error("whatsapp_stopped", code=known)
                    self._told.add(known)
                    self._alert(known)
                is_token = status == UNAUTHORIZED or code == AUTHENTICATION
                self._health.fails(Link.UNAUTHORIZED if is_token else Link.STOPPED, now, known)
                return self._brake.stopped(seconds)
            case Whole.NOTHING:
                self._brake.works()
                self._health.works(now)
                return 0.0


def rate_of(messages_per_second: float) -> Rate:
    """The budget in whole messages, with room for what is slow on its way."""
    most = max(int(messages_per_second), 1)
    return Rate(most, most / messages_per_second * ROOM)
