"""From the bytes of an update to one of our nouns. Pure: no clock, no ledger, no network.

Quick as well: it runs before Telegram hears 200, for every update of every customer.
"""

from __future__ import annotations

import json
import re

from bot.channels.telegram import staff
from bot.channels.telegram.addressed import called, person_replied_to
from bot.channels.telegram.heard import (
    Blocked,
    InGroup,
    Me,
    Moved,
    Nothing,
    Parsed,
    Press,
    Rewritten,
)
from bot.channels.telegram.media import is_service, media_of
from bot.channels.telegram.wire import (
    IDLE_KINDS,
    Callback,
    MemberChange,
    Message,
    Update,
    User,
    read,
)
from bot.errors import Unreadable
from bot.model import ConversationKey, Edit, Incoming, Kind

PRIVATE = "private"
GROUPS = ("group", "supergroup")
LONGEST_NAME = 64  # signs of what somebody calls themselves


def parse(body: bytes, me: Me, now: float) -> Parsed:
    """What an update means.

    Raises Unreadable for what nobody can read, its code says why: "not_json", "wrong_shape" or
    "unknown_kind". Raises NotYet when the bot's own name has to be known first.
    """
    update = read(body)
    if update.message:
        return _message(update.message, update, me, now)
    if update.edited_message:
        return _edited(update.edited_message, update, me, now)
    if update.callback_query:
        return _press(update.callback_query, update, me, now)
    if update.my_chat_member:
        return _member(update.my_chat_member, me)
    for kind in sorted(IDLE_KINDS.intersection(update.model_extra or ())):
        return Nothing(kind)
    raise Unreadable("an update of a kind that we do not know", code="unknown_kind")


def chat_of(body: bytes, me: Me) -> ConversationKey | None:
    """The chat of an update that could not be read, as far as it can be told. Never raises."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = chat_number(update)
    if number is None:
        return None
    known = str(number)
    return me.surface(known) if known in me.staff_chats else me.customer(known)


def chat_number(update: object) -> int | None:
    """The id of the chat that an update of any shape belongs to, as far as it can be told."""
    for part in update.values() if isinstance(update, dict) else ():
        holder = part.get("message", part) if isinstance(part, dict) else None
        chat = holder.get("chat") if isinstance(holder, dict) else None
        number = chat.get("id") if isinstance(chat, dict) else None
        if type(number) is int and abs(number) < 2**63:
            return number
    return None


def _message(message: Message, update: Update, me: Me, now: float) -> Parsed:
    chat = str(message.chat.id)
    moved = _moved(message, me)
    if moved:
        return moved
    if chat in me.staff_chats:
        return staff.heard(message, update.update_id, me)
    if message.chat.type not in (PRIVATE, *GROUPS):
        return Nothing("channel_post")
    sender = message.sender
    if sender is None or message.sender_chat is not None:
        return Nothing("anonymous")
    if sender.is_bot:
        return Nothing("bot")
    public = message.chat.type in GROUPS
    text = message.written or ""
    if is_service(message):
        return Nothing("service")
    if public:
        heard = called(message, me)
        if not heard.ours:
            return Nothing("not_addressed")
        text = heard.text
    media = media_of(message)
    if not media and not text.strip():
        return Nothing("empty")
    return Incoming(
        id=str(message.message_id),
        conversation=_conversation(message, me),
        identity=_identity(sender),
        text=text,
        received_at=now,
        kind=Kind.MEDIA if media else Kind.TEXT,
        quoted=_quoted(message),
        media=media,
        language=_language(sender),
        name=_name(sender),
        public=public,
        delivery=f"{update.update_id}.{message.message_id}",
    )


def _edited(message: Message, update: Update, me: Me, now: float) -> Parsed:
    if str(message.chat.id) in me.staff_chats:
        return staff.edited(message, update.update_id, me)
    sender = message.sender
    if message.chat.type not in (PRIVATE, *GROUPS):
        return Nothing("channel_post")
    if sender is None or message.sender_chat is not None:
        return Nothing("anonymous")
    if sender.is_bot:
        return Nothing("bot")
    if message.written is None:  # a live location moves on: nobody has changed any words
        return Nothing("edit_without_text")
    # Whether it was for us was decided when it was sent: the ledger knows.
    text = called(message, me).text if message.chat.type in GROUPS else message.written
    return Rewritten(
        Edit(
            id=f"{update.update_id}.edit",
            conversation=_conversation(message, me),
            message=str(message.message_id),
            text=text,
            at=now,
        )
    )


def _press(press: Callback, update: Update, me: Me, now: float) -> Parsed:
    message, sender = press.message, press.sender
    if message is None or sender.is_bot or str(message.chat.id) in me.staff_chats:
        return Press(press.id, press.data, None)
    return Press(
        press.id,
        press.data,
        Incoming(
            id=f"cb{press.id}",
            conversation=_conversation(message, me),
            identity=_identity(sender),
            text=_label(press),
            received_at=now,
            kind=Kind.BUTTON,
            language=_language(sender),
            name=_name(sender),
            public=message.chat.type in GROUPS,
            delivery=f"{update.update_id}.{press.id}",
        ),
    )


def _label(press: Callback) -> str:
    """What stood on the button; "" where the message under it is no longer shown to us."""
    keyboard = press.message.reply_markup if press.message else None
    for row in keyboard.inline_keyboard if keyboard else ():
        for key in row:
            if key.callback_data == press.data:
                return key.text
    return ""


def _member(change: MemberChange, me: Me) -> Parsed:
    if change.chat.type != PRIVATE or str(change.chat.id) in me.staff_chats:
        return InGroup(str(change.chat.id), change.new_chat_member.status)
    match change.new_chat_member.status:
        case "kicked" | "left":
            return Blocked(me.customer(str(change.chat.id)), blocked=True)
        case "member":
            return Blocked(me.customer(str(change.chat.id)), blocked=False)
        case _:
            return Nothing("member")


def _moved(message: Message, me: Me) -> Moved | None:
    here = str(message.chat.id)
    if message.migrate_to_chat_id is not None:
        before, after = here, str(message.migrate_to_chat_id)
    elif message.migrate_from_chat_id is not None:
        before, after = str(message.migrate_from_chat_id), here
    else:
        return None
    if me.staff_chats.isdisjoint((before, after)):
        return Moved(me.customer(before), me.customer(after))
    return Moved(me.surface(before), me.surface(after))


def _conversation(message: Message, me: Me) -> ConversationKey:
    topic = message.message_thread_id if message.is_topic_message else None
    return me.customer(str(message.chat.id), "" if topic is None else str(topic))


def _identity(sender: User) -> str:
    return f"telegram:{sender.id}"


def _name(sender: User) -> str:
    full = f"{sender.first_name} {sender.last_name}".strip() or sender.username
    return full[:LONGEST_NAME]


def _language(sender: User) -> str:
    code = sender.language_code[:2].lower()
    return code if re.fullmatch(r"[a-z]{2}", code) else ""


def _quoted(message: Message) -> str:
    """The words that were picked out, else the whole message that was replied to."""
    if message.quote:
        return message.quote.text
    replied = person_replied_to(message)
    return (replied.text or replied.caption or "") if replied else ""
