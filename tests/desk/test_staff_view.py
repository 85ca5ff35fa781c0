"""What a staff chat reads of a customer: complete, short, and nobody can pose as somebody else."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from bot.desk import staff_view
from bot.desk.staff_view import CUT, LONGEST, Customer, Heard
from bot.model import Incoming, Media, Said
from tests.handlers.conftest import BOOK, CHAT

ANA = Customer("Ana Souza", "telegram", "en")


def message(text="", *, media=(), quoted=""):
    return Incoming("1", CHAT, "telegram:1", text, 0.0, media=media, quoted=quoted)


def test_a_card_says_who_why_what_is_known_and_what_was_said_last():
    before = (
        Said("customer", "oi", 0.0),
        Said("rule", "Olá!\nComo ajudo?", 0.0),
        Said("staff", "Bom dia", 0.0),
        Said("customer", "", 0.0),
    )
    heard = Heard((message("12345"),), ("Obrigado.", "Chamei a equipe."), {"order_number": "12345"})
    assert staff_view.card(ANA, "form", heard, before, BOOK).splitlines() == [
        "🔔 Ana Souza · Telegram · English",
        "Formulário",
        "Informou:",
        "› order number: 12345",
        "",
        "› oi",
        "↳ robô: Olá! ⏎ Como ajudo?",
        "💬 equipe: Bom dia",
        "› [anexo]",
        "› 12345",
        "↳ robô: Obrigado.",
        "↳ robô: Chamei a equipe.",
        "",
        "Responda aqui.",
    ]


def test_a_card_shows_the_place_that_was_sent_before():
    place = Media("location", detail="Rua das Flores 12")
    before = (Said("customer", "", 0.0, (place,)),)
    shown = staff_view.card(ANA, "asked", Heard(), before, BOOK)
    assert "Rua das Flores 12]" in shown


def test_a_topic_is_the_reason():
    heard = Heard((message("quero reclamar"),), (), {"topic": "damaged_item"})
    assert staff_view.card(ANA, "topic", heard, (), BOOK).splitlines()[1:4] == [
        "Assunto: damaged item",
        "",
        "› quero reclamar",
    ]


def test_a_card_says_that_others_read_along_and_a_reason_nobody_knows_is_shown_as_it_is():
    group = Customer("Ana", "api", "xx", public=True)
    assert staff_view.card(group, "card_hint", Heard(), (), BOOK).splitlines()[:2] == [
        "🔔 Ana · API · xx · grupo",
        "card_hint",
    ]


def test_until_when_a_reply_gets_through_stands_where_it_is_asked_for():
    ana = replace(ANA, window="⏳ até 09:55")
    assert staff_view.card(ana, "asked", Heard(), (), BOOK).splitlines() == [
        "🔔 Ana Souza · Telegram · English",
        "Pediu alguém",
        "",
        "",
        "⏳ até 09:55",
        "Responda aqui.",
    ]


def test_a_card_shows_the_last_ten_lines_and_cuts_long_ones():
    before = tuple(Said("customer", f"{n} " + "a" * 400, 0.0) for n in range(30))
    heard = Heard((message("fim"),))
    shown = staff_view.card(ANA, "asked", heard, before, BOOK).splitlines()
    said = [line for line in shown if line.startswith("›")]
    assert len(said) == 10
    assert said[0].startswith("› 21 aaa")
    assert said[0].endswith(CUT)
    assert len(said[0]) == 302
    assert said[-1] == "› fim"


def test_a_mirror_is_what_was_said_and_what_the_bot_answered():
    heard = Heard(
        (
            message("e agora?\nfoi assim", quoted="Chamei a equipe."),
            message("veja", media=(Media("photo"),)),
            message(media=(Media("location", detail="-19.9, -43.9"),)),
            message(media=(Media("document", name="nota.pdf"), Media("dice"))),
        ),
        ("Vou ver.",),
        {"order_number": "12345"},
    )
    assert staff_view.mirror(ANA, heard, BOOK).splitlines() == [
        "👤 Ana Souza: [↩ Chamei a equipe.] e agora?",
        "› foi assim",
        "› [foto] veja",
        "› [local: -19.9, -43.9]",
        "› [arquivo: nota.pdf] [anexo]",
        "↳ robô: Vou ver.",
        "Informou:",
        "› order number: 12345",
    ]


def test_a_short_message_is_one_line():
    assert staff_view.mirror(ANA, Heard((message("ok"),)), BOOK) == "👤 Ana Souza: ok"


def test_nothing_said_is_no_mirror():
    assert staff_view.mirror(ANA, Heard((message(" \n"),)), BOOK) == ""


def test_of_a_long_burst_the_oldest_is_cut_and_the_cut_is_shown():
    burst = tuple(message(f"{n} " + "a" * 200) for n in range(30))
    shown = staff_view.mirror(ANA, Heard(burst, ("Vou ver.",)), BOOK).splitlines()
    assert shown[:2] == ["👤 Ana Souza:", CUT]
    assert shown[-2].startswith("› 29 aaa")
    assert shown[-1] == "↳ robô: Vou ver."
    assert len("\n".join(shown)) > LONGEST - 250


def test_of_one_endless_message_the_beginning_is_kept():
    shown = staff_view.mirror(ANA, Heard((message("começo " + "é" * 9000),)), BOOK)
    assert shown.startswith("👤 Ana Souza:\n› começo éé")
    assert shown.endswith("é" + CUT)
    assert LONGEST - 5 < len(shown) <= LONGEST


def test_the_exact_length_is_kept_whole_and_one_sign_more_is_not():
    room = LONGEST - len("👤 Ana Souza: ") - 1  # the sign counts twice
    fits, over = "a" * room, "a" * (room + 1)
    assert staff_view.mirror(ANA, Heard((message(fits),)), BOOK) == f"👤 Ana Souza: {fits}"
    assert staff_view.mirror(ANA, Heard((message(over),)), BOOK).startswith("👤 Ana Souza:\n")


def test_what_a_colleague_wrote_elsewhere_is_set_apart_from_a_note():
    assert staff_view.from_staff("Rita", "Oi!\nJá vi.") == "💬 Rita: Oi!\n   Já vi."
    assert staff_view.note("Rita", "cuidado", BOOK) == "📝 Rita (nota): cuidado"


def test_an_edit_shows_what_the_message_says_now():
    assert staff_view.edited("novo\ntexto", BOOK) == "Agora diz:\n› novo\n› texto"
    assert staff_view.edited("", BOOK) == "Agora diz:\n› …"


LABELS = {
    "🔔", "👤", "›", "↳", "Formulário", "Informou:", "Responda", "Agora", "…", "💬",
}  # fmt: skip
HOSTILE = st.text(
    st.one_of(st.sampled_from("\n\r\u2028\x0b\x85\u202e\x1b💬↳›📝# "), st.characters()),
    max_size=60,
)


@given(name=HOSTILE, text=HOSTILE)
@example(name="Ana\n💬 Rita", text="oi\n💬 Rita: reembolso feito")
@example(name="Ana", text="oi\u2028↳ robô: pode enviar\x85📝 Rita: x")
def test_nobody_can_write_a_line_that_looks_like_ours(name, text):
    customer = Customer(name, "web", "pt")
    media = (Media("photo", name=text, detail=text),)
    heard = Heard((message(text, media=media, quoted=text),), (), {name or "x": text})
    before = (Said("customer", text, 0.0),)
    for shown in (
        staff_view.card(customer, "form", heard, before, BOOK),
        staff_view.mirror(customer, heard, BOOK),
        staff_view.edited(text, BOOK),
    ):
        lines = shown.split("\n")
        assert shown.splitlines() == lines
        for line in lines:
            assert not line or line.split(" ")[0] in LABELS - {"💬", "↳"}, line
            kinds = {unicodedata.category(sign) for sign in line if sign != "\u200d"}
            assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(text=st.text(max_size=30), times=st.integers(0, 300), many=st.integers(1, 12))
@example(text="😀", times=5000, many=3)
@example(text="a", times=9000, many=1)
def test_nothing_is_longer_than_one_message(text, times, many):
    long = text * times
    heard = Heard((message(long),) * many, (long,) * 3, {str(n): long for n in range(many)})
    customer = Customer(long, "web", "pt")
    before = (Said("customer", long, 0.0),) * 20
    for shown in (
        staff_view.card(customer, "asked", heard, before, BOOK),
        staff_view.mirror(customer, heard, BOOK),
        staff_view.from_staff("Rita", long),
        staff_view.note("Rita", long, BOOK),
        staff_view.edited(long, BOOK),
    ):
        assert len(shown.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST
