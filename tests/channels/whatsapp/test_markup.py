"""Markdown on WhatsApp: marks that count, and nothing of the text lost or read as a mark.

`shown` reads a body as WhatsApp is assumed to do (see `guard.py`), written apart from it.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.channels.whatsapp.guard import BLANK, guarded
from bot.channels.whatsapp.markup import marks, plain
from bot.words.markdown import escaped
from tests.channels.telegram.test_markup import MESSY, SAYINGS

LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|[^\s@]+@[^\s@]+\.[^\s@]+", re.I)
CODE = re.compile(r"[a-z0-9]{4}([*_~]{2,})(?=[a-z0-9]{4})", re.I)  # within a Pix code


def shown(body: str) -> str:
    """What a customer reads: all signs but those that were taken for marks."""
    return "".join(sign for sign, taken in zip(body, taken_in(body), strict=True) if not taken)


def taken_in(body: str) -> list[bool]:
    taken, code = [False] * len(body), [False] * len(body)
    linked = set[int]()
    for found in LINK.finditer(body):
        begin = found.start()
        while begin < found.end() and body[begin] in "*_~`":
            begin += 1
        linked |= set(range(begin, found.end()))
    for found in CODE.finditer(body):
        linked |= set(range(found.start(1), found.end(1)))
    masked = "".join("x" if at in linked and sign == "`" else sign for at, sign in enumerate(body))
    for found in re.finditer(rf"```(?![`{BLANK}])(.*?[^`\s].*?)```", masked, re.DOTALL):
        taken[found.start() : found.start() + 3] = taken[found.end() - 3 : found.end()] = [True] * 3
        code[found.start() : found.end()] = [True] * len(found[0])
    for found in re.finditer(rf"`(?!{BLANK})([^`\n]+)`", masked):
        if not any(code[found.start() : found.end()]):
            taken[found.start()] = taken[found.end() - 1] = True
            code[found.start() : found.end()] = [True] * len(found[0])
    start = 0
    for line in body.split("\n"):
        if line.startswith("> ") and not code[start]:
            taken[start] = taken[start + 1] = True
        for mark in "*_~":
            places = [start + at for at, sign in enumerate(line) if sign == mark]
            places = [at for at in places if not code[at] and at not in linked]
            _pairs(body, start, start + len(line), places, taken)
        start += len(line) + 1
    return taken


def _pairs(body: str, start: int, end: int, places: list[int], taken: list[bool]) -> None:
    def beside(at: int) -> str:
        return body[at] if start <= at < end else "\n"

    while places:
        first = places.pop(0)
        if beside(first - 1).isalnum() or beside(first + 1).isspace() or beside(first + 1) == BLANK:
            continue
        for at in places:
            tight = not (beside(at - 1).isspace() or beside(at - 1) == BLANK)
            if at > first + 1 and tight and not beside(at + 1).isalnum():
                taken[first] = taken[at] = True
                places = [later for later in places if later > at]
                break


def signs(text: str) -> str:
    return "".join(text.replace(BLANK, "").split())


CASES = [
    ("oi", "oi"),
    ("R$ 10,00 (10%) + 1 = #2! 5 < 6 & 7", "R$ 10,00 (10%) + 1 = #2! 5 < 6 & 7"),
    ("**b** *i* ~~s~~ `c<d`", "*b* _i_ ~s~ `c<d`"),
    ("**b *bi* b**", "*b _bi_ b*"),
    ("***x***", "_*x*_"),
    ("**a\nb** c", "*a*\n*b* c"),
    ("**a `c` b**", "*a* `c` *b*"),
    ("# Um\n\n## **Dois**", "*Um*\n\n*Dois*"),
    ("a\nb\n\nc", "a\nb\n\nc"),
    ("- a\n- **b**\n  - c\n    1. d", "- a\n- *b*\n  - c\n    1. d"),
    ("3. a\n4. b", "3. a\n4. b"),
    ("> a\n> **b**\n>\n> c", "> a\n> *b*\n\n> c"),
    ("```py\nx < 1\n\n  y\n```", "```x < 1\n\n  y```"),
    ("```\na https://b.c\n```", "```a https://b.c\n```"),
    ("`https://b.c` `x`", "https://b.c `x`"),
    ("a\n\n---\n\nb", "a\n\n———\n\nb"),
    ("| a | b |\n|---|---|\n| 1 |  |", "*a* | *b*\n1 | –"),
    ("[a](https://b.c/?d=e&f)", "a (https://b.c/?d=e&f)"),
    ("[a](tel:+5511)", "a (+5511)"),
    ("<https://b.c/_d_>", "https://b.c/_d_"),
    ("![foto](https://b.c/d.png)", "foto (https://b.c/d.png)"),
    ("**veja https://b.c**", "veja https://b.c"),
    ("*a <https://b.c/_d_> e*", "a https://b.c/_d_ e"),
    ("ab**cd**ef", "abcdef"),
    ("**a**b", "ab"),
    ("**1**ª", "1ª"),
    ("(**a**), **b**!", "(*a*), *b*!"),
    ("a \\*b\\* c", "a *\u200bb* c"),
    ("**x \\*y z**", "*x *\u200by z*"),
    ("a\\_b\\_c 2\\*3\\*4", "a_b_c 2*3*4"),
    ("\\> a", ">\u200b a"),
    ("`` a`b ``", "a`b"),
    ("**\\***", "*"),
    ("**a b\\* c**", "*a b\u200b* c*"),
    ("**a\\***", "a*"),
    ("**a \\_** b\\_", "a _ b_"),
    ("<https://x.y/>**a**", "https://x.y/a"),
    ("**a**@b.c", "a@b.c"),
    ("", ""),
    ("[a]: https://b.c", ""),
]


@pytest.mark.parametrize(("text", "body"), CASES)
def test_what_each_mark_becomes(text, body):
    assert marks(text) == body


WRITTEN = [
    "2*3 e 4*5",
    "snake_case_x e _x",
    "https://x.y/_a_/*b* e a_b_@c_d.com",
    "* a\n* b",
    "~10 min, ~20 min",
    "R$ 5 * 2 = 10 *",
    "a ` b",
    ">5 anos e > 6",
    "_ _ _",
    "👍 *",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_text_that_whatsapp_would_not_format_stays_untouched(text):
    assert guarded(text) == text


FORMATTED = [
    "*a*",
    "_a b_ c",
    "(~a~)",
    "`a`",
    "```a\nb```",
    "> a",
    "x\n> a",
    "*a* b *c*",
    "*_a_*",
    "*a@b.c d*",
    "**a**",
]


@pytest.mark.parametrize("text", FORMATTED)
def test_text_that_whatsapp_would_format_is_shown_as_written(text):
    assert shown(text) != text
    assert shown(guarded(text)) == guarded(text)
    assert guarded(text).replace(BLANK, "") == text


def test_signs_in_front_of_an_address_are_no_part_of_it():
    assert guarded("*a@b.c*") == "*\u200ba@b.c*"
    assert guarded("_https://x.y_") == "_\u200bhttps://x.y_"


LITERAL = some.text("*_~` \na1.(>é:/@👍", max_size=40) | SAYINGS


@given(LITERAL)
@example("*a *b* c*")
@example("``` ` ```")
@example("*x (*y*)")
@example("a@b.c*d* *e*")
def test_no_sign_of_a_plain_text_is_taken_for_a_mark(text):
    body = guarded(text)
    assert not any(taken_in(body)), body
    assert body.replace(BLANK, "") == text.replace(BLANK, "")


PIX = "62070503***63041D3D"


@pytest.mark.parametrize("around", ["{} *hoje*", "*Pix:* {}", "{} ou {}", "_{}_ *x*", "*a {} b*"])
def test_a_code_that_is_copied_stays_as_it_is(around):
    assert guarded(around.replace("{}", PIX)).count(PIX) == around.count("{}")


@pytest.mark.parametrize(
    "around", ["{} **hoje**", "**Pix:** {}", "**a** {} **b**", "- **a** {} _b_"]
)
def test_bold_words_beside_a_code_leave_it_as_it_is(around):
    body = marks(around.replace("{}", PIX))
    assert PIX in body
    assert BLANK not in body


ADDRESSES = some.from_regex(r"https://[a-z*_~]{1,9}\.io/[a-z*_~`]{0,9}", fullmatch=True)


@given(LITERAL, ADDRESSES, LITERAL)
def test_an_address_is_never_broken(before, address, after):
    text = f"{before} {address} {after}"
    assert address in guarded(text)
    assert address in marks(f"{escaped(before)} <{address}> {escaped(after)}") or "`" in address


@given(MESSY)
@example("**_~~`a`~~_**")
@example("**a** \\***b**")
@example("_\\_x **y\\_**_")
@example("> ```\n> *x*\n> ```")
@example("**" * 200 + "x" + "**" * 200)
def test_whatever_is_written_nothing_is_lost_and_only_our_marks_are_taken(text):
    assert signs(shown(marks(text))) == signs(plain(text))


@given(SAYINGS)
@example("*x*")
@example("> x")
def test_escaped_words_read_as_themselves(words):
    for before, after in (("", ""), ("Disse: ", "!"), ("- ", "\n- x"), ("> ", "")):
        body = marks(f"{before}x{escaped(words)}x{after}")
        assert signs(f"x{words}x") in signs(shown(body)), body


@given(MESSY)
def test_marks_are_balanced_on_each_line(text):
    for line in marks(text).split("\n"):
        for mark in "*_~":
            taken = [at for at, was in enumerate(taken_in(line)) if was and line[at] == mark]
            assert len(taken) % 2 == 0
