"""Choices written out, to be answered with their number."""

from __future__ import annotations

import pytest

from bot.words.options import numbered


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        ((), ""),
        (("Sim",), "\n\n1. Sim"),
        (("Sim", "Não"), "\n\n1. Sim\n2. Não"),
        (("Duas\nlinhas ", "b"), "\n\n1. Duas linhas\n2. b"),
    ],
)
def test_each_choice_has_a_line_and_a_number(labels, written):
    assert numbered(labels) == written
