"""What a form means: messages, names, presses, places, advertisements."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.heard import Came, Nothing, Parsed, Pressed
from bot.channels.whatsapp.parse import conversation_of, line_of, parse
from bot.delivery.receipts import Report
from bot.errors import Unreadable
from bot.model import ConversationKey, Incoming, Kind, Media
from tests.channels.whatsapp.payloads import (
    ANA,
    HIDDEN,
    NOW,
    OURS,
    body,
    form,
    from_ad,
    place,
    press,
    said,
    sent_file,
    sid,
    status,
    whatsapp,
)

CHAT = ConversationKey("whatsapp", OURS, ANA)


def read(fields: dict | bytes, query: str = "") -> Parsed:
    return parse(form(fields), query, NOW, lambda code: ("refused", None))


def came(fields: dict | bytes) -> Came:
    parsed = read(fields)
    assert isinstance(parsed, Came)
    return parsed


def message(fields: dict | bytes) -> Incoming:
    return came(fields).message


def test_a_text():
    assert came(said("Abre domingo?")) == Came(
        Incoming(
            id=sid(),
            conversation=CHAT,
            identity=f"whatsapp:{ANA}",
            text="Abre domingo?",
            received_at=NOW,
            kind=Kind.TEXT,
            name="Ana Souza",
        ),
        names=(ANA,),
    )


@pytest.mark.parametrize(
    "text",
    [
        "1+1 = 50% & mais",
        "duas\nlinhas\r\n",
        "😀👍🏽 ção",
        "a=b;c=d",
        "  espaço  ",
        "{{7*7}}",
        "x" * 1600,
    ],
)
def test_a_text_is_kept_as_it_was_written(text):
    assert message(said(text)).text == text


def test_signs_that_no_database_takes_are_replaced_and_what_is_too_long_is_cut():
    assert message(said("a\x00b", ProfileName="A\x00na")).text == "a\ufffdb"
    assert message(said("a", ProfileName="A\x00na")).name == "A\ufffdna"
    assert len(message(said("é" * 9_000)).text) == 4_096
    assert len(message(said("a", ProfileName="é" * 900)).name) == 64
    assert message(body(said("AQUI")).replace(b"AQUI", b"%ff%fe\xff")).text == "\ufffd" * 3


def test_an_older_name_of_the_id_will_do():
    assert message(said(MessageSid=None)).id == sid()
    assert message(said(MessageSid=None, SmsMessageSid=None)).id == sid()
    assert message(said(MessageSid=sid(7, "MM"))).id == sid(7, "MM")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"MessageSid": "SM1"}, "wrong_sid"),
        ({"MessageSid": sid() + "\n"}, "wrong_sid"),
        ({"MessageSid": "CA" + sid()[2:]}, "wrong_sid"),
        ({"MessageSid": None, "SmsMessageSid": None, "SmsSid": None}, "wrong_sid"),
        ({"From": None}, "wrong_sender"),
        ({"From": ANA}, "wrong_sender"),
        ({"From": "whatsapp:"}, "wrong_sender"),
        ({"From": "whatsapp:+55 11 9"}, "wrong_sender"),
        ({"From": "messenger:123"}, "wrong_sender"),
        ({"To": ""}, "wrong_recipient"),
        ({"To": "+14155238886"}, "wrong_recipient"),
    ],
)
def test_what_nobody_can_read_has_a_code(fields, code):
    with pytest.raises(Unreadable) as caught:
        read(said(**fields))
    assert caught.value.code == code


def test_fields_that_nobody_knows_are_no_mistake():
    fields = {"BrandNew": "x", "Forwarded": "true", "FrequentlyForwarded": "true", "": "blank"}
    assert came(said("oi", **fields)) == came(said("oi"))


def test_our_own_number_and_reactions_are_passed_over():
    assert read(said(From=whatsapp(OURS))) == Nothing("own")
    assert read(said("👍", MessageType="reaction")) == Nothing("reaction")


def test_somebody_may_hide_their_number():
    hidden = came(said(sender=HIDDEN, ExternalUserId=HIDDEN, WaId="5511987654321"))
    assert hidden.message.conversation.chat == HIDDEN
    assert hidden.message.identity == f"whatsapp:{HIDDEN}"
    assert hidden.names == (HIDDEN,)  # a WhatsApp id beside it is nobody's telephone number


def test_all_that_certainly_names_this_person_is_told():
    both = came(said(ExternalUserId=HIDDEN, WaId="551187654321"))
    assert both.names == (ANA, HIDDEN, "+551187654321")
    assert came(said(ExternalUserId=whatsapp(HIDDEN))).names == (ANA, HIDDEN)
    assert came(said(WaId="x", ExternalUserId="whoever")).names == (ANA,)
    assert came(said(ProfileName="", ProfileUsername="ana.s")).message.name == "ana.s"


def test_a_press():
    pressed = came(press("Sim", "0", under=50))
    assert (pressed.message.text, pressed.message.kind) == ("Sim", Kind.BUTTON)
    assert (pressed.message.button, pressed.message.quoted) == ("", "")
    assert pressed.pressed == Pressed("0", "Sim")
    assert pressed.replied == sid(50)


def test_a_choice_from_a_list():
    chosen = came(said("x", ListId="3", ListTitle="Trocas"))
    assert (chosen.message.text, chosen.pressed) == ("Trocas", Pressed("3", "Trocas"))


def test_a_press_without_a_label_is_known_by_the_body_or_its_payload():
    assert came(press("", "0", Body="Sim")).pressed == Pressed("0", "Sim")
    bare = came(press("", "2"))
    assert (bare.message.text, bare.pressed) == ("2", Pressed("2", ""))


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("audio/ogg", "voice"),
        ("audio/ogg; codecs=opus", "voice"),
        ("AUDIO/OGG", "voice"),
        ("audio/mpeg", "audio"),
        ("image/jpeg", "photo"),
        ("image/webp", "sticker"),
        ("video/mp4", "video"),
        ("text/vcard", "contact"),
        ("text/x-vcard", "contact"),
        ("application/pdf", "document"),
        ("text/plain", "document"),
        ("nonsense", "document"),
        ("", "other"),
    ],
)
def test_each_kind_of_file(mime, kind):
    found = message(sent_file(mime, "veja", MessageType=""))
    [media] = found.media
    assert (media.kind, media.mime, found.text, found.kind) == (kind, mime, "veja", Kind.MEDIA)
    assert media.reference.endswith(media.unique)
    assert media.unique == f"ME{1:032x}"


def test_a_file_whose_type_is_not_told_is_what_the_message_is():
    assert message(sent_file("", MessageType="image")).media[0].kind == "photo"
    assert message(sent_file("", MessageType="Voice")).media[0].kind == "voice"


@pytest.mark.parametrize("count", ["0", "", None, "-1", "1e3", "99999999999999999999", "x", "２"])
def test_files_are_found_whatever_their_number_is_said_to_be(count):
    many = {f"MediaUrl{n}": f"https://x/{n}" for n in range(30)}
    assert len(message(sent_file("image/png", NumMedia=count)).media) == 1
    assert len(message(said(NumMedia=count, **many)).media) == 10


def test_a_file_that_is_announced_only_is_still_something():
    announced = said("", NumMedia="3", MessageType="image")
    assert message(announced).media == (Media("photo"),)
    typed = sent_file("audio/ogg", MediaUrl0=None, MessageType="")
    assert message(typed).media == (Media("voice", mime="audio/ogg"),)
    assert message(said("oi", NumMedia="0")).media == ()


def test_a_url_is_kept_for_later_unless_it_is_absurd():
    assert message(sent_file("image/png", MediaUrl0="x" * 5_000)).media[0].reference == ""
    assert message(sent_file("image/png", MediaUrl0="http://10.0.0.1/")).media[0].unique == ""


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({}, "-23.561350, -46.656500"),
        ({"Label": "MASP", "Address": "Av. Paulista, 1578"},
         "MASP, Av. Paulista, 1578 (-23.561350, -46.656500)"),
        ({"Address": " Av. Paulista "}, "Av. Paulista (-23.561350, -46.656500)"),
        ({"Latitude": "5", "Longitude": "+6.5"}, "5.000000, 6.500000"),
    ],
)  # fmt: skip
def test_a_place_is_told_in_words(fields, detail):
    shared = message(place(**fields))
    assert shared.media == (Media("location", detail=detail),)
    assert shared.kind is Kind.MEDIA


@pytest.mark.parametrize("value", ["", "nan", "inf", "91", "1e1", "１", "1_0", "1.2.3", "x", None])
def test_a_place_that_is_none_is_only_named_as_one(value):
    assert message(place(Latitude=value, Label="MASP")).media == (Media("location"),)


def test_something_that_we_cannot_name():
    assert message(said("", MessageType="poll_creation")).media == (
        Media("other", detail="poll creation"),
    )
    assert message(said(" ", MessageType="text")).media == (Media("other"),)
    assert message(said("", MessageType="<b>{0}</b>")).media == (Media("other"),)
    assert message(said("", MessageType=None)).kind is Kind.MEDIA


def test_what_an_advertisement_said_stands_where_quotations_stand():
    assert message(from_ad()).quoted == "Mesas em promoção\nAté domingo"
    assert message(from_ad(ReferralHeadline="")).quoted == "Até domingo"
    assert len(message(from_ad(ReferralBody="x" * 50_000)).quoted) < 1_100
    assert message(from_ad()).text == "oi"


def test_what_is_replied_to_is_named_only_by_an_id():
    assert came(said(OriginalRepliedMessageSid=sid(9))).replied == sid(9)
    assert came(said(OriginalRepliedMessageSid="x' OR 1=1")).replied == ""


def test_where_an_unreadable_delivery_belongs_is_told_if_possible():
    assert conversation_of(form(said(MessageSid="x"))) == CHAT
    assert conversation_of(form(status())) == CHAT
    assert conversation_of(form({"From": "x"})) is None


def test_what_one_person_writes_is_one_line_and_each_status_its_own():
    assert line_of(form(said(number=1))) == line_of(form(said(number=2)))
    assert line_of(form(status(number=1))) != line_of(form(status(number=2)))


def test_a_status_at_the_door_for_messages_is_a_status_all_the_same():
    assert isinstance(read(status("read")), Report)
    assert isinstance(read(said(MessageStatus="received")), Came)
    assert isinstance(read(said(MessageStatus="")), Came)
