"""Whether somebody has said it all: case by case, in three languages and in others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.thought import Piece, Thought, thought_of


def thought(*texts: str, asked: bool = False) -> Thought:
    return thought_of([Piece(text) for text in texts], asked=asked)


@pytest.mark.parametrize(
    "text",
    [
        "cadê meu pedido?",
        "do you deliver on Sundays?",
        "¿aceptan tarjeta?",
        "aceitam pix?? 🙏",
        "quanto custa?!",
        "営業時間は何時ですか？",
        "ما هي ساعات العمل؟",
        "τι ώρα ανοίγετε\u037e",
        "τι ώρα ανοίγετε;",
        "?",
        "obrigado!",
        "queria o cardápio por favor",
        "thanks, bye",
        "how long is the wait?",
        "what is this about?",
        "do you deliver on Sundays also?",
        "qual o tempo de espera?",
        "vocês têm suco de pera?",
        "é sobre isso, e o resto é o seguinte?",
        "¿cuánto es el tiempo de espera?",
        "quando chega meu pedido? :(",
        "where is my order? :/",
        "tem wifi? ;-)",
        "preço? kkkk",
        "abre hoje? rsrs",
    ],
)
def test_a_question_or_a_closing_word_is_answered_at_once(text):
    assert thought(text) is Thought.WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "oi",
        "Oiii 😊",
        "bom dia, tudo bem?",
        "hello, how are you?",
        "hola, qué tal?",
        "então",
        "I wanted to ask",
        "posso tirar uma dúvida?",
        "tengo una consulta",
        "can you help me?",
        "espera?",
        "¿me das una ayuda?",
        "as cores são (",
        "os itens:",
        "meu pedido,",
        "quero:",
        "é que…",
        "eu comprei mas",
        "the invoice from",
        "quiero cambiar el",
        "1. arroz",
        "- 2 pizzas",
        "tamanho M",
        "我想问一下，",
        "(",
    ],
)
def test_what_asks_nothing_yet_or_breaks_off_is_waited_for(text):
    assert thought(text) is Thought.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "qual o endereço de vocês",
        "where is my order",
        "how much is it",
        "cuál es la dirección",
        "Comprei uma mesa na semana passada e ela veio com um pé quebrado",
        "Meu chuveiro parou de esquentar.",
        "sim",
        "got it",
    ],
)
def test_what_reads_like_all_of_it_is_hardly_waited_for(text):
    assert thought(text) is Thought.LIKELY


@pytest.mark.parametrize("text", ["meu chuveiro parou de esquentar", "the coupon does not work"])
def test_details_may_follow_a_statement(text):
    assert thought(text) is Thought.UNSURE


def test_the_thought_is_judged_as_a_whole():
    assert thought("oi", "queria saber", "se vocês abrem no sábado?") is Thought.WHOLE
    assert thought("oi", "meu chuveiro parou de esquentar") is Thought.OPEN
    assert thought("meu pedido não chegou", "bom dia") is Thought.UNSURE
    assert thought("meu pedido não chegou", "obrigado") is Thought.WHOLE


def test_whoever_was_asked_for_something_answers_in_a_word():
    assert thought("Ana Souza") is Thought.OPEN
    assert thought("Ana Souza", asked=True) is Thought.LIKELY
    assert thought("oi", asked=True) is Thought.LIKELY
    assert thought("meu nome é", asked=True) is Thought.OPEN


def test_a_picture_waits_for_its_album_and_for_a_word_about_it():
    photo, voice = Piece("", ("photo",)), Piece("", ("voice",))
    captioned = Piece("tem desse no 42?", ("photo",))
    assert thought_of([photo]) is Thought.OPEN
    assert thought_of([captioned]) is Thought.ALBUM
    assert thought_of([captioned, photo, photo]) is Thought.ALBUM
    assert thought_of([photo, Piece("tem desse?")]) is Thought.WHOLE
    assert thought_of([voice]) is Thought.WHOLE
    assert thought_of([Piece("oi"), voice]) is Thought.WHOLE
    assert thought_of([Piece("e o", ("photo",))]) is Thought.OPEN


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.booleans())
def test_any_text_is_some_thought(texts, asked):
    assert 0.0 <= thought(*texts, asked=asked).value <= 1.0
