"""The book may format; nobody else can, and nobody's words change how the rest reads."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.checks.approve import approve, line, relay
from bot.checks.marking import marked
from bot.model import Action, Fact, KnownFacts
from bot.outcome import Draft, Origin, Span
from bot.words.markdown import escaped, needs_marking
from bot.words.render import render
from tests.handlers.conftest import BOOK, CASE, CHAT, act, both, make_turn

READ = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render
# What Markdown shows of each: the value stands where %s does.
SENTENCES = {
    "Pedido **{{ v }}** a caminho.": "<p>Pedido <strong>%s</strong> a caminho.</p>\n",
    "*Oi*, {{ v }}": "<p><em>Oi</em>, %s</p>\n",
    "{{ v }}\n\n- um\n- dois": "<p>%s</p>\n<ul>\n<li>um</li>\n<li>dois</li>\n</ul>\n",
    "**Nome:**\n{{ v }}\nPronto": "<p><strong>Nome:</strong>\n%s\nPronto</p>\n",
    "- {{ v }}\n- [site](https://s.example)": (
        '<ul>\n<li>%s</li>\n<li><a href="https://s.example">site</a></li>\n</ul>\n'
    ),
    "~~{{ v }}~~ [{{ v }}](https://s.example)": (
        '<p><s>%s</s> <a href="https://s.example">%s</a></p>\n'
    ),
}
ANYTHING = st.text(
    st.one_of(
        st.sampled_from("*_`[]()<>#+-.!|~&=\\\n\t ;:/1a\"'"),
        st.characters(codec="utf-8", exclude_categories=("Cc",)),
    ),
    min_size=1,
    max_size=24,
)


def spans(template, value, origin=Origin.CUSTOMER):
    return render(both("texts.x", template, "-"), {"v": Span(value, origin, "v")}, BOOK, "pt", 0)


def read(text):
    """As a reader sees it: blanks at the edges of a paragraph are nobody's."""
    return re.sub(r"\s*\n\s*", "\n", READ(text)).strip()


def literally(value):
    return html.escape(value).replace("&#x27;", "'")


@pytest.mark.parametrize("template", SENTENCES)
@given(value=ANYTHING)
@example(value="**")
@example(value="\n\n# x\n\n")
@example(value="](https://evil.example) [")
@example(value="1. a\n2. b")
@example(value="&lt;b&gt; <https://evil.example>")
@example(value="~~ __x__ ***")
@example(value="    code")
def test_a_value_reads_literally_and_changes_nothing_around_it(template, value):
    if not value.strip():
        return  # nothing between two marks is no value
    expected = SENTENCES[template].replace("%s", literally(value))
    assert read(marked(spans(template, value))) == re.sub(r"\s*\n\s*", "\n", expected).strip()


@given(value=st.characters(categories=("Cc",)), around=ANYTHING)
def test_a_control_character_opens_nothing(value, around):
    found = READ(marked(spans("**Oi** {{ v }} *você*", f"{around}{value}{around}")))
    assert found.startswith("<p><strong>Oi</strong> ")
    assert found.endswith(" <em>você</em></p>\n")
    assert found.count("<") == 6


@given(value=ANYTHING)
@example(value="``")
@example(value="a`b")
def test_a_value_in_code_cannot_leave_it(value):
    if not value.strip():
        return
    found = READ(marked(spans("Código `{{ v }}`, **anote**.", value)))
    assert re.fullmatch(r"<p>Código <code>[^<]+</code>, <strong>anote</strong>\.</p>\n", found), (
        found
    )


@given(value=ANYTHING)
@example(value="x) **y** (")
def test_a_value_in_an_address_cannot_leave_it(value):
    found = READ(marked(spans("[Rastrear](https://s.example/{{ v }}) **agora**", value)))
    assert re.fullmatch(
        r'<p><a href="https://s\.example/[^"<>\s]*">Rastrear</a> <strong>agora</strong></p>\n',
        found,
    ), found


def test_an_open_backtick_of_the_book_protects_nobody():
    assert "*" not in READ(marked(spans("Um ` só. **Oi** {{ v }}", "x"))).replace("**", "")
    assert "<em>" not in READ(marked(spans("Um ` só. **Oi** {{ v }}", "*x*")))


@pytest.mark.parametrize(
    "template", ["Oi, {{ v }}.", "Pedido {{ v }}: a caminho!", "{{ v }}", "Das 9h - 18h (#1)."]
)
@pytest.mark.parametrize("value", ["**x**", "1. a", "# x", "a_b"])
def test_a_sentence_without_marks_needs_no_marking(template, value):
    assert marked(spans(template, value)) == ""


@pytest.mark.parametrize(
    "text",
    ["**a**", "_a_", "`a`", "[a](b)", "# a", "oi\n> a", "- a", "oi\n1. a", "~~a~~", "a\\*", "&lt;"],
)
def test_what_formats_is_seen(text):
    assert needs_marking(text)


@pytest.mark.parametrize("text", ["a - b", "3 < 4", "R$ 10 (dez)", "Oi! #1", "a & b", "1.5"])
def test_what_does_not_format_is_left_alone(text):
    assert not needs_marking(text)


def test_an_ordinary_value_stays_as_it_is():
    assert escaped("Ana, pedido 48213?") == "Ana, pedido 48213?"
    assert escaped("a*b") == r"a\*b"
    assert escaped(" a\n\nb") == "&#32;a&#10;&#10;b"


# At the door


def test_approve_marks_what_the_book_formats_and_escapes_a_fact():
    sentence = both("texts.x", "Saldo: **{{ balance }}**", "-")
    known = KnownFacts({"balance": Fact("balance", "text", "*10*", 0.0, "erp")})
    book = BOOK.texts | {"x": sentence}
    turn = make_turn("oi", facts=known, book=_with(book))
    value = {"balance": Span("*10*", Origin.FACT, "balance")}
    sent = approve(Draft(render(sentence, value, turn.book, "pt", 0), "rule"), turn)
    assert (sent.text, sent.marked) == ("Saldo: ***10***", r"Saldo: **\*10\***")


def test_a_line_marks_what_the_book_formats_and_escapes_its_values():
    book = _with(BOOK.texts | {"limited": both("texts.limited", "Em **{{ minutes }}** min", "-")})
    assert line("limited", {"minutes": 5}, BOOK, to=CHAT, language="pt").marked == ""
    assert line("limited", {"minutes": -2.5}, book, to=CHAT, language="pt").marked == (
        r"Em **\-2,5** min"
    )


def test_a_person_is_relayed_literally():
    turn = make_turn(act=act(Action.REPLY, "**oi** _você_"), case=CASE)
    assert relay(turn.act, turn).marked == ""


def _with(texts):
    return replace(BOOK, texts=texts)
