"""Markdown on Telegram: a few tags that always fit together, and nothing of the text lost."""

from __future__ import annotations

import html as standard
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.channels.telegram.markup import html, literal, plain
from bot.words.markdown import escaped, needs_marking

TAG = re.compile(r"<(/?)([a-z]+)([^<>]*)>")
TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}
ATTRIBUTES = {
    "a": r' href="(https?://|tel:|mailto:)[^"<>]*"',
    "code": r'( class="language-[^"<>]+")?',
}


def valid(markup: str) -> str:
    """The text that Telegram would read; fails on whatever its parser might refuse."""
    open_tags: list[str] = []
    text, at = "", 0
    for tag in TAG.finditer(markup):
        text += _unescaped(markup[at : tag.start()])
        at = tag.end()
        closing, name, attributes = tag.groups()
        assert name in TAGS, name
        if closing:
            assert open_tags.pop() == name
            assert not attributes
            continue
        assert re.fullmatch(ATTRIBUTES.get(name, ""), attributes), tag[0]
        _unescaped(attributes.replace('"', ""))
        assert name not in open_tags, f"{name} inside itself"
        assert not {"pre", "code"} & set(open_tags) or (name, open_tags) == ("code", ["pre"])
        if name == "code" and attributes:
            assert open_tags == ["pre"]
        elif name in ("pre", "code"):
            assert open_tags == [], "code stands alone"
        open_tags.append(name)
    assert open_tags == []
    return text + _unescaped(markup[at:])


def _unescaped(text: str) -> str:
    assert not set("<>") & set(text), text
    for reference in re.findall(r"&[^;]{0,6};?", text):
        assert reference in ("&amp;", "&lt;", "&gt;", "&quot;"), reference
    return standard.unescape(text)


CASES = [
    ("oi", "oi"),
    ("5 < 6 & 7 > 2", "5 &lt; 6 &amp; 7 &gt; 2"),
    ("R$ 10,00 (10%) + 1 = #2!", "R$ 10,00 (10%) + 1 = #2!"),
    ("**b** *i* ~~s~~ `c<d`", "<b>b</b> <i>i</i> <s>s</s> <code>c&lt;d</code>"),
    ("**b *bi* b**", "<b>b <i>bi</i> b</b>"),
    ("**a __b__ c**", "<b>a b c</b>"),
    ("**a `c` b**", "<b>a </b><code>c</code><b> b</b>"),
    ("# Um\n\n## **Dois**", "<b>Um</b>\n\n<b>Dois</b>"),
    ("a\nb\n\nc", "a\nb\n\nc"),
    ("- a\n- b\n  - c\n    1. d", "• a\n• b\n  • c\n    1. d"),
    ("3. a\n4. b", "3. a\n4. b"),
    ("- a\n\n- b", "• a\n• b"),
    ("> a\n> > b", "<blockquote>a\n\nb</blockquote>"),
    ("```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1</code></pre>'),
    ("```\nx\n\ny\n```", "<pre>x\n\ny</pre>"),
    ('```"><b>\nx\n```', "<pre>x</pre>"),
    ("a\n\n---\n\nb", "a\n\n———\n\nb"),
    ("| a | b |\n|---|---|\n| 1 |  |", "<b>a</b> | <b>b</b>\n1 | –"),
    ("[a](https://b.c/?d=e&f)", '<a href="https://b.c/?d=e&amp;f">a</a>'),
    ('[a](https://b.c/")', '<a href="https://b.c/%22">a</a>'),
    ("[a](tel:+5511)", '<a href="tel:+5511">a</a> (+5511)'),
    ("[a@b.c](mailto:a@b.c)", '<a href="mailto:a@b.c">a@b.c</a>'),
    ("[a](tg://user?id=1)", "a (tg://user?id=1)"),
    ("[a](/b)", "a (/b)"),
    ("[a](javascript:x)", "[a](javascript:x)"),
    ("<https://b.c>", '<a href="https://b.c">https://b.c</a>'),
    ("[`c`](https://b.c)", '<a href="https://b.c">c</a>'),
    ("[](https://b.c)", '<a href="https://b.c">https://b.c</a>'),
    ("![foto](https://b.c/d.png)", '<a href="https://b.c/d.png">foto</a>'),
    ("![foto](d.png)", "foto (d.png)"),
    ("<b>x</b> <script>", "&lt;b&gt;x&lt;/b&gt; &lt;script&gt;"),
    ("<div>\nx\n</div>", "&lt;div&gt;\nx\n&lt;/div&gt;"),
    ("a\\*b &lt; &copy;", "a*b &lt; ©"),
    ("    x", "x"),
    ("", ""),
    ("[a]: https://b.c", ""),
]


@pytest.mark.parametrize(("text", "markup"), CASES)
def test_what_each_mark_becomes(text, markup):
    assert html(text) == markup
    valid(markup)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("**b** [a](https://b.c) <https://d.e>", "b a (https://b.c) https://d.e"),
        ("# Um\n- a\n- `c`", "Um\n\n• a\n• c"),
        ("![](https://b.c/d.png) ![x](y)", "https://b.c/d.png x (y)"),
        ("```py\nx\n```", "x"),
        ("| a |\n|---|\n| 1 |", "a\n1"),
    ],
)
def test_the_reading_text_has_no_marks_and_keeps_targets(text, read):
    assert plain(text) == read


