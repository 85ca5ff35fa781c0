"""The staff chat: only a plain reply to a message of ours can ever reach a customer."""

from __future__ import annotations

import pytest

from bot.channels.telegram.heard import Nothing, NotYet, StaffWord
from bot.channels.telegram.parse import parse
from bot.model import Action, ConversationKey, StaffAct
from tests.channels.telegram.payloads import (
    ANONYMOUS,
    BOT,
    ME,
    NAMELESS,
    NOW,
    OTHER_BOT,
    PAUL,
    RITA,
    STAFF_CHAT,
    STAFF_GROUP,
    STRANGER,
    at_desk,
    member,
    message,
    ours,
    theirs,
    update,
)

SURFACE = ConversationKey("telegram_staff", str(BOT), str(STAFF_CHAT))
CARD = ours(50, "#c7 Ana: chegou quebrado")
PICTURE = [{"file_id": "x", "file_unique_id": "y"}]
FORWARD = {"type": "hidden_user", "sender_user_name": "Zé", "date": 1}


def read(raw: bytes, me=ME):
    return parse(raw, me, NOW)


def word(action: Action, text: str = "", **changes: object) -> StaffWord:
    fields: dict[str, object] = {
        "id": "tg300.71",
        "agent": "Rita",
        "action": action,
        "surface": SURFACE,
        "message": "71",
        "text": text,
        "marked": 7 if changes.get("shown") == "50" else None,
        **changes,
    }
    return StaffWord(**fields)  # type: ignore[arg-type]


def aside(why: str, **changes: object) -> StaffWord:
    return word(Action.ASIDE, why=why, **changes)


def reply(text: str | None = None, **fields: object) -> bytes:
    return at_desk(text, **{"reply_to_message": CARD, **fields})


# What reaches a customer


def test_a_plain_reply_to_a_message_of_ours():
    assert read(reply("Já enviamos outra.")) == word(Action.REPLY, "Já enviamos outra.", shown="50")


def test_a_reply_is_relayed_as_it_was_written():
    text = "  Olá *Ana*,\n\no total é 3/4 de R$ 20 #c  "
    assert read(reply(text)) == word(Action.REPLY, text, shown="50")


def test_a_reply_in_a_topic_or_in_general_counts_the_same():
    for thread in ({"message_thread_id": 1}, {"message_thread_id": 8, "is_topic_message": True}):
        assert read(reply("oi", **thread)) == word(Action.REPLY, "oi", shown="50")


def test_each_listed_member_is_known_by_name():
    assert read(reply("oi", sender=member(PAUL, "Somebody"))).agent == "Paul"


def test_our_own_mark_of_a_case_is_not_relayed_and_must_fit():
    assert read(reply("#c7 Já enviamos.")) == word(Action.REPLY, "Já enviamos.", shown="50", case=7)
    assert read(reply("#c8: Já enviamos.")) == word(
        Action.REPLY, "Já enviamos.", shown="50", case=8
    )
    assert read(reply("#c70pias prontas")).case is None


def test_the_act_carries_everything():
    assert read(reply("oi")).act(7) == StaffAct(
        "tg300.71", 7, "Rita", Action.REPLY, "oi", SURFACE, "71", ""
    )
    assert read(reply("oi")).aside("not_a_reply") == StaffAct(
        "tg300.71", None, "Rita", Action.ASIDE, "oi", SURFACE, "71", "not_a_reply"
    )


# Commands

COMMANDS = [
    ("/note pediu troca", Action.NOTE, "pediu troca"),
    ("/note@CasaDeskBot pediu troca", Action.NOTE, "pediu troca"),
    ("/NOTE: pediu\ntroca", Action.NOTE, "pediu\ntroca"),
    ("/note 7:30 ligar", Action.NOTE, "7:30 ligar"),
    ("/note 50% de desconto", Action.NOTE, "50% de desconto"),
    ("/claim", Action.CLAIM, ""),
    ("/claim@casadeskbot", Action.CLAIM, ""),
    ("/resolve", Action.RESOLVE, ""),
    ("/resolve obrigada", Action.RESOLVE, "obrigada"),
    ("/release", Action.RELEASE, ""),
    ("/template", Action.INVITE, ""),
    ("／Template@CasaDeskBot", Action.INVITE, ""),
    ("/template oi Ana", Action.INVITE, "oi Ana"),
]


@pytest.mark.parametrize(("text", "action", "rest"), COMMANDS)
def test_a_command_as_a_reply(text, action, rest):
    assert read(reply(text)) == word(action, rest, shown="50")


NUMBERED = [
    ("/resolve 7", Action.RESOLVE, ""),
    ("/resolve #c7", Action.RESOLVE, ""),
    ("/resolve #7", Action.RESOLVE, ""),
    ("/claim  7", Action.CLAIM, ""),
    ("/release@CasaDeskBot 7", Action.RELEASE, ""),
    ("/note 7 pediu troca", Action.NOTE, "pediu troca"),
    ("/note #C7: pediu troca", Action.NOTE, "pediu troca"),
    ("/template 7", Action.INVITE, ""),
    ("/template #c7", Action.INVITE, ""),
]


