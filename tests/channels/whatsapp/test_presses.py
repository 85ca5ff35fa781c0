"""What was pressed, or meant by a number."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.heard import Pressed
from bot.channels.whatsapp.presses import by_number, by_press, by_press_of_some, number_in
from bot.outcome import Button

YES, NO = Button("Sim", "/yes"), Button("Não", "/no")
LONG = Button("Falar com uma pessoa da loja", "/human")
BOTH = (YES, NO)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((text, 2) for text in (
            "2", " 2 ", "2.", "2)", "(2)", "[2]", "2️⃣", " 2⃣ ", "nº 2", "Nº2", "n° 2", "no. 2",
            "opção 2", "OPÇÃO 2", "opcao 2", "opc\u0327a\u0303o 2", "Opção: 2", "option 2",
            "Option 2.", "opción 2", "opcion 2", "a 2", "A 2", "la 2", "o 2", "el 2", "2ª", "2º",
            "a 2ª", "#2", "# 2", "número 2", "number 2", "\n2\n",
        )),
        ("1", 1), ("10", 10), ("99", 99),
        *((text, None) for text in (
            "", " ", "0", "02", "100", "-2", "2,5", "2.5", "2 2", "2 3", "1 e 2", "2x", "x2", "2?",
            "sim", "opção", "opção dois", "2 mesas", "mesa 2", "quero 2", "às 2", "2h", "2 h",
            "R$ 2", "2%", "２", "٢", "2a feira", "no 2",
            "a2", "la2", "#", "nº", "2" + " " * 40, "²",
        )),
    ],
)  # fmt: skip
def test_a_message_that_is_nothing_but_a_number(text, number):
    assert number_in(text) == number


def test_a_number_counts_from_one_and_only_what_was_offered():
    assert (by_number(1, BOTH), by_number(2, BOTH)) == (YES, NO)
    assert by_number(3, BOTH) is None
    assert by_number(0, BOTH) is None
    assert by_number(1, ()) is None


@pytest.mark.parametrize(
    ("payload", "label", "meant"),
    [
        ("0", "Sim", YES),
        ("1", "Não", NO),
        ("1", "não ", NO),
        ("2", "Falar com uma…", LONG),
        ("2", "Falar com uma …", LONG),
        ("2", "", LONG),
        ("0", "Qualquer", YES),  # our own message: its place counts
        ("0", "Não", NO),  # but nobody presses what they did not read
        ("x", "Sim", YES),
        ("", "Não", NO),
        ("7", "Sim", YES),
        ("7", "Talvez", None),
        ("-1", "", None),
        ("１", "", None),
        ("", "…", None),
        ("", "", None),
    ],
)
def test_a_press_under_a_message_of_ours(payload, label, meant):
    assert by_press(Pressed(payload, label), (YES, NO, LONG)) is meant


def test_two_buttons_that_read_alike_are_told_apart_by_their_place():
    alike = (Button("Ver mais", "/a"), Button("Ver mais", "/b"))
    assert by_press(Pressed("1", "Ver mais"), alike) is alike[1]
    assert by_press(Pressed("", "Ver mais"), alike) is None


@pytest.mark.parametrize(
    ("payload", "label", "meant"),
    [
        ("0", "Sim", YES),
        ("1", "Não", NO),
        ("0", "Não", None),
        ("0", "", None),
        ("", "Sim", None),
        ("9", "Sim", None),
    ],
)
def test_where_the_message_is_not_known_place_and_label_have_to_agree(payload, label, meant):
    assert by_press_of_some(Pressed(payload, label), BOTH) is meant
