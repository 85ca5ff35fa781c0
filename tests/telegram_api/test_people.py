"""What people do, as the real client library reads it."""

from __future__ import annotations

import pytest
from telegram import Bot
from telegram.error import BadRequest

from tests.telegram_api import Chat, StandIn, User


async def test_forum_topics(api: StandIn, bot: Bot, ana: User):
    forum = api.group(-10066, "Desk", [ana], is_forum=True)
    topic = forum.opens_topic("Bia")
    said = await bot.send_message(forum.id, "oi", message_thread_id=topic.id)
    assert (said.message_thread_id, said.is_topic_message) == (topic.id, True)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "oi", message_thread_id=999)
    topic.closed = True
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.id, "oi", message_thread_id=topic.id)
    await ana.says(forum, "geral")
    general = await ana.replies(api.shown(forum)[0], "no tópico")
    answered = await ana.replies(await ana.says(forum, "a"), "b")
    assert general.payload["is_topic_message"]
    assert answered.thread is not None
    assert "is_topic_message" not in answered.payload


async def test_privacy_mode(api: StandIn, bot: Bot, ana: User):
    group = api.group(-10088, "Desk", [ana])
    api.privacy_mode = True
    asked = await bot.send_message(group.id, "?")
    mine = group.messages[asked.message_id]
    theirs = await ana.says(group, "unseen")
    await ana.replies(theirs, "unseen")
    await ana.says(group, "/claim@other_bot")
    await ana.replies(mine, "a reply")
    await ana.says(group, "/claim")
    await ana.says(group, "oi @Nightdesk_Bot")
    seen = [update.message.text for update in await bot.get_updates() if update.message]
    assert seen == ["a reply", "/claim", "oi @Nightdesk_Bot"]
    api.privacy_mode = False
    await ana.says(group, "seen", anonymous=True)
    update = (await bot.get_updates())[-1]
    assert update.message is not None
    assert update.message.sender_chat is not None
    assert update.message.sender_chat.id == group.id


@pytest.mark.parametrize(
    "kind",
    [
        *("photo", "voice", "audio", "video", "video_note", "animation", "document", "sticker"),
        *("location", "contact", "dice", "venue"),
    ],
)
async def test_media(api: StandIn, bot: Bot, ana: User, chat: Chat, kind: str):
    await ana.sends_media(chat, kind, "legenda")
    [update] = await bot.get_updates()
    assert update.message is not None
    assert getattr(update.message, kind)
    assert update.message.caption == "legenda"
    assert not update.message.api_kwargs