@pytest.mark.parametrize(("text", "action", "rest"), NUMBERED)
def test_a_command_with_a_number(text, action, rest):
    assert read(at_desk(text)) == word(action, rest, case=7)
    assert read(reply(text)) == word(action, rest, shown="50", case=7)  # the door compares
    assert read(at_desk(text, reply_to_message=theirs())) == word(action, rest, case=7)


@pytest.mark.parametrize(
    "text", ["/note pediu troca", "/claim", "/resolve", "/release", "/note", "/template"]
)
def test_a_command_for_no_case(text):
    assert read(at_desk(text)) == aside("not_a_reply")
    assert read(at_desk(text, reply_to_message=theirs())) == aside("not_a_reply")


@pytest.mark.parametrize("text", ["/help", "/start", "/help@CasaDeskBot", "/start abc"])
def test_help(text):
    assert read(at_desk(text)) == aside("help")
    assert read(reply(text)) == aside("help")


UNKNOWN = [
    "/status",
    "/respond oi",
    "/reply oi",
    "/resolve7",
    "/not",
    "/",
    "/ ",
    "/1",
    "/é",
    "／claimed",
    "/templates",
    "/invite",
    "/close@CasaDeskBot",
]


@pytest.mark.parametrize("text", UNKNOWN)
def test_any_other_slash_reaches_nobody(text):
    assert read(reply(text)) == aside("unknown_command")
    assert read(at_desk(text)) == aside("unknown_command")


def test_a_command_for_another_bot_is_not_ours():
    for raw in (reply("/note@QuizBot x"), at_desk("/resolve@QuizBot 7"), reply("/help@QuizBot")):
        assert read(raw) == Nothing("other_bot")


def test_a_command_with_a_name_waits_until_we_know_ours():
    with pytest.raises(NotYet):
        read(reply("/note@CasaDeskBot x"), NAMELESS)
    assert read(reply("oi"), NAMELESS) == word(Action.REPLY, "oi", shown="50")


# Notes can never leak

NOTES = [
    "note: caro demais",
    "Note : caro demais",
    "NOTA:caro demais",
    "nota： caro demais",
    "// caro demais",
    "//caro demais",
    "／／caro demais",
    "  \n note: caro demais",
    "\u200bnote: caro demais",
    "\u200e\u2060// caro demais",
    "\ufeff/note caro demais",
    "\u00a0/note caro demais",
    "／note caro demais",
    "/ note caro demais",
    "/Note caro demais",
]


@pytest.mark.parametrize("text", NOTES)
def test_whatever_looks_like_a_note_stays_inside(text):
    assert read(reply(text)) == word(Action.NOTE, "caro demais", shown="50")


@pytest.mark.parametrize("text", NOTES)
def test_and_says_so_where_it_belongs_to_no_case(text):
    assert read(at_desk(text)) == aside("not_a_reply")


def test_a_note_behind_the_mark_of_a_case_stays_inside():
    for text in ("#c7 note: caro demais", "#c7: // caro demais", "#C7\u200b nota: caro demais"):
        assert read(reply(text)) == word(Action.NOTE, "caro demais", shown="50", case=7)


BURIED = [
    "#c7 /note caro demais",
    "#c7 /resolve",
    "#c7: ／whatever",
    "@CasaDeskBot /note caro demais",
    "Oi Ana!\n/note caro demais",
    "Oi Ana!\n\n  \u200b／Resolve 7",
    "Oi Ana!\n@CasaDeskBot: /claim",
    "Oi Ana!\n/template",
]


@pytest.mark.parametrize("text", BURIED)
def test_a_command_within_a_reply_keeps_all_of_it_inside(text):
    assert read(reply(text)) == aside("not_a_reply")


@pytest.mark.parametrize(
    "text", ["Mande /start para mim", "e/ou\nida/volta", "Oi!\nNota: só até dia 5"]
)
def test_a_slash_within_a_sentence_is_no_command(text):
    assert read(reply(text)) == word(Action.REPLY, text, shown="50")


# What is not plainly a reply


def test_what_is_no_reply_reaches_nobody_and_says_so():
    assert read(at_desk("Já enviamos outra.")) == aside("not_a_reply")
    assert read(at_desk("#c7 Já enviamos outra.")) == aside("not_a_reply")


def test_staff_may_talk_among_themselves():
    for colleague in (member(PAUL), member(STRANGER), OTHER_BOT, ANONYMOUS):
        talk = at_desk("eu cuido", reply_to_message=theirs(sender=colleague))
        assert read(talk) == Nothing("talk")


def test_the_first_message_of_a_topic_is_nobodys_reply():
    opened = ours(9, None, forum_topic_created={"name": "Ana", "icon_color": 1})
    topic = {"message_thread_id": 9, "is_topic_message": True}
    assert read(at_desk("oi", reply_to_message=opened, **topic)) == aside("not_a_reply")


