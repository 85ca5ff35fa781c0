"""The language of short chat lines, or None where they do not tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.language import detect

THREE = ("pt", "en", "es")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("cadê meu pedido", "pt"), ("cade meu pedido", "pt"), ("oi", "pt"), ("boa noite", "pt"),
        ("quanto custa o frete", "pt"), ("obrigado", "pt"), ("vocês abrem domingo?", "pt"),
        ("where is my order", "en"), ("hi", "en"), ("are you open sunday", "en"),
        ("how much is shipping", "en"), ("refund", "en"),
        ("dónde está mi pedido", "es"), ("donde esta mi pedido", "es"), ("hola", "es"),
        ("cuanto cuesta el envio", "es"), ("gracias", "es"), ("mi pedido no llego", "es"),
    ],
)  # fmt: skip
def test_short_lines_are_told_apart(text: str, language: str) -> None:
    assert detect(text, THREE) == language


@pytest.mark.parametrize(
    "text", ["ok", "12345", "", "👍", "no", "pix", "delivery_status", "/human", "48213"]
)
def test_lines_that_do_not_tell_yield_none(text: str) -> None:
    assert detect(text, THREE) is None


def test_a_line_without_telling_words_goes_to_statistics() -> None:
    assert detect("Lieferung kommt vermutlich erst übermorgen nachmittag", ("pt", "de")) == "de"
    assert detect("fotografias coloridas mostravam paisagens montanhosas", THREE) == "pt"


def test_one_language_leaves_nothing_to_detect() -> None:
    assert detect("where is my order", ("pt",)) is None
    assert detect("wo bleibt denn meine bestellung heute", ("xx", "yy")) is None


@given(st.text(max_size=80))
def test_only_configured_languages_are_ever_answered(text: str) -> None:
    assert detect(text, ("pt", "es")) in (None, "pt", "es")
