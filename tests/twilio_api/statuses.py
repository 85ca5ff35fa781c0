"""Status callbacks: which come, in which order, how often and when."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.loopback.switches import Switch, Switches
from tests.twilio_api.ledger import Message

if TYPE_CHECKING:
    from tests.twilio_api.people import Person
    from tests.twilio_api.server import StandIn

WAY = ("queued", "sending", "sent", "delivered", "read")  # none is called back for the first
ON_THE_PHONE = ("sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Failure:
    """How a message fails after it was accepted."""

    code: int
    status: str = "undelivered"  # or "failed": it has never left Twilio


@dataclass
class Statuses:
    """Set its fields at any time; they hold for messages that are accepted from then on."""

    api: StandIn
    until: str = "delivered"  # how far a message comes; "queued": it stays with Twilio
    order: Literal["natural", "reversed", "shuffled"] = "natural"
    times: int = 1  # each is called back so often
    together: bool = False  # all at the same instant
    delay: float = 0.0  # seconds before each
    early: bool = False  # all of them before the create call is answered
    never: bool = False  # none: Twilio still knows, and tells who asks
    seed: int = 1
    failures: Switches[Failure] = field(init=False)

    def __post_init__(self) -> None:
        self.failures = Switches(self.seed)
        self._random = random.Random(self.seed)

    def fail(
        self,
        code: int,
        status: str = "undelivered",
        *,
        times: int | None = 1,
        chat: Person | str | None = None,
        skip: int = 0,
        share: float = 1.0,
    ) -> Switch[Failure]:
        """From now on messages are accepted and then fail so; see `Switch`."""
        switch = Switch("", Failure(code, status), times, self.api.key_of(chat), skip, share)
        self.failures.switches.append(switch)
        return switch

    async def follow(self, message: Message, failure: Failure | None) -> None:
        """Let a message go its way, as the fields say."""
        if failure is not None:
            steps = ["failed"] if failure.status == "failed" else ["sent", failure.status]
        else:
            steps = list(WAY[1 : WAY.index(self.until) + 1])
        code = failure.code if failure else None
        calls = [step for step in steps for _ in range(self.times)]
        if self.order == "reversed":
            calls.reverse()
        elif self.order == "shuffled":
            self._random.shuffle(calls)
        never, together, delay = self.never, self.together, self.delay
        if steps and not delay:
            self._arrive(message, steps[-1], code)
        if never or not message.callback:
            calls = []
        if together:
            await asyncio.sleep(delay)
            await asyncio.gather(*(self._call(message, step, code) for step in calls))
        for step in [] if together else calls:
            await asyncio.sleep(delay)
            await self._call(message, step, code)
        if steps and message.status != steps[-1]:
            self._arrive(message, steps[-1], code)

    async def report(self, message: Message, status: str, code: int | None = None) -> int:
        """Say that of a message, whatever was said before: the endpoint's status, 0 for none."""
        self._arrive(message, status, code)
        return await self._call(message, status, code) if message.callback else 0

    def _arrive(self, message: Message, status: str, code: int | None) -> None:
        now = self.api.clock.now()
        message.status, message.updated = status, now
        message.error_code = code if status in ("failed", "undelivered") else None
        message.sent = message.sent or now
        self.api.tell()

    async def _call(self, message: Message, status: str, code: int | None) -> int:
        message.reported.append(status)
        form = self._form(message, status, code)
        delivery = await self.api.webhook.status(form, message.callback)
        return delivery.statuses[-1] if delivery.statuses else 0

    def _form(self, message: Message, status: str, code: int | None) -> dict[str, str]:
        form = {
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "ChannelInstallSid": self.api.install_sid,
            "To": message.to,
            "From": message.from_,
            "MessageSid": message.sid,
            "AccountSid": self.api.account_sid,
            "ChannelToAddress": message.to.removeprefix("whatsapp:")[:-4] + "XXXX",
        }
        if status == "read":
            form["EventType"] = "READ"
        if code is not None and status in ("failed", "undelivered"):
            form |= {"ErrorCode": str(code), "ChannelStatusMessage": f"error {code}"}
        return form
