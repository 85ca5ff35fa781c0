"""Which intent a sentence means, and the refusal of what no rule knows."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.match import Match, classify, engine_of
from bot.words.load import load_book
from tests.words.books import TEMPLATES, book

SHOP = load_book(TEMPLATES, ("pt", "en", "es"), "pt", "America/Sao_Paulo")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("kd minha encomenda", "delivery_status"), ("oi boa noite", "greeting"),
        ("vcs aceitam pix", "payment_methods"), ("que horas vcs fecham hj", "opening_hours"),
        ("quanto fica o frete pra salvador", "shipping_cost"),
        ("manda a nota fiscal por favor", "invoice"),
        ("quero trocar a toalha q comprei", "returns_exchange"), ("me cobraram 2x", "refund"),
        ("chegou tudo quebrado", "complaint"), ("are you open tomorrow?", "opening_hours"),
        ("can i pay with credit card", "payment_methods"),
        ("donde queda la tienda", "store_address"),
        ("where's my stuff, I ordered 2 weeks ago", "delivery_status"),
        ("quiero devolver la olla", "returns_exchange"), ("wher is my ordr", "delivery_status"),
        ("obrigado tchau", "goodbye"), ("vc é um robô?", "are_you_a_bot"),
        ("como cancelo minha compra", "cancel_order"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stated", [None, "pt"])
def test_unseen_wordings_find_their_intent(text: str, intent: str, stated: str | None) -> None:
    assert classify(text, SHOP, stated).intent == intent


@pytest.mark.parametrize(
    "text",
    ["qual a capital da frança", "what's the weather like", "tell me a joke", "cuéntame un chiste",
     "quem ganhou o jogo ontem", "write me a python program", "meu gato está doente", "", "👍",
     "xyz",
     "cómo se hace una tortilla", "como faço um bolo de cenoura", "do you have jobs?"],
)  # fmt: skip
def test_what_no_rule_knows_is_refused(text: str) -> None:
    assert classify(text, SHOP).intent is None


def test_the_same_words_are_certain_and_a_typo_nearly_so() -> None:
    rules = book({"hours": ["when do you open"], "place": ["where is the shop"]})
    assert classify("WHEN do you OPEN?!", rules).score == 1
    assert 0.9 < classify("when do yuo open", rules).score < 1
    match = classify("when do you open", rules, "en")
    assert isinstance(match, Match)
    assert match.language == "en"
    assert [name for name, _ in match.runners_up] == ["place"]


def test_a_sentence_of_two_languages_belongs_to_the_one_spoken() -> None:
    rules = book({"a": {"pt": ["como cancelo"]}, "b": {"es": ["como cancelo"]}})
    assert classify("como cancelo", rules, "pt").intent == "a"
    assert classify("como cancelo", rules, "es").intent == "b"


def test_the_name_of_an_intent_is_understood_so_that_buttons_work_in_every_language() -> None:
    assert classify("delivery_status", SHOP, "en").intent == "delivery_status"


def test_numbers_are_all_alike() -> None:
    rules = book({"track": ["track order 4711"], "pay": ["pay the bill"]})
    assert classify("track order 9999", rules).score == 1


def test_the_threshold_of_the_book_decides() -> None:
    text = "kd minha encomenda"
    assert classify(text, replace(SHOP, threshold=0.99)).intent is None
    assert classify(text, replace(SHOP, threshold=0.0)).intent == "delivery_status"


def test_a_book_without_intents_refuses_everything() -> None:
    assert classify("oi", book()) == Match("oi", "pt", None, 0.0, 0.5, ())


def test_words_that_no_rule_knows_make_a_match_less_sure() -> None:
    known = classify("aceita boleto", SHOP).score
    drowned = classify(
        "aceita boleto lorem ipsum dolor sit amet consectetur adipiscing", SHOP
    ).score
    assert known > 0.5 > drowned


@given(st.text(max_size=120))
def test_scores_stay_between_nothing_and_certain(text: str) -> None:
    match = classify(text, SHOP)
    assert 0 <= match.score <= 1
    assert all(0 <= score <= match.score for _, score in match.runners_up)


def test_matching_is_quick() -> None:
    engine_of(SHOP)

    def seconds() -> float:
        start = time.perf_counter()
        for _ in range(20):
            classify("quero saber quando chega a minha encomenda por favor", SHOP)
        return (time.perf_counter() - start) / 20

    assert min(seconds() for _ in range(5)) < 3e-3  # 0.3 ms and room for a busy machine


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oi\ntudo bem?\nqueria saber\nse vcs\naceitam\npix", "payment_methods"),
        ("oi tudo bem? vcs aceitam pix?", "payment_methods"),
        ("boa noite, queria saber se vcs aceitam pix", "payment_methods"),
        ("oi! tudo bem? qual o horário de vcs?", "opening_hours"),
        ("hola, que tal? aceptan pix?", "payment_methods"),
        ("oi, tudo bem?", "greeting"),
        ("hello, how are you?", "greeting"),
        ("bom dia", "greeting"),
    ],
)
def test_whoever_greets_and_then_asks_is_answered_what_they_asked(text, intent):
    assert classify(text, SHOP).intent == intent
