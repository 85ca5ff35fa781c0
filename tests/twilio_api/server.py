"""The stand-in itself: a server on loopback that answers as Twilio's API does."""

from __future__ import annotations

import asyncio
from typing import Self

from aiohttp import web
from twilio.request_validator import (
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)

from tests.loopback.clock import Clock
from tests.loopback.waiting import Waiting
from tests.twilio_api import door
from tests.twilio_api.contents import Content
from tests.twilio_api.faults import Fault, Faults, Switch
from tests.twilio_api.ledger import Ledger, Message, Violation, new_sid
from tests.twilio_api.limits import SANDBOX, Limits
from tests.twilio_api.people import Person
from tests.twilio_api.statuses import Statuses
from tests.twilio_api.webhook import Delivery, Webhook

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "stand-in_token_of_no_value_00000"
NUMBER = "+15557001001"
LOOPBACK = "127.0.0.1"


class StandIn(Waiting):
    """`async with StandIn() as api:` serves until the block ends; `api.base` is its address.

    All its parts are open to a test: `ledger`, `faults`, `limits`, `statuses`, `webhook`, `clock`.
    """

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        number: str = NUMBER,
        more_numbers: tuple[str, ...] = (),
        clock: Clock | None = None,
        host: str = LOOPBACK,
        port: int = 0,
        seed: int = 1,
    ) -> None:
        super().__init__()
        if host != LOOPBACK:
            raise ValueError(f"a stand-in listens at {LOOPBACK} alone")
        self.account_sid = account_sid
        self.auth_token = auth_token  # the primary one, which signs
        self.second_token = ""  # may call the API as well, while tokens are changed
        self.number = number
        self.numbers = {one: new_sid("XE") for one in (number, *more_numbers)}
        self.clock = clock or Clock()
        self.ledger = Ledger()
        self.faults = Faults(seed)
        self.limits = Limits(self.clock)
        self.statuses = Statuses(self, seed=seed)
        self.shared_key: tuple[str, str] | None = None  # id and secret: signs in place of the token
        self.webhook = Webhook(self.sign, self.complain, self.tell)
        self.people: dict[str, Person] = {}
        self.contents: dict[str, Content] = {}
        self.at_once: set[int] = {63013}  # refused in the answer, not by status callback
        self.account_status = "active"
        self.sender_status = "ONLINE"
        self.callback_method = "POST"
        self.tells_user_ids = True  # ExternalUserId, also of those who show their number
        self.media_base = "https://api.twilio.com"
        self.install_sid = new_sid("XE")
        self.base = ""
        self._port = port
        self.closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(door.application(self), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        self.base = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing.set()
        await self.webhook.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    # People and templates

    def person(
        self,
        number: str = "+5511990000001",
        name: str = "Ana",
        hidden: str | None = None,
        *,
        joined: bool = True,
        on_whatsapp: bool = True,
    ) -> Person:
        """That account; made when it is first asked for.

        `hidden`: the id that it shows in place of its number from the start.
        """
        if number not in self.people:
            user_id = hidden or f"BR.{int(number.removeprefix('+')) * 7919 % 10**16:016d}"
            self.people[number] = Person(
                self, number, name, user_id, hidden is not None,
                joined=joined, on_whatsapp=on_whatsapp,
            )  # fmt: skip
        return self.people[number]

    def find(self, address: str) -> Person | None:
        """Who has that address: their number, or the id that can stand for it."""
        chat = address.removeprefix("whatsapp:")
        if chat in self.people:
            return self.people[chat]
        return next((p for p in self.people.values() if p.user_id == chat), None)

    def key_of(self, chat: Person | str | None) -> str | None:
        """What switches know a person by, whichever of their addresses is given."""
        if isinstance(chat, str):
            person = self.find(chat)
            return person.key if person else chat.removeprefix("whatsapp:")
        return chat.key if chat else None

    def template(
        self,
        body: str,
        *,
        name: str = "follow_up",
        language: str = "pt_BR",
        buttons: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
        approved: bool = True,
        sid: str = "",
    ) -> Content:
        """A template that WhatsApp has approved, or has not."""
        kind = "twilio/quick-reply" if buttons else "twilio/text"
        actions = [
            {"type": "QUICK_REPLY", "title": title, "id": str(i)} for i, title in enumerate(buttons)
        ]
        content = Content(
            name,
            language,
            {kind: {"body": body} | ({"actions": actions} if buttons else {})},
            variables or {},
            approved,
            "approved" if approved else "pending",
            sid or new_sid("HX"),
            self.clock.now(),
        )
        self.contents[content.sid] = content
        return content

    # What a test asks for

    def deliver_to(self, url: str, signed_as: str | None = None) -> None:
        """Set the sender's webhook: post to `url`, signed as for `signed_as` (a proxy between)."""
        self.webhook.set(url, signed_as)

    def fail(
        self,
        method: str,
        fault: Fault,
        *,
        times: int | None = 1,
        chat: Person | str | None = None,
        skip: int = 0,
        share: float = 1.0,
    ) -> Switch:
        """From now on calls fail so; see `Switch`. Take it out of `faults.switches` to end it."""
        switch = Switch(method, fault, times, self.key_of(chat), skip, share)
        self.faults.switches.append(switch)
        return switch

    def sign(self, url: str, form: dict[str, str]) -> dict[str, str]:
        """The headers by which Twilio shows that a request is its own."""
        if self.shared_key is None:
            signature = RequestValidator(self.auth_token).compute_signature(url, form)
            return {SIGNATURE_HEADER: signature}
        id, secret = self.shared_key
        signature = RequestValidator(secret).compute_signature(url, form, HMAC_SHA256)
        settings = f"key={id},algorithm={HMAC_SHA256}"
        return {SIGNATURE_HEADER: signature, SIGNATURE_SETTINGS_HEADER: settings}

    def complain(self, rule: str, detail: str) -> None:
        """Take down that a rule was broken."""
        self.ledger.violations.append(Violation(rule, detail, self.clock.now()))

    @property
    def violations(self) -> list[Violation]:
        return self.ledger.violations

    def shown(self, person: Person) -> list[Message]:
        """What has reached their phone, in order."""
        return [message for message in self.ledger.sent_to.get(person.key, []) if message.shown]

    def texts(self, person: Person) -> list[str]:
        return [message.text for message in self.shown(person)]

    async def again(self, delivery: Delivery) -> int:
        """Deliver once more, however long ago it was accepted: a status."""
        return await self.webhook.again(delivery)

    async def wait_shown(
        self, person: Person, number: int = 1, seconds: float = 5.0
    ) -> list[Message]:
        """At least that many messages on their phone."""

        def enough() -> list[Message]:
            shown = self.shown(person)
            return shown if len(shown) >= number else []

        return await self.wait_for(enough, seconds)

    async def wait_delivered(self, seconds: float = 5.0) -> None:
        """Until nothing is on its way to an endpoint: neither messages nor status callbacks."""
        await self.wait_for(lambda: not self.webhook.busy, seconds)

    def in_words(self) -> str:
        last = [(call.method, call.chat, call.status, call.code) for call in self.ledger.calls[-8:]]
        return f"{len(self.webhook.pending)} deliveries wait; last: {last}"


__all__ = ["ACCOUNT_SID", "AUTH_TOKEN", "NUMBER", "SANDBOX", "StandIn"]
