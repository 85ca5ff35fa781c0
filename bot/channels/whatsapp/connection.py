"""One sender's connection to Twilio, as one thing that the program opens and closes.

Twilio's SDK takes most of a second to load. The doors open without it: it is loaded in a thread
beside the running desk, and until then what is to be sent waits in the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.codes import after_failure
from bot.channels.whatsapp.health import Link, WhatsAppHealth
from bot.channels.whatsapp.listed import File, Found
from bot.channels.whatsapp.newest import Newest
from bot.clock import Clock
from bot.delivery.ports import Parcel, Rate
from bot.delivery.receipts import Report
from bot.errors import DeliveryDelayed
from bot.model import ConversationKey
from bot.settings import WhatsApp as Settings

if TYPE_CHECKING:
    from bot.channels.whatsapp.lookup import Known
    from bot.channels.whatsapp.send import TwilioSender
    from bot.channels.whatsapp.transport import SafeTwilioHttp

log = structlog.get_logger()

LOADING_SECONDS = 0.3  # until a send is tried again while the SDK loads
NOT_LOADED_SECONDS = 30.0  # the same once it has failed to: nothing goes before a new start
CHECK_SECONDS = 180.0  # between two looks at an account that works
FIRST_REST, LONGEST_REST = 1.0, 30.0  # seconds after a look that failed; doubles with each one
ONE_SHARE = 0.8  # of a send's time, for any one call
INACTIVE = 20005  # Twilio's code of an account that is suspended or closed


@dataclass(frozen=True, slots=True)
class Access:
    """What a sender needs to speak with Twilio."""

    account_sid: str
    auth_tokens: tuple[str, ...]  # both of them while one is changed
    number: str  # ours, without "whatsapp:"
    public_url: str  # at which Twilio reaches our hooks
    api_base: str  # "": Twilio's own hosts
    send_seconds: float  # how long one send may take

    def __repr__(self) -> str:
        return f"Access({self.number!r}, {self.api_base!r}, {self.public_url!r})"


class WhatsApp:
    """Sends, shows typing and looks up what was sent, once it is opened and loaded."""

    def __init__(
        self,
        access: Access,
        settings: Settings,
        clock: Clock,
        alert: Callable[[int | None], None] = lambda code: None,
    ) -> None:
        """`alert` is told Twilio's code when nothing can be sent until a person has acted, and
        None when a message has left again.
        """
        self._access = access
        self._settings = settings
        self._clock = clock
        self._alert = alert
        self._brake = Brake(clock)
        self._heard = Newest()
        self.health = WhatsAppHealth(access.number)
        self._sdk: _Sdk | None = None
        self._client: Any = None
        self._http: SafeTwilioHttp | None = None
        self._sender: TwilioSender | None = None
        self._running: asyncio.Task[None] | None = None
        self._rest = LOADING_SECONDS

    def open(self) -> None:
        """Load and connect in the background."""
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End everything. A send under way ends as its courier says."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        """See `Sender.rates`. Until the SDK is loaded, one send now and then asks whether it is."""
        return self._sender.rates(to) if self._sender else {to.account: Rate(1, self._rest)}

    async def send(self, parcel: Parcel) -> str:
        """See `Sender.send`."""
        if self._sender is None:
            raise DeliveryDelayed(self._rest)
        return await self._sender.send(parcel)

    async def typing(self, to: ConversationKey) -> None:
        """Show that an answer is being made. Never raises."""
        if self._sender is not None:
            await self._sender.typing(to)

    def heard(self, chat: ConversationKey, sid: str) -> None:
        """A customer has written: typing is shown for their newest message."""
        self._heard.note(chat, sid)

    def after_failure(self, code: int | None) -> tuple[str, float | None]:
        """See `codes.after_failure`; a failure that concerns everything holds everything back."""
        if code is not None and self._sender is not None:
            self._sender.failed(code)
        return after_failure(code)

    def bare_after(self, parcel: Parcel, reason: str) -> float | None:
        """See `TwilioSender.bare_after`."""
        return self._sender.bare_after(parcel, reason) if self._sender else None

    async def look_up(self, parcel: Parcel, known: Known) -> Report | None:
        """What became of a send of which nobody knows; see `lookup.look_up`."""
        if self._sdk is None:
            raise DeliveryDelayed(self._rest)
        return await self._sdk.look_up(self._client, parcel, known)

    async def inbound(self, since: float) -> Found:
        """What customers have sent since then (Unix time), as Twilio lists it.

        Raises DeliveryDelayed until the SDK is loaded, CallFailed when Twilio does not tell.
        """
        if self._sdk is None:
            raise DeliveryDelayed(self._rest)
        return await self._sdk.inbound(self._client, self._access.number, since)

    async def files_of(self, sid: str) -> Sequence[File]:
        """The files of a listed message. Raises as `inbound` does."""
        if self._sdk is None:
            raise DeliveryDelayed(self._rest)
        return await self._sdk.files_of(self._client, self._access.account_sid, sid)

    async def _run(self) -> None:
        try:
            sdk = await asyncio.to_thread(_sdk)
            sender = self._load(sdk)
        except Exception as error:  # noqa: BLE001  # the other doors stay open
            log.error("whatsapp_not_loaded", error=type(error).__name__)
            self._rest = NOT_LOADED_SECONDS
            self.health.fails(Link.NOT_LOADED)
            return
        failures = 0
        while True:
            try:
                failures = 0 if await self._works(sdk, sender) else failures + 1
            except Exception as error:  # noqa: BLE001  # whatever it is, the next look may work
                log.error("whatsapp_look_failed", error=type(error).__name__)
                failures += 1
            rest = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
            await self._clock.sleep(rest if failures else CHECK_SECONDS)

    def _load(self, sdk: _Sdk) -> TwilioSender:
        access = self._access
        http = sdk.SafeTwilioHttp(
            access.account_sid, access.auth_tokens, seconds=access.send_seconds * ONE_SHARE
        )
        client = sdk.client_of(access.account_sid, access.api_base, http)
        self._http, self._client, self._sdk = http, client, sdk
        self._sender = sdk.TwilioSender(
            client,
            self._brake,
            self._heard,
            self.health,
            self._clock,
            public_url=access.public_url,
            messages_per_second=self._settings.messages_per_second,
            quick_replies=self._settings.buttons == "quick_reply",
            send_seconds=access.send_seconds,
            alert=self._alert,
        )
        return self._sender

    async def _works(self, sdk: _Sdk, sender: TwilioSender) -> bool:
        """Ask for the account, which costs nothing and tells whether Twilio knows us."""
        status, problem = await sdk.status_of(self._client, self._access.account_sid)
        if problem is not None:
            sender.looked(problem)
            return False
        if status != "active":
            sender.failed(INACTIVE)
            return False
        if not self._brake.is_stopped and self._brake.left() <= 0:
            self.health.works(self._clock.now())
        return True


class _Sdk:
    """What needs Twilio's SDK, imported when this is made."""

    def __init__(self) -> None:
        from bot.channels.whatsapp.account import status_of
        from bot.channels.whatsapp.listing import files_of, inbound
        from bot.channels.whatsapp.lookup import look_up
        from bot.channels.whatsapp.send import TwilioSender
        from bot.channels.whatsapp.transport import SafeTwilioHttp, client_of

        self.TwilioSender, self.SafeTwilioHttp = TwilioSender, SafeTwilioHttp
        self.client_of, self.look_up, self.status_of = client_of, look_up, status_of
        self.inbound, self.files_of = inbound, files_of


def _sdk() -> _Sdk:
    return _Sdk()
