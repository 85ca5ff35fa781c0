"""In a group nobody is asked, told or remembered anything that is their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Fact, Form, KnownFacts, Limit, Ownership
from bot.outcome import OpenCase, Outcome, Outgoing, Remember, SetForm, Verdict
from bot.pipeline import decide, road
from bot.rules.personal import is_personal
from bot.words.load import load_book
from handlers.stay_impersonal import StayImpersonal
from tests.handlers.conftest import BOOK, CASE, CHAT, MONDAY_10, Desk, make_turn, said
from tests.words.books import TEMPLATES

ROAD = road(Desk())
REAL = load_book(TEMPLATES, ("pt", "en", "es"), "pt", "America/Sao_Paulo")
INVITED = Outgoing(CHAT, "Me chame no privado.", "system", answers=(1,))
step = StayImpersonal()


def group(*texts, **changes):
    return make_turn(*texts, public=True, **changes)


@pytest.mark.parametrize(
    "text",
    [
        "/human",
        "quero falar com uma pessoa",
        "/forget",
        "apagar meus dados",
        "/forget yes",
        "/language en",
        "idioma",
        "quero reclamar",  # goes to a person
        "meu advogado",
        "onde está meu pedido",  # opens a form
        "qual meu saldo",  # shows a fact
    ],
)
async def test_what_is_personal_is_asked_into_a_private_chat(text):
    assert await step(group(text)) == Outcome(Verdict.ANSWERED, "group_private", sends=(INVITED,))
    assert await step(make_turn(text)) is None


@pytest.mark.parametrize("text", ["qual o horário", "/help", "/start", "qual a chave pix", "oi?"])
async def test_what_is_the_same_for_everybody_passes(text):
    assert await step(group(text)) is None


async def test_one_personal_message_among_others_is_enough():
    outcome = await step(group("qual o horário", "/human"))
    assert outcome.sends == (replace(INVITED, answers=(1, 2)),)


async def test_a_request_in_two_messages_is_seen():
    assert await step(group("apagar", "meus dados")) is not None


async def test_a_button_that_leads_to_something_personal_is_seen():
    turn = group(messages=(said("Pedido", button="onde está meu pedido"),))
    assert await step(turn) is not None


async def test_who_is_limited_is_told_so():
    outcome = await decide(group("/human", limit=Limit.NOTICE), ROAD)
    assert (outcome.reason, outcome.changes) == ("limited", ())


async def test_the_right_to_be_forgotten_is_for_a_private_chat_even_while_a_person_is_here():
    turn = group("/forget", ownership=Ownership.HUMAN, case=CASE)
    assert (await decide(turn, ROAD)).reason == "group_private"


async def test_a_form_of_before_is_closed_and_not_filled():
    form = Form("order", "order_number", {}, "v1", MONDAY_10 + 60)
    outcome = await decide(group("12345", form=form), ROAD)
    assert (outcome.reason, outcome.changes) == ("group_private", (SetForm(None),))


@pytest.mark.parametrize("text", ["xyzzy", ""])
@pytest.mark.parametrize("changes", [{}, {"tries": 1}, {"case": CASE}])
async def test_without_an_answer_nobody_is_called_in_a_group(text, changes):
    media = ("voice",) if not text else ()
    turn = group(messages=(said(text, media=media),), **changes)
    assert await decide(turn, ROAD) == Outcome(
        Verdict.ANSWERED, "group_private", sends=(INVITED,), trail={"step": "CallHuman"}
    )


async def test_the_welcome_of_a_group_leads_to_nothing_personal():
    outcome = await decide(group("/start"), ROAD)
    assert [button.label for button in outcome.sends[0].buttons] == ["Horário"]
    private = await decide(make_turn("/start"), ROAD)
    assert len(private.sends[0].buttons) == 3


async def test_an_answer_in_a_group_has_no_buttons_that_are_personal():
    outcome = await decide(group("qual o horário"), ROAD)
    assert outcome.sends[0].buttons == ()
    assert (await decide(make_turn("qual o horário"), ROAD)).sends[0].buttons != ()


async def test_a_fact_is_not_read_out_in_a_group():
    known = KnownFacts({"balance": Fact("balance", "amount", "R$ 10", MONDAY_10, "erp")})
    private = await decide(make_turn("qual meu saldo", facts=known), ROAD)
    assert "R$ 10" in private.sends[0].text
    public = await decide(group("qual meu saldo", facts=known), ROAD)
    assert public.reason == "group_private"


# Over the real templates

EXAMPLES = [
    *(
        (language, text)
        for intent in REAL.intents
        for language, texts in intent.examples.items()
        for text in texts[::3]
    ),
    *(
        (language, text)
        for spoken in (*REAL.commands.values(), REAL.requests)
        for language, texts in spoken.items()
        for text in texts
    ),
    *(("pt", button.value) for button in REAL.menu),
    *(("pt", button.value) for intent in REAL.intents for button in intent.buttons),
    *(("pt", f"/{name}") for name in ("human", "forget yes", "forget no", "language en", "x")),
    *(("pt", text) for text in ("48213", "sim", "não", "yes", "meu cpf é 123.456.789-00", "asdf")),
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tries": 1},
        {"case": CASE},
        {"form": Form("human", "confirm", {}, "v", MONDAY_10 + 60)},
        {"form": Form(next(iter(REAL.forms)), "order", {}, "v", MONDAY_10 + 60)},
    ],
    ids=["fresh", "failed once", "a case", "offered a person", "a form"],
)
async def test_nothing_is_remembered_asked_or_opened_in_a_group(changes):
    known = KnownFacts({"order": Fact("order", "text", "99999", MONDAY_10, "customer")})
    assert len(EXAMPLES) > 300
    for language, text in EXAMPLES:
        turn = group(text, book=REAL, language=language or "pt", facts=known, **changes)
        outcome = await decide(turn, ROAD)
        for change in outcome.changes:
            assert not isinstance(change, Remember | OpenCase), text
            assert not (isinstance(change, SetForm) and change.form), text
        assert outcome.verdict is not Verdict.HANDED_OFF
        for send in outcome.sends:
            assert "99999" not in send.text
            assert not any(is_personal(button.value, REAL) for button in send.buttons), text


async def test_much_is_still_answered_in_a_group():
    answered = 0
    for language, text in EXAMPLES:
        turn = group(text, book=REAL, language=language or "pt")
        answered += (await decide(turn, ROAD)).reason in ("rule", "help", "welcome")
    assert answered > 100


def test_this_books_topics_for_people_are_personal_and_its_hours_are_not():
    assert is_personal("quero reclamar", BOOK)
    assert not is_personal("qual o horário", BOOK)
