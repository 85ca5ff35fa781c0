"""The methods about the bot itself, its chats and its updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.telegram_api.errors import ApiError, bad_request
from tests.telegram_api.ledger import Call
from tests.telegram_api.params import Params
from tests.telegram_api.webhook import Settings

if TYPE_CHECKING:
    from tests.telegram_api.server import StandIn

WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


async def get_me(api: StandIn, params: Params, call: Call) -> Any:
    return api.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": not api.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_webhook(api: StandIn, params: Params, call: Call) -> Any:
    settings = Settings(
        url=params.text("url"),
        secret=params.text("secret_token"),
        max_connections=min(max(params.integer("max_connections", 40), 1), 100),
        allowed=_allowed(api, params),
    )
    if params.flag("drop_pending_updates"):
        api.updates.clear()
    changed = api.webhook.set(settings)
    if settings.url:
        api.polling.end("Conflict: terminated by setWebhook request")
    call.description = "Webhook was set" if changed else "Webhook is already set"
    return True


async def delete_webhook(api: StandIn, params: Params, call: Call) -> Any:
    if params.flag("drop_pending_updates"):
        api.updates.clear()
    was = api.webhook.settings
    api.webhook.set(Settings(allowed=was.allowed))
    call.description = "Webhook was deleted" if was.url else "Webhook is already deleted"
    return True


async def get_webhook_info(api: StandIn, params: Params, call: Call) -> Any:
    return api.webhook.info()


async def get_updates(api: StandIn, params: Params, call: Call) -> Any:
    if api.webhook.settings.url:
        raise ApiError(409, WEBHOOK_IS_SET)
    api.updates.allowed = _allowed(api, params)
    return await api.polling.get(
        params.integer("offset"), params.integer("limit", 100), params.integer("timeout")
    )


async def get_chat(api: StandIn, params: Params, call: Call) -> Any:
    chat = api.chats.get(params.chat or 0)
    if chat is None:
        raise bad_request("chat not found")
    return chat.json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


async def get_chat_member(api: StandIn, params: Params, call: Call) -> Any:
    chat = api.chats.get(params.chat or 0)
    if chat is None:
        raise bad_request("chat not found")
    user = params.integer("user_id")
    if user == api.bot["id"]:
        return {"user": api.bot, "status": "administrator" if chat.bot_is_admin else "member"} | (
            _RIGHTS if chat.bot_is_admin else {}
        )
    for member in chat.members:
        if member.id == user:
            return {"user": member.json(), "status": "member"}
    raise bad_request("member not found")


async def set_my_commands(api: StandIn, params: Params, call: Call) -> Any:
    return True


_RIGHTS = dict.fromkeys(
    (
        "can_be_edited", "can_manage_chat", "can_change_info", "can_delete_messages",
        "can_invite_users", "can_restrict_members", "can_pin_messages", "can_manage_topics",
        "can_promote_members", "can_manage_video_chats", "can_post_stories", "can_edit_stories",
        "can_delete_stories", "is_anonymous",
    ),
    False,
)  # fmt: skip


def _allowed(api: StandIn, params: Params) -> tuple[str, ...]:
    """What was asked for; what was asked for before, where nothing is said."""
    asked = params.json("allowed_updates")
    if not isinstance(asked, list):
        return api.updates.allowed
    return tuple(str(kind) for kind in asked)


METHODS = {
    "getme": get_me,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "getupdates": get_updates,
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "setmycommands": set_my_commands,
    "deletemycommands": set_my_commands,
}
