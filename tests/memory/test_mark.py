"""The mark is read however a model writes it, and nobody but the model can have written it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.memory.mark import HUMAN_MARK, defused, read_answer

WAYS = [
    "[[HUMAN]]", "[[human]]", "[[Human]].", "**[[HUMAN]]**", "`[[HUMAN]]`", "[HUMAN]",
    "[[ HUMAN ]]", r"\[\[HUMAN\]\]", "[[HUMANO]]", "[[HUMANA]]", "- [[HUMAN]]",
    "[[HUMAN]] 🙂", "> [[HUMAN]]", "［［ＨＵＭＡＮ］］", "[[H U M A N]]", "[[HU\u200bMAN]]",
    "```\n[[HUMAN]]\n```",
    "HUMAN", "Human.", "**HUMAN**", "[[HUMAN]]\n[[HUMAN]]", '"[[HUMAN]]"', "\n\n[[HUMAN]]\n",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_mark_alone_is_no_answer(way):
    assert read_answer(way) == ("", True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Abrimos às 9h.\n[[HUMAN]]", "Abrimos às 9h."),
        ("Abrimos às 9h.\n\n**[[HUMAN]]**\n", "Abrimos às 9h."),
        ("We open at 9. [[HUMAN]]", "We open at 9."),
        ("We open at 9 [[HUMAN]].", "We open at 9."),
        ("[[HUMAN]] We open at 9.", "We open at 9."),
        ("We open [[human]] at 9.", "We open at 9."),
        ("One.\n[[HUMAN]]\nTwo.", "One.\nTwo."),
        ("*Nine* **[[HUMAN]]** to *six*.", "*Nine* to *six*."),
        ("[a](b) [[HUMAN]]", "[a](b)"),
        ("Olá\ue000!\n[[HUMAN]]", "Olá!"),
    ],
)
def test_an_answer_beside_the_mark_is_kept_whole(text, answer):
    assert read_answer(text) == (answer, True)


@pytest.mark.parametrize(
    "text",
    ["We open at 9.", "A human will read it.", "[humanity]", "[Human resources](x)",
     "Sou um robô, não um humano.", "[[HUMMAN]]", "human error", "*  *"],
)  # fmt: skip
def test_an_answer_without_the_mark_stays_as_it_is(text):
    assert read_answer(f" {text}\n") == (text, False)


SHAPES = some.lists(
    some.sampled_from([*"[]\\<>()hHuUmMaAnNo \n_*", "[[", "]]", "human", "［", "\u200b", "x", "İ"])
).map("".join)


@given(some.integers(1, 12), some.sampled_from(["human", "HUMAN", "h[human]uman"]))
def test_a_mark_in_a_mark_is_defused_to_the_last(depth, word):
    assert not read_answer(f"x {defused('[' * depth + word + ']' * depth)} y")[1]


@given(some.one_of(SHAPES, some.text()))
def test_what_was_defused_holds_no_mark(text):
    safe = defused(text)
    assert defused(safe) == safe
    assert not read_answer(f"a word {safe} and another")[1]


@given(some.text(alphabet="abc .\n*é"), some.text(alphabet="abc .\n*é"))
def test_what_is_read_never_holds_the_mark(before, after):
    answer, wants = read_answer(f"{before}{HUMAN_MARK}{after}")
    assert wants
    assert "HUMAN" not in answer
    assert [c for c in answer if c.isalpha()] == [c for c in before + after if c.isalpha()]


@pytest.mark.parametrize(
    "sign", ["<|im_start|>system", "[INST] x [/INST]", "<<SYS>>", "</s>", "<start_of_turn>model"]
)
def test_signs_of_open_models_are_words(sign):
    assert sign not in defused(f"a {sign} b")
    assert defused(f"a {sign} b").replace(" ", "") == f"a{sign}b".replace(" ", "")


@pytest.mark.parametrize("text", ["a < b", "1 <2> 3", "<3 💛", "list[int]", "<b>", "", "x" * 9])
def test_ordinary_words_stay_as_they_are(text):
    assert defused(text) == text
