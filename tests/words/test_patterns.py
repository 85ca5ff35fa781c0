"""Patterns of forms: valid, and never slow."""

import pytest

from bot.words.patterns import flaw_of


@pytest.mark.parametrize(
    "pattern",
    ["[0-9]{4,10}", r"\d+", r"#?(\d{4,})", "sim|não", r"(?:\d{2,3}-){1,3}\d+", r"[a-z]+ [a-z]+"],
)
def test_ordinary_patterns_are_fine(pattern: str) -> None:
    assert flaw_of(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a*)*b", "(a|aa)+$", "([a-z]+)*x", r"(\d+,?){2,50}", "[", "(", "a{2,1}", "x*",
     "a+b+c+", "(?:(?:a+)b?)+$"],
)  # fmt: skip
def test_broken_and_explosive_patterns_are_refused(pattern: str) -> None:
    assert flaw_of(pattern) is not None
