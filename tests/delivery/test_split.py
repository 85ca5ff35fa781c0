"""Long answers in parts: cut where a reader pauses, nothing lost, nothing torn."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.delivery.split import split


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("", 10, ("",)),
        ("  oi ", 10, ("  oi ",)),
        ("um dois", 7, ("um dois",)),
        ("um dois", 6, ("um", "dois")),
        ("Um dois.\n\nTrês quatro.", 14, ("Um dois.", "Três quatro.")),
        ("Um dois. Três\nquatro. Cinco", 20, ("Um dois. Três", "quatro. Cinco")),
        ("Um dois três. Quatro cinco.", 22, ("Um dois três.", "Quatro cinco.")),
        ("Um dois três? Quatro cinco.", 22, ("Um dois três?", "Quatro cinco.")),
        ("Um dois três… Quatro cinco.", 22, ("Um dois três…", "Quatro cinco.")),
        ("Um «dois três!» Quatro cinco.", 22, ("Um «dois três!»", "Quatro cinco.")),
        ("Falei com o Sr. Silva e pronto.", 20, ("Falei com o Sr.", "Silva e pronto.")),
        ("Fale. Abra a porta do Sr. Silva.", 27, ("Fale. Abra a porta do Sr.", "Silva.")),
        ("Hoje sim. Vi a dona Sra. Lima ali.", 27, ("Hoje sim.", "Vi a dona Sra. Lima ali.")),
        (
            "Bem vindo. O nº 1. do bairro chegou.",
            22,
            ("Bem vindo.", "O nº 1. do bairro", "chegou."),
        ),
        ("Este ano. Em 2026. Tudo bem.", 20, ("Este ano. Em 2026.", "Tudo bem.")),
        ("Custa só hoje R$ 1.000,00 aqui", 20, ("Custa só hoje", "R$ 1.000,00 aqui")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("👍👍👍", 4, ("👍👍", "👍")),
        ("👍👍👍", 3, ("👍", "👍", "👍")),
        ("a👩‍👩‍👧b", 9, ("a👩‍👩‍👧", "b")),
        ("aa👩‍👩‍👧b", 9, ("aa", "👩‍👩‍👧b")),
        ("a🇧🇷🇵🇹", 7, ("a🇧🇷", "🇵🇹")),
        ("ae\u0301e\u0301", 4, ("ae\u0301", "e\u0301")),
        ("x👍🏽", 4, ("x", "👍🏽")),
    ],
)
def test_where_a_text_is_cut(text, most, parts):
    assert split(text, most) == parts


def test_a_cut_soon_after_the_beginning_is_not_worth_a_message():
    text = "Olá!\n\n" + "palavra " * 20
    first, *_ = split(text, 90)
    assert first.startswith("Olá!\n\npalavra")


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("aaa bbb **cc dd ee** f", 14, ("aaa bbb", "**cc dd ee** f")),
        ("aaa bbb *cc dd ee* f", 14, ("aaa bbb", "*cc dd ee* f")),
        ("aaa bbb `cc dd ee` f", 14, ("aaa bbb", "`cc dd ee` f")),
        ("aaa bbb [cc dd](https://e.f) g", 24, ("aaa bbb", "[cc dd](https://e.f) g")),
        ("aaa bbb\\*ccc", 8, ("aaa", "bbb\\*ccc")),
        ("aaabbbcc\\*ddd", 9, ("aaabbbcc", "\\*ddd")),
        ("aaabbbcc&#10;ddd", 9, ("aaabbbcc", "&#10;ddd")),
        ("**aaa bbb ccc ddd**", 10, ("**aaa bbb", "ccc ddd**")),
    ],
)
def test_formatting_is_not_cut_where_that_can_be_avoided(text, most, parts):
    assert split(text, most, marked=True) == parts


def test_a_fenced_block_is_closed_and_opened_again():
    lines = [f"linha = {n}" for n in range(9)]
    text = "Veja:\n\n```py\n" + "\n".join(lines) + "\n```\nPronto."
    parts = split(text, 50, marked=True)

    assert parts[0] == "Veja:"
    assert parts[-1].endswith("\n```\nPronto.")
    assert all(part.startswith("```py\n") for part in parts[1:])
    assert all(part.endswith("\n```") for part in parts[1:-1])
    code = "\n".join(parts).replace("```py", "").replace("```", "").replace("Pronto.", "")
    assert [line for line in code.splitlines() if line][1:] == lines


def test_a_first_line_as_long_as_a_message_ends_all_the_same():
    text = "```" + "x" * 80 + "\n" + "y " * 80
    assert squeezed("".join(split(text, 40, marked=True))).startswith("```xxx")


LINES = some.sampled_from(
    ["**", "*", "`", "[", "](", ")", "\\", "&#10;", "~~", "_", ". ", "! ", "R$ ", "Sr. ", "1. "]
)
SIGNS = some.sampled_from(
    ["👍", "👩‍👩‍👧", "🇧🇷", "e\u0301", "a", "Z", "9", " ", "\n", "\n\n", "한", "\r\n"]
)
TEXTS = some.lists(SIGNS | LINES, max_size=80).map("".join) | some.text(
    some.characters(exclude_categories=["Cs"]), max_size=200
)


@given(TEXTS, some.integers(2, 60), some.booleans())
@example("\u0301" * 50, 5, False)
@example(" " * 50, 5, False)
def test_parts_are_short_enough_and_nothing_is_lost(text, most, marked):
    parts = split(text, most, marked=marked)
    assert parts
    assert all(units(part) <= most for part in parts)
    assert squeezed("".join(parts)) == squeezed(text)
    if len(parts) > 1:
        assert all(part.strip() for part in parts)


WHOLE = some.sampled_from(
    ["👍🏽", "👩‍👩‍👧", "🇧🇷", "🇵🇹", "e\u0301", "a", "ç", "1\ufe0f\u20e3", "한", "♥\ufe0f"]
)


@given(some.lists(WHOLE, min_size=1, max_size=60), some.integers(11, 40))
def test_no_sign_is_torn(signs, most):
    parts = split("".join(signs), most)
    ends, borders = 0, {0}
    for sign in signs:
        borders.add(ends := ends + len(sign))
    at = 0
    for part in parts:
        at += len(part)
        assert at in borders
    assert "".join(parts) == "".join(signs)


@given(
    some.lists(some.text("ab {}=1", max_size=20), min_size=1, max_size=30),
    some.sampled_from(["```", "~~~~", "```py"]),
    some.integers(40, 90),
)
def test_a_fence_of_any_length_stays_code_in_every_part(lines, opening, most):
    closing = opening.removesuffix("py")
    body = "\n".join(f"|{line}" for line in lines)
    parts = split(f"{opening}\n{body}\n{closing}", most, marked=True)
    assert all(units(part) <= most for part in parts)
    shown: list[str] = []
    for part in parts:
        first, *inner, last = part.split("\n")
        assert (first, last) == (opening, closing)
        shown += inner
    assert "\n".join(shown) == body
    assert len(parts) == 1 or len(body) + 12 > most


def test_an_endless_mess_of_brackets_takes_no_time():
    for mess in ("[" * 20_000, "*a `" * 5_000, "`" * 20_000, "_a" * 10_000):
        assert squeezed("".join(split(mess, 4000, marked=True))) == squeezed(mess)
