"""The people who use WhatsApp, and the forms that their doings make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.twilio_api import forms
from tests.twilio_api.ledger import INBOUND, Message, new_sid
from tests.twilio_api.limits import SANDBOX

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn

WINDOW = 86_400.0  # seconds after the last message of a person


@dataclass(eq=False)
class Person:
    """One account of WhatsApp. What it does is told to the sender's webhook."""

    api: StandIn
    number: str
    name: str = "Ana"
    user_id: str = ""  # the id that can stand for the number (BSUID), such as BR.150...
    hides: bool = False  # behind that id
    blocked: bool = False
    on_whatsapp: bool = True
    joined: bool = True  # the sandbox, where our number is that
    heard: dict[str, float] = field(default_factory=dict)  # the last message to each number of ours

    @property
    def key(self) -> str:
        """One for each person, whatever they show."""
        return self.number

    @property
    def chat(self) -> str:
        """What Twilio shows of them: number or id."""
        return self.user_id if self.hides else self.number

    @property
    def address(self) -> str:
        """As From and To have it."""
        return f"whatsapp:{self.chat}"

    def window_is_open(self, number: str) -> bool:
        """Whether free text from that number of ours may reach them."""
        heard = self.heard.get(number)
        return heard is not None and self.api.clock.now() - heard < WINDOW

    async def says(
        self,
        text: str,
        *,
        reply_to: Message | None = None,
        to: str = "",
        more: dict[str, str] | None = None,
    ) -> Message:
        """A text. `more`: further fields of the form, or others in place of the usual."""
        quoted = forms.quote(reply_to) if reply_to else {}
        return self._does(text, {"MessageType": "text"} | quoted | (more or {}), to=to)

    async def replies(self, message: Message, text: str) -> Message:
        """A text that quotes that message."""
        return await self.says(text, reply_to=message)

    async def presses(self, message: Message, label: str) -> Message:
        """A button by what it says."""
        fitting = (payload for title, payload in message.buttons if title == label)
        payload = next(fitting, None)
        if payload is None:
            raise AssertionError(f"no button says {label!r}, but {message.labels}")
        return await self.presses_payload(message, label, payload)

    async def presses_payload(self, message: Message, label: str, payload: str) -> Message:
        """Any payload, as of a button that is gone or of a tampered client."""
        content = self.api.contents.get(message.template)
        in_template = content is not None and content.approved
        form = forms.press(label, payload, in_template=in_template)
        return self._does(label, form | forms.quote(message))

    async def sends_media(
        self,
        kind: str,
        caption: str = "",
        *,
        media_type: str = "",
        reply_to: Message | None = None,
        more: dict[str, str] | None = None,
    ) -> Message:
        """A photo, voice, audio, video, sticker, document or contact."""
        files = ((new_sid("ME"), media_type or forms.TYPES[kind]),)
        quoted = forms.quote(reply_to) if reply_to else {}
        return self._does(caption, quoted | (more or {}), files=files, kind=kind)

    async def shares_location(
        self, latitude: float, longitude: float, label: str = "", address: str = ""
    ) -> Message:
        return self._does("", forms.location(latitude, longitude, label, address))

    async def comes_from_ad(self, text: str, headline: str, body: str) -> Message:
        """A first text after a click on an advertisement."""
        return self._does(text, {"MessageType": "text"} | forms.advertisement(headline, body))

    async def forwards(self, text: str) -> Message:
        """A text that somebody else has written."""
        return await self.says(text, more={"Forwarded": "true"})

    def blocks(self) -> None:
        """Nothing of ours reaches them any more: 63014."""
        self.blocked = True

    def unblocks(self) -> None:
        self.blocked = False

    def hides_number(self, user_id: str = "") -> None:
        """From now on From is the id."""
        self.hides, self.user_id = True, user_id or self.user_id

    def shows_number(self) -> None:
        self.hides = False

    def _does(
        self,
        text: str,
        form: forms.Form,
        *,
        to: str = "",
        files: tuple[tuple[str, str], ...] = (),
        kind: str = "",
    ) -> Message:
        api, number = self.api, to or self.api.number
        now = api.clock.now()
        sid = new_sid("MM" if files else "SM")
        message = Message(
            sid, INBOUND, self.address, f"whatsapp:{number}", text, "received", now, now, now,
            media=files, person=self.key, shown=True,
        )  # fmt: skip
        if number == SANDBOX and not self.joined:
            return message  # Twilio answers it by itself
        self.heard[number] = now
        api.ledger.add(message)
        if files:
            form = forms.media(message, kind, api.account_sid, api.media_base) | form
        told = {"ProfileName": self.name}
        if api.tells_user_ids or self.hides:
            told["ExternalUserId"] = self.user_id
        api.webhook.message(forms.head(message, api.account_sid) | told | form, self.key)
        api.tell()
        return message
