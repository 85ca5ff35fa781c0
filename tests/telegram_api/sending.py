"""The methods by which a bot speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.telegram_api.chats import GENERAL, Chat
from tests.telegram_api.errors import bad_request, forbidden
from tests.telegram_api.ledger import Call, Message, Toast
from tests.telegram_api.markup import read_text
from tests.telegram_api.params import Params
from tests.telegram_api.updates import PRESS_LIVES

if TYPE_CHECKING:
    from tests.telegram_api.server import StandIn


async def send_message(api: StandIn, params: Params, call: Call) -> Any:
    chat = open_chat(api, params)
    raw = params.text("text")
    shown = read_text(raw, params.text("parse_mode"), strict=api.strict_entities)
    payload: dict[str, Any] = {"from": api.bot}
    payload |= chat.about(_quoted(chat, params), _thread(chat, params))
    payload["text"] = shown.text
    if shown.entities:
        payload["entities"] = list(shown.entities)
    if keyboard := _keyboard(params):
        payload["reply_markup"] = keyboard
    api.limits.take(chat.id, is_group=chat.is_group)
    call.message = chat.add(payload, by_bot=True, raw=raw)
    api.ledger.delivered.append(call.message)
    return call.message.payload


async def edit_message_text(api: StandIn, params: Params, call: Call) -> Any:
    chat, message = _own_message(api, params)
    shown = read_text(params.text("text"), params.text("parse_mode"), strict=api.strict_entities)
    changed: dict[str, Any] = {"text": shown.text}
    if shown.entities:
        changed["entities"] = list(shown.entities)
    return _edited(api, chat, message, changed, _keyboard(params))


async def edit_message_reply_markup(api: StandIn, params: Params, call: Call) -> Any:
    chat, message = _own_message(api, params)
    kept: dict[str, Any] = {
        key: message.payload[key] for key in ("text", "entities") if key in message.payload
    }
    return _edited(api, chat, message, kept, _keyboard(params))


async def send_chat_action(api: StandIn, params: Params, call: Call) -> Any:
    chat = open_chat(api, params)
    _thread(chat, params)
    if params.text("action") not in ("typing", "upload_photo", "upload_document", "record_voice"):
        raise bad_request("wrong parameter action in request")
    return True


async def set_message_reaction(api: StandIn, params: Params, call: Call) -> Any:
    chat = open_chat(api, params)
    if params.integer("message_id") not in chat.messages:
        raise bad_request("message to react not found")
    return True


async def answer_callback_query(api: StandIn, params: Params, call: Call) -> Any:
    query, text = params.text("callback_query_id"), params.text("text")
    pressed = api.presses.get(query)
    if pressed is None or api.clock.now() - pressed > PRESS_LIVES:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    api.ledger.toasts.append(Toast(query, text, params.flag("show_alert")))
    return True


def open_chat(api: StandIn, params: Params) -> Chat:
    """The chat that is named; a 400 or 403 where the bot cannot write."""
    if not params.text("chat_id"):
        raise bad_request("chat_id is empty")
    chat = api.chats.get(params.chat or 0)
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to:
        text = "group chat was upgraded to a supergroup chat"
        raise bad_request(text, migrate_to_chat_id=chat.migrated_to)
    if chat.refusal:
        raise forbidden(chat.refusal)
    return chat


def _thread(chat: Chat, params: Params) -> int | None:
    thread = params.integer("message_thread_id")
    if not thread:
        return None
    topic = chat.topics.get(thread)
    if topic is None or thread == GENERAL:
        raise bad_request("message thread not found")
    if topic.closed and not chat.bot_is_admin:
        raise bad_request("TOPIC_CLOSED")
    return thread


def _quoted(chat: Chat, params: Params) -> int | None:
    reply = params.json("reply_parameters")
    if not isinstance(reply, dict):
        return None
    number = int(reply.get("message_id", 0))
    if number in chat.messages:
        return number
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _keyboard(params: Params) -> dict[str, Any]:
    markup = params.json("reply_markup")
    if not isinstance(markup, dict) or "inline_keyboard" not in markup:
        return {}
    rows = markup["inline_keyboard"]
    for row in rows:
        for button in row:
            if not button.get("text"):
                raise bad_request("can't parse inline keyboard button: text is empty")
            if "url" in button:
                continue
            if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
                raise bad_request("BUTTON_DATA_INVALID")
    kept = [row for row in rows if row]
    return {"inline_keyboard": kept} if kept else {}


def _own_message(api: StandIn, params: Params) -> tuple[Chat, Message]:
    chat = open_chat(api, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.by_bot:
        raise bad_request("message can't be edited")
    return chat, message


def _edited(
    api: StandIn, chat: Chat, message: Message, changed: dict[str, Any], keyboard: dict[str, Any]
) -> Any:
    """Edits count in the same budget as messages."""
    parts = ("text", "entities", "reply_markup")
    before = {key: message.payload[key] for key in parts if key in message.payload}
    after = changed | ({"reply_markup": keyboard} if keyboard else {})
    if before == after:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )
    api.limits.take(chat.id, is_group=chat.is_group)
    for key in parts:
        message.payload.pop(key, None)
    message.payload |= after | {"edit_date": int(api.clock.now())}
    return message.payload


METHODS = {
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "sendchataction": send_chat_action,
    "setmessagereaction": set_message_reaction,
    "answercallbackquery": answer_callback_query,
}
# What a 429 stops; the others are only noted as violations.
LIMITED = ("sendmessage", "editmessagetext", "editmessagereplymarkup")
