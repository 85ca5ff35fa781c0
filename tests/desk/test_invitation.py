"""A template's variables are what WhatsApp takes, whatever customers call themselves."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.invitation import LONGEST_NAME, Approved, Invitations, plain
from bot.outcome import Template
from tests.handlers.conftest import BOOK

BOTH = {"1": "name", "2": "house"}
INVITATIONS = Invitations(
    "whatsapp", {"pt": Approved("HXpt", BOTH), "en": Approved("HXen", {"1": "house"})}
)


def test_the_customers_language_comes_first():
    assert INVITATIONS.to("whatsapp", "en", "Ana", BOOK) == Template("HXen", {"1": "Padaria Sol"})
    assert INVITATIONS.to("whatsapp", "pt", "Ana", BOOK) == Template(
        "HXpt", {"1": "Ana", "2": "Padaria Sol"}
    )


def test_then_the_language_of_the_house():
    only_pt = replace(INVITATIONS, approved={"pt": Approved("HXpt", BOTH)})
    assert only_pt.to("whatsapp", "en", "", BOOK) == Template(
        "HXpt",
        {"1": "cliente", "2": "Padaria Sol"},  # in the words of the language it is written in
    )
    only_en = replace(INVITATIONS, approved={"en": Approved("HXen", {"1": "name"})})
    assert only_en.to("whatsapp", "pt", "Ana", BOOK) is None
    assert only_en.to("whatsapp", "en", "", BOOK) == Template("HXen", {"1": "customer"})


def test_a_template_without_variables_stays_so():
    plain_one = Invitations("whatsapp", {"pt": Approved("HXpt")})
    assert plain_one.to("whatsapp", "pt", "Ana", BOOK) == Template("HXpt")


@pytest.mark.parametrize("channel", ["web", "telegram", ""])
def test_other_channels_have_none(channel):
    assert INVITATIONS.to(channel, "pt", "Ana", BOOK) is None


def test_without_any_configuration_nothing_fits():
    assert Invitations().to("whatsapp", "pt", "Ana", BOOK) is None


def test_the_house_is_named_in_the_templates_language():
    book = replace(BOOK, house={"name": "Padaria Sol", "name.en": "Sun\nBakery"})
    assert INVITATIONS.to("whatsapp", "en", "", book) == Template("HXen", {"1": "Sun Bakery"})


def test_a_house_without_a_name_leaves_no_variable_empty():
    found = INVITATIONS.to("whatsapp", "en", "", replace(BOOK, house={}))
    assert found == Template("HXen", {"1": "-"})


@pytest.mark.parametrize(
    ("languages", "everybody"),
    [((), False), (("pt",), True), (("en",), False), (("en", "pt"), True)],
)
def test_whether_everybody_can_be_invited(languages, everybody):
    given_ = Invitations("whatsapp", {each: Approved("HX") for each in languages})
    assert given_.fit_all(BOOK) is everybody


def test_every_language_of_the_house_is_everybody_too():
    book = replace(BOOK, languages=("en", "es"), default_language="pt")
    given_ = Invitations("whatsapp", {each: Approved("HX") for each in ("en", "es")})
    assert given_.fit_all(book)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ana", "Ana"),
        ("  Ana\n\tde  Souza\r", "Ana de Souza"),
        ("Ana      Souza", "Ana Souza"),
        ("José Ñandú 李", "José Ñandú 李"),
        ("👩\u200d👧 ❤\ufe0f", "👩\u200d👧 ❤\ufe0f"),
        ("Ana\u2028Caso 7\u0085x", "Ana Caso 7 x"),
        ("A\x00na\x1b[2J", "A na [2J"),
        ("\u202eanA\u2066", "anA"),
        ("ana\ud800", "ana"),
        ("{{1}}", "{{1}}"),
        ("a" * 100, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
        ("a" * 58 + "👩\u200d👧", "a" * 58 + "👩"),
    ],
)
def test_a_name_is_one_short_line(name, said):
    assert plain(name, LONGEST_NAME) == said


@pytest.mark.parametrize(
    "name",
    ["", " \n", ".", "-_-", "\u3164", "\u2800\u2800", "\u200b\u200d\ufe0f", "\x00", "\u0301"],
)
def test_a_name_that_shows_nothing_is_none(name):
    assert plain(name, LONGEST_NAME) == ""
    found = INVITATIONS.to("whatsapp", "pt", name, BOOK)
    assert found is not None
    assert found.variables["1"] == "cliente"


@given(st.text(st.characters(), max_size=200))
def test_whatsapp_takes_whatever_is_filled_in(name):
    found = INVITATIONS.to("whatsapp", "pt", name, BOOK)
    assert found is not None
    said = found.variables["1"]
    assert 0 < len(said) <= LONGEST_NAME
    assert said == said.strip()
    assert "  " not in said
    said.encode("utf-8")
    for sign in said:
        assert sign in "\u200d\ufe0f" or unicodedata.category(sign)[0] != "C"
        assert sign == " " or not sign.isspace()
