"""What a message holds besides text.

The three sets name every field of a message in the Bot API: what somebody sent, what Telegram
says about the chat, and what is only around it. A field in none of them is something newer.
"""

from __future__ import annotations

from bot.channels.telegram.wire import File, Location, Message
from bot.model import Media

# Read into a kind of its own, in this order: an animation comes with a document beside it, a
# venue with a location.
NAMED = {
    "voice": "voice",
    "audio": "audio",
    "photo": "photo",
    "video_note": "video",
    "animation": "video",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
    "contact": "contact",
}
OTHER = "other"
# Sent by somebody who expects it to be seen.
CONTENT = frozenset(
    "checklist dice game gift giveaway giveaway_winners invoice live_photo paid_media passport_data"
    " poll story unique_gift".split()
)
# Said by Telegram about the chat: nobody waits for an answer.
SERVICE = frozenset(
    "boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left"
    " chat_shared checklist_tasks_added checklist_tasks_done connected_website delete_chat_photo"
    " direct_message_price_changed forum_topic_closed forum_topic_created forum_topic_edited"
    " forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden"
    " gift_upgrade_sent giveaway_completed giveaway_created group_chat_created left_chat_member"
    " managed_bot_created message_auto_delete_timer_changed migrate_from_chat_id"
    " migrate_to_chat_id new_chat_members new_chat_photo new_chat_title paid_message_price_changed"
    " pinned_message poll_option_added poll_option_deleted proximity_alert_triggered"
    " refunded_payment successful_payment suggested_post_approval_failed suggested_post_approved"
    " suggested_post_declined suggested_post_paid suggested_post_refunded"
    " supergroup_chat_created users_shared video_chat_ended video_chat_participants_invited"
    " video_chat_scheduled video_chat_started web_app_data write_access_allowed".split()
)
# Around the message.
ENVELOPE = frozenset(
    "author_signature business_connection_id caption caption_entities chat date"
    " direct_messages_topic edit_date effect_id entities external_reply forward_origin from"
    " guest_bot_caller_chat guest_bot_caller_user guest_query_id has_media_spoiler"
    " has_protected_content is_automatic_forward is_from_offline is_paid_post is_topic_message"
    " link_preview_options media_group_id message_id message_thread_id paid_star_count quote"
    " reply_markup reply_to_checklist_task_id reply_to_message reply_to_poll_option_id"
    " reply_to_story sender_boost_count sender_business_bot sender_chat sender_tag"
    " show_caption_above_media suggested_post_info text via_bot".split()
)


def is_service(message: Message) -> bool:
    """Whether Telegram speaks here, not a person."""
    return not SERVICE.isdisjoint(message.model_extra or ())


def media_of(message: Message) -> tuple[Media, ...]:
    """What was sent with, or instead of, a text; a kind that we cannot name is "other"."""
    for name, kind in NAMED.items():
        found = getattr(message, name)
        if found:
            return (_media(message, name, kind),)
    extra = message.model_extra or {}
    known = sorted(CONTENT.intersection(extra))
    if known:
        return (Media(OTHER, detail=known[0].replace("_", " ")),)
    if message.written is None:
        return (Media(OTHER),)  # something that was invented after this was written
    return ()


def _media(message: Message, name: str, kind: str) -> Media:
    if message.venue and name == "venue":
        venue = message.venue
        return Media(kind, detail=f"{venue.title}, {venue.address} ({_place(venue.location)})")
    if message.location and name == "location":
        return Media(kind, detail=_place(message.location))
    if message.contact and name == "contact":
        contact = message.contact
        who = f"{contact.first_name} {contact.last_name}".strip()
        return Media(kind, detail=f"{who}, {contact.phone_number}")
    if message.photo and name == "photo":
        return _file(kind, message.photo[-1])  # Telegram lists the sizes upwards
    return _file(kind, getattr(message, name))


def _file(kind: str, file: File) -> Media:
    return Media(
        kind,
        reference=file.file_id,
        unique=file.file_unique_id,
        name=file.file_name,
        mime=file.mime_type,
        size=file.file_size,
        detail=file.emoji,
    )


def _place(location: Location) -> str:
    return f"{location.latitude:.6f}, {location.longitude:.6f}"