PIECES = some.sampled_from(
    (
        *(
            "**",
            "*",
            "_",
            "__",
            "`",
            "```",
            "```py\n",
            "~~",
            "[",
            "](",
            ")",
            "](https://x.y)",
            "![",
        ),
        *(
            "<b>",
            "</b>",
            "<",
            ">",
            "&",
            "&amp;",
            '"',
            "\\",
            "a",
            "é",
            " ",
            "  ",
            "👍🏽",
            "$",
            "tel:",
        ),
        *(
            "\n",
            "\n\n",
            "> ",
            "- ",
            "  - ",
            "1. ",
            "# ",
            "|",
            "---",
            "<http://x>",
            "](https://x.y)",
        ),
        "| a | b |\n|---|---|\n| c | d |\n",
    )
)
MESSY = some.lists(PIECES, max_size=30).map("".join) | some.text(max_size=60)


@given(MESSY)
@example(">" * 60 + " x")
@example("- " * 60 + "x")
@example("**" * 200 + "x" + "**" * 200)
@example("[" * 200 + "x" + "](https://y.z)" * 200)
def test_whatever_is_written_telegram_can_read_it(text):
    shown = valid(html(text))
    assert len(shown) <= len(plain(text))
    valid(literal(text))


# What no platform keeps anyway: control characters; and halves of pairs, which are no text.
WORDS = some.text(some.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
SAYINGS = (
    WORDS
    | some.lists(PIECES | WORDS, max_size=12).map("".join)
    | some.text("\n\t\r *a1.-#", max_size=20)
)


@given(SAYINGS)
@example("  a\n\n    b \t")
@example("1. a\n2) b")
@example("a\n===\n| a |\n|---|")
@example("&copy; &#65; \\* http://x_y_z")
def test_escaped_words_read_as_themselves(words):
    for before, after in (("", ""), ("Disse: ", "!"), ("**", "**: x"), ("- ", "\n- x"), ("> ", "")):
        marked = f"{before}x{escaped(words)}x{after}"
        assert f"x{words}x" in plain(marked), marked
        assert f"x{words}x" in valid(html(marked))
    assert plain(escaped(words)) == words


@given(WORDS | MESSY)
def test_text_that_needs_no_marking_reads_the_same_either_way(text):
    text = text.replace("\0", "")  # a character that Markdown replaces
    if not needs_marking(text):
        assert plain(text).split() == text.split()
        assert valid(html(text)).split() == text.split()


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("Olá! Abrimos às 9h - 18h, R$ 10,00 (2 + 2 = 4).", False),
        ("snake_case e 2 * 3 * 4", False),
        ("https://x.y/a_b_c?d=e&f=g", False),
        ("um\n\n\ndois\n   três", False),
        ("<b>um</b>\n\n<div>dois</div>", False),
        ("**forte**", True),
        ("*fraco*", True),
        ("- um\n- dois", True),
        ("1. um", True),
        ("# Um", True),
        ("> um", True),
        ("[a](https://b.c)", True),
        ("<https://b.c>", True),
        ("`c`", True),
        ("a\\*b", True),
        ("a &amp; b", True),
        ("a | b\n---|---\n1 | 2", True),
        ("~~a~~", True),
        ("a\n---", True),
    ],
)
def test_what_needs_marking(text, needs):
    assert needs_marking(text) is needs
