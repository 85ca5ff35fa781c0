"""Who a model is to be: one text for all, or one for each language, or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.book import Book
from bot.errors import ConfigError, Flaw
from bot.words.load import load_book
from bot.words.render import text_of
from tests.words.books import TEMPLATES

THREE = ("pt", "en", "es")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    return tmp_path / "templates"


def load(folder: Path, text: str | None = None, **more: object) -> Book:
    if text is not None:
        (folder / "persona.yaml").write_text(text, "utf-8")
    return load_book(folder, THREE, "pt", "America/Sao_Paulo", **more)  # type: ignore[arg-type]


def flaws(folder: Path, text: str) -> tuple[Flaw, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return caught.value.flaws


def test_the_shop_has_a_short_one_for_every_language(folder):
    book = load(folder)
    assert book.persona is not None
    assert book.persona.name == "persona"
    for language in THREE:
        text = text_of(book.persona, book, language)
        assert "Casa Jabuticaba" in text
        assert len(text.split()) < 150


def test_each_language_may_have_its_own(folder):
    book = load(folder, "persona: {pt: 'da {{ house.name }}', en-GB: of, es: de}")
    assert book.persona is not None
    assert text_of(book.persona, book, "pt") == "da Casa Jabuticaba"
    assert text_of(book.persona, book, "en") == "of"


def test_without_the_file_there_is_none_and_the_version_differs(folder):
    before = load(folder)
    (folder / "persona.yaml").unlink()
    book = load(folder)
    assert book.persona is None
    assert book.version != before.version


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("persona: ''", 1, "no description"),
        ("persona: [a, b]", 1, "no description"),
        ("persona: 5", 1, "no description"),
        ("", 1, "is empty"),
        ("persona: |-\n  you are\n  the bot of {{ house.nane }}", 3, "'house.nane'"),
        ("persona: hi {{ minutes }}", 1, "'minutes' does not exist"),
        ("persona:\n  pt: oi\n  en: hi", 1, "says nothing in es"),
        ("persona:\n  pt: oi\n  enn: hi\n  es: x", 3, "'enn' is no language"),
        ("person: x", 1, "'person' is not a setting"),
        ("persona: x\npersona: y", 2, "twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(folder, text, line, message):
    found = [flaw for flaw in flaws(folder, text) if message in flaw.message]
    assert found
    assert found[0].where == f"persona.yaml:{line}"


def test_replies_may_show_facts_of_customers_that_are_declared_and_no_others(folder):
    (folder / "rules" / "9.yaml").write_text(
        "intents:\n  - name: debt\n    examples: [quanto devo]\n"
        "    reply: {pt: 'deve {{ balance }}', en: '{{ balance }}', es: '{{ balance }}'}\n"
    )
    assert load(folder, facts=["balance"]).intents[-1].reply is not None
    with pytest.raises(ConfigError) as caught:
        load(folder, facts=["balanse"])
    assert caught.value.flaws[0].where == "rules/9.yaml:4"
    assert "did you mean 'balanse'?" in caught.value.flaws[0].advice