@pytest.mark.parametrize(
    "fields",
    [
        {"photo": PICTURE},
        {"photo": PICTURE, "caption": "olha"},
        {"photo": PICTURE, "caption": "/note olha"},
        {"voice": PICTURE[0]},
        {"sticker": PICTURE[0]},
        {"location": {"latitude": 1, "longitude": 2}},
        {"poll": {"id": "1"}},
        {"something_new": {}},
    ],
)
def test_media_is_not_relayed_and_says_so(fields):
    assert read(reply(**fields)) == aside("media")
    assert read(at_desk(**fields)) == Nothing("talk")
    assert read(at_desk(reply_to_message=theirs(), **fields)) == Nothing("talk")


def test_the_pictures_of_an_album_are_answered_once():
    first = read(reply(photo=PICTURE, media_group_id="888", number=300, id=71))
    second = read(reply(photo=PICTURE, media_group_id="888", number=301, id=72))
    assert first == aside("media", id="tgalbum.888")
    assert second.id == first.id


@pytest.mark.parametrize(
    "fields", [{"forward_origin": FORWARD}, {"via_bot": OTHER_BOT}, {"external_reply": {}}]
)
def test_what_others_wrote_is_never_a_reply(fields):
    replied = None if "external_reply" in fields else CARD
    for text in ("Já enviamos.", "note: x"):
        assert read(at_desk(text, reply_to_message=replied, **fields)) == aside("not_a_reply")


def test_a_command_that_was_forwarded_does_nothing():
    assert read(at_desk("/resolve 7", forward_origin=FORWARD)) == aside("not_a_reply")
    assert read(reply("/resolve", via_bot=OTHER_BOT)) == aside("not_a_reply")


def test_service_messages_and_posts_of_a_linked_channel_are_nothing():
    assert read(at_desk(new_chat_members=[member(STRANGER)])) == Nothing("service")
    assert read(at_desk(pinned_message=CARD)) == Nothing("service")
    channel = {"id": -1005, "title": "c", "type": "channel"}
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    post = at_desk("novidade", sender=telegram, sender_chat=channel, is_automatic_forward=True)
    assert read(post) == Nothing("service")
    assert read(at_desk("")) == Nothing("empty")


# Who is not staff


def test_a_stranger_reaches_nobody():
    nobody = member(STRANGER, "Rita")  # a name proves nothing
    stranger = aside("stranger", agent="telegram:999")
    assert read(reply("oi", sender=nobody)) == stranger
    assert read(reply(photo=PICTURE, sender=nobody)) == stranger
    for text in ("/resolve 7", "/help", "/whatever", "/claim"):
        assert read(at_desk(text, sender=nobody)) == stranger
        assert read(reply(text, sender=nobody)) == stranger
    assert read(at_desk("bom dia", sender=nobody)) == Nothing("talk")
    assert read(at_desk("oi", sender=nobody, reply_to_message=theirs())) == Nothing("talk")


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": ANONYMOUS, "sender_chat": STAFF_GROUP},
        {"sender": ANONYMOUS},
        {"sender": member(RITA), "sender_chat": {"id": -1005, "type": "channel"}},
    ],
)
def test_whoever_hides_their_name_reaches_nobody(fields):
    hidden = aside("anonymous", agent="telegram:anonymous")
    assert read(reply("oi", **fields)) == hidden
    assert read(at_desk("/resolve 7", **fields)) == hidden
    assert read(at_desk("bom dia", **fields)) == Nothing("talk")


def test_bots_reach_nobody():
    for text in ("oi", "/resolve 7", "note: x"):
        assert read(reply(text, sender=OTHER_BOT)) == Nothing("bot")
    assert read(reply("oi", sender={**member(RITA), "is_bot": True})) == Nothing("bot")


def test_nobody_listed_means_nobody_reaches_a_customer():
    from dataclasses import replace

    found = read(reply("oi"), replace(ME, agents={}))
    assert found == aside("stranger", agent="telegram:501")


# Edits


def edited(text: str | None = None, *, sender=None, **fields: object) -> bytes:
    who = member(RITA) if sender is None else sender
    changed = message(text, id=71, **{"chat": STAFF_GROUP, "from": who, "edit_date": 1, **fields})
    return update(300, edited_message=changed)


def test_an_edit_changes_nothing_and_says_so_where_the_first_text_did_something():
    assert read(edited("Já, já!", reply_to_message=CARD)) == aside("edited")
    assert read(edited("/note 7 x")) == aside("edited")


def test_other_edits_are_nothing():
    for raw in (
        edited("bom dia"),
        edited("eu cuido", reply_to_message=theirs()),
        edited("x", reply_to_message=CARD, sender=member(STRANGER)),
        edited("x", reply_to_message=CARD, sender=ANONYMOUS, sender_chat=STAFF_GROUP),
        edited("x", reply_to_message=CARD, forward_origin=FORWARD),
    ):
        assert read(raw) == Nothing("talk")
    assert read(edited("/x@QuizBot")) == Nothing("other_bot")
    moving = edited(reply_to_message=CARD, location={"latitude": 1, "longitude": 2})
    assert read(moving) == Nothing("edit_without_text")


def test_the_same_people_in_private_are_customers():
    from tests.channels.telegram.payloads import said

    assert read(said("/resolve 7", **{"from": member(RITA)})).identity == "telegram:501"
