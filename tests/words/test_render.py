"""Sentences with values: what an admin wrote is a template, what anybody typed is only text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.outcome import Origin, Span
from bot.words.render import BadSentence, render, text_of, variables
from tests.words.books import book, sentence

HOUSE = {"phone": "555", "city.pt": "Rio", "city.en": "Rio de Janeiro", "items": "pans"}
BOOK = book(house=HOUSE)


def customer(text: str) -> Span:
    return Span(text, Origin.CUSTOMER)


def test_each_word_remembers_where_it_comes_from() -> None:
    spans = render(sentence("Pedido {{ order }}, ligue {{ house.phone }}"),
                   {"order": customer("123")}, BOOK, "pt", 0)  # fmt: skip
    assert spans == (
        Span("Pedido ", Origin.BOOK, "texts.test"),
        customer("123"),
        Span(", ligue 555", Origin.BOOK, "texts.test"),
    )


@given(st.text(max_size=200))
@example("{{ 7*7 }}")
@example("{% if 1 %}x{% endif %}")
@example("\ue0000\ue001")
@example("\ue00199\ue000{{ house.phone }}")
def test_a_value_is_never_evaluated_and_keeps_its_origin(value: str) -> None:
    spans = render(sentence("<{{ name }}>"), {"name": customer(value)}, BOOK, "pt", 0)
    middle = [span for span in spans if span.origin is Origin.CUSTOMER]
    assert "".join(span.text for span in middle) == value
    assert "".join(span.text for span in spans) == f"<{value}>"


def test_a_choice_compares_the_value_and_shows_no_mark() -> None:
    said = sentence(
        "{% if kind == 'voice' %}áudio{% elif not kind %}nada{% else %}{{ kind }}{% endif %}"
    )
    for value, text in (("voice", "áudio"), ("", "nada"), ("photo", "photo")):
        spans = render(said, {"kind": Span(value, Origin.BOOK)}, BOOK, "pt", 0)
        assert "".join(span.text for span in spans) == text


def test_facts_follow_the_language_and_fall_back_to_the_default() -> None:
    said = sentence(
        "{{ house.city }} {{ house.items }}", en="{{ house.city }}", es="{{ house.city }}"
    )
    assert text_of(said, BOOK, "pt") == "Rio pans"
    assert text_of(said, BOOK, "en") == "Rio de Janeiro"
    assert text_of(said, BOOK, "es") == "Rio"
    assert text_of(sentence("só português"), BOOK, "en") == "só português"


def test_the_seed_chooses_between_variants() -> None:
    said = sentence("a", "b")
    assert [text_of(said, BOOK, "pt", seed) for seed in range(3)] == ["a", "b", "a"]
    only_english = sentence(name="texts.test", en="x")
    only = type(only_english)("texts.test", {"en": ("x",)})
    assert text_of(only, BOOK, "es") == "x"


def test_a_sentence_is_capped() -> None:
    spans = render(sentence("a{{ x }}b{{ x }}"), {"x": customer("y" * 4000)}, BOOK, "pt", 0)
    assert len("".join(span.text for span in spans)) == 4096


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="order"):
        render(sentence("{{ order }}"), {}, BOOK, "pt", 0)


def test_variables_are_listed() -> None:
    found = variables("{{ a }} {% if b == 1 and not c %}{{ house.phone }}{% endif %}")
    assert found.values == {"a", "b", "c"}
    assert found.house == {"phone"}
    assert variables("{{ house }}").values == {"house"}


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 999999999 }}", "{{ x.y }}", "{{ house.phone.upper }}", "{{ f() }}",
        "{{ x|upper }}",
        "{% for i in x %}{% endfor %}", "{{ x[0] }}", "{% set a = 1 %}", "{{ a ~ b }}", "{{ 7*7 }}",
        "{% if a in b %}x{% endif %}", "{% include 'x' %}", "{{ x", "\ue000", "{{ [1] }}",
        "{% macro m() %}{% endmacro %}", "{{ house.phone().x }}", "{{ 1 if a else 2 }}",
    ],
)  # fmt: skip
def test_a_sentence_may_do_nothing_but_show_and_choose(template: str) -> None:
    with pytest.raises(BadSentence):
        variables(template)
