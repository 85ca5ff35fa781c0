"""From the form of a delivery to one of our nouns. Pure: no clock, no ledger, no network.

Fields that are not known are no mistake: Twilio adds some without notice. Source: Twilio's
"Request to your incoming message webhook", and forms quoted in trackers of other projects.
"""

from __future__ import annotations

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.address import PREFIX, chat_of, is_hidden, is_number
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.heard import Came, Nothing, Parsed, Pressed
from bot.channels.whatsapp.interactive import chosen, filled_in
from bot.channels.whatsapp.media import files_of, place_of, unsupported
from bot.channels.whatsapp.sid import is_sid, sid_of
from bot.channels.whatsapp.statuses import AfterFailure, is_status, report_of
from bot.errors import Unreadable
from bot.model import ConversationKey, Incoming, Kind, Media

LONGEST_TEXT = 4_096  # signs
LONGEST_NAME = 64  # of what somebody calls themselves
LONGEST_AD = 1_000  # of an advertisement's headline, and of its text
LONGEST_LABEL = 200
LONGEST_PAYLOAD = 256


def parse(form: Form, query: str, now: float, after_failure: AfterFailure) -> Parsed:
    """What a delivery means.

    `query` is that of the URL which Twilio called. Raises Unreadable for what nobody can read;
    its code says why: "wrong_sid", "wrong_sender" or "wrong_recipient".
    """
    if is_status(form):
        return report_of(form, query, after_failure)
    sid = sid_of(form)
    sender, we = chat_of(form.get("From")), chat_of(form.get("To"))
    if sender is None:
        raise Unreadable("it does not say who wrote", code="wrong_sender")
    if we is None:
        raise Unreadable("it does not say to which number of ours", code="wrong_recipient")
    if sender == we:
        return Nothing("own")
    if form.get("MessageType").lower() == "reaction":
        return Nothing("reaction")
    media = files_of(form) + place_of(form)
    text, pressed = _said(form, media)
    if not text.strip() and not media and not pressed:
        media = (unsupported(form),)
    replied = form.get("OriginalRepliedMessageSid")
    message = Incoming(
        id=sid,
        conversation=ConversationKey(CHANNEL, we, sender),
        identity=identity_of(sender),
        text=text[:LONGEST_TEXT],
        received_at=now,
        kind=_kind(pressed, media),
        quoted=_advertisement(form),
        media=media,
        name=_name(form),
    )
    return Came(message, _names(form, sender), replied if is_sid(replied) else "", pressed)


def identity_of(name: str) -> str:
    """The sender apart from the chat, by the best name there is."""
    return f"{CHANNEL}:{name}"


def conversation_of(form: Form) -> ConversationKey | None:
    """The chat of a delivery that could not be read, as far as it can be told. Never raises."""
    sender, we = chat_of(form.get("From")), chat_of(form.get("To"))
    if sender is None or we is None:
        return None
    if is_status(form):
        sender, we = we, sender
    return ConversationKey(CHANNEL, we, sender)


def line_of(form: Form) -> str:
    """What has to be taken in the order in which it came: all that one person writes."""
    return form.get("MessageSid" if is_status(form) else "From")


def _kind(pressed: Pressed | None, media: tuple[Media, ...]) -> Kind:
    if pressed:
        return Kind.BUTTON
    return Kind.MEDIA if media else Kind.TEXT


def _said(form: Form, media: tuple[Media, ...]) -> tuple[str, Pressed | None]:
    """The words, and the press that they stand for."""
    body = form.get("Body")
    label = form.get("ButtonText") or form.get("ListTitle")
    payload = form.get("ButtonPayload") or form.get("ListId")
    if label.strip() or payload:
        label, payload = (label.strip() or body.strip())[:LONGEST_LABEL], payload[:LONGEST_PAYLOAD]
        return label or payload, Pressed(payload, label)
    if body.strip() or media:
        return body, None
    if pressed := chosen(form.get("InteractiveData")):
        return pressed.label, pressed
    return filled_in(form.get("FlowData")) or filled_in(form.get("InteractiveData")), None


def _names(form: Form, sender: str) -> tuple[str, ...]:
    """Only what certainly names this very person: who hides their number keeps it hidden."""
    names = [sender]
    if is_hidden(hidden := form.get("ExternalUserId").removeprefix(PREFIX)):
        names.append(hidden)
    if is_number(sender) and is_number(number := "+" + form.get("WaId").removeprefix("+")):
        names.append(number)
    return tuple(dict.fromkeys(names))


def _name(form: Form) -> str:
    name = form.get("ProfileName").strip() or form.get("ProfileUsername").strip()
    return name[:LONGEST_NAME]


def _advertisement(form: Form) -> str:
    """What stood in the advertisement that somebody comes from: foreign text, like a quotation."""
    parts = (form.get(name).strip()[:LONGEST_AD] for name in ("ReferralHeadline", "ReferralBody"))
    return "\n".join(part for part in parts if part)
