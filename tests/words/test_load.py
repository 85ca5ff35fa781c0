"""Every mistake of an admin is named at its line, all at once."""

import shutil
from pathlib import Path

import pytest

from bot.errors import ConfigError, Flaw
from bot.words.load import load_book, load_rules
from tests.words.books import TEMPLATES

THREE = ("pt", "en", "es")
ZONE = "America/Sao_Paulo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    return tmp_path / "templates"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def flaws(folder: Path, languages: tuple[str, ...] = THREE, zone: str = ZONE) -> tuple[Flaw, ...]:
    with pytest.raises(ConfigError) as caught:
        load_book(folder, languages, "pt", zone)
    return caught.value.flaws


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


SHOP = "rules/3_shop.yaml"
MISTAKES = [
    # file, what stands there, what is written instead, words of the message, words of the advice
    ("texts.yaml", "  unknown_offer:", "  unknwon_offer:",
     "'unknwon_offer' is no line", "unknown_offer"),
    ("texts.yaml", "    en: Fine. You can", "    fr: Fine. You can",
     "says nothing in en", "add a line"),
    ("texts.yaml", "    en: Fine. You can", "    enn: Fine. You can",
     "'enn' is no language", "'en'"),
    ("texts.yaml", "{{ minutes }}", "{{ minuts }}", "variable 'minuts'", "did you mean 'minutes'"),
    ("texts.yaml", "robô da {{ house.name }} 👋", "robô da {{ house.nane }}",
     "variable 'house.nane'", "'house.name'"),
    ("texts.yaml", "{{ opens }}", "{{ opens|upper }}", "uses Filter", "show {{ values }}"),
    ("texts.yaml", "en: Talk to a person", "en: Talk to one of our people",
     "has 25 signs", "at most 20"),
    ("texts.yaml", "value: /human", "value: /humam", "says '/humam'", "'/human'"),
    ("texts.yaml", "value: delivery_status", "value: delivery", "says 'delivery'", "'delivery_"),
    ("texts.yaml", "\nmenu:", "\nmenue:", "'menue' is not a setting", "did you mean 'menu'"),
    ("texts.yaml", "en: Fine. You can", "en: 5 #", "is no sentence", ""),
    ("house.yaml", "monday:", "mondey:", "'mondey' is no weekday", "'monday'"),
    ("house.yaml", "monday:", "xyz:", "'xyz' is no weekday", "use one of monday"),
    ("house.yaml", '"09:00-13:00"', '"13:00-09:00"', "ends before it starts", "split"),
    ("house.yaml", '"09:00-13:00"', '"9 to 13"', "is no range", "09:00-18:00"),
    ("house.yaml", '"09:00-13:00"', '"09:00-13:70"', "no such time", "24:00"),
    ("house.yaml", '"09:00-13:00"', '"09:00-13:00", "12:00-14:00"',
     "overlaps 09:00-13:00", "one range"),
    ("house.yaml", '"2027-01-01"', '"2027-13-01"', "is no date", "2026-12-25"),
    ("house.yaml", "# timezone: America/Sao_Paulo", "timezone: America/SaoPaulo",
     "no time zone", "Sao_Paulo"),
    ("house.yaml", "  name: Casa", "  hours: x\n  name: Casa",
     "the fact 'hours' is taken", "rename"),
    ("house.yaml", "    en: all of Brazil", "    fr: le Brésil",
     "'delivery_area' says nothing in en", ""),
    ("commands.yaml", "  en: [ok, okay, k", "  fr: [ok, okay, k",
     "'noise' says nothing in en", "en"),
    ("commands.yaml", "en: [start, begin]", "en: [start, help]", "'help' means", "keep one"),
    ("commands.yaml", "  en: {name: English", "  fr: {name: English",
     "'languages' says nothing in en", ""),
    (SHOP, "name: store_address", "name: opening_hours",
     "'opening_hours' exists twice", "3_shop.yaml:3"),
    (SHOP, "reply:", "replay:", "'replay' is not a setting|replay", "did you mean 'reply'"),
    (SHOP, "en: [where is your shop?", "en: [store hours",
     "'store hours' is an example of", "keep one"),
    (SHOP, "en: [where is your shop?", 'en: ["???"', "has no words", "remove"),
    ("rules/2_orders.yaml", "form: order_number", "form: order_numbr",
     "'order_numbr' does not", "'order_number'"),
    ("rules/2_orders.yaml", "name: order_cancel", "name: order_number",
     "'order_number' exists twice", "rename"),
    ("rules/2_orders.yaml", "[0-9]{4,10}(?!", "[0-9{4,10}(?!", "no valid regular", "simpler"),
    ("rules/2_orders.yaml", '"(?<![0-9])[0-9]{4,10}(?![0-9])"', '"(a+)+$"',
     "repeats a part", "simpler"),
    ("rules/2_orders.yaml", "pedido {{ order }}", "pedido {{ odrer }}",
     "variable 'odrer'", "'order'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message", "advice"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_a_suggestion(
    folder: Path, file: str, old: str, new: str, message: str, advice: str
) -> None:
    change(folder / file, old, new)
    found = flaws(folder)
    options = message.split("|")
    fitting = [flaw for flaw in found if any(option in flaw.message for option in options)]
    assert fitting, found
    name, _, line = fitting[0].where.partition(":")
    assert name == file
    assert int(line) >= 1
    assert advice in fitting[0].advice
    assert fitting[0].excerpt in (folder / file).read_text("utf-8")


def test_the_line_of_a_mistake_is_the_line_it_stands_on(folder: Path) -> None:
    texts = folder / "texts.yaml"
    change(texts, "{{ minutes }}", "{{ minuts }}")
    change(texts, "en: Talk to a person", "en: Talk to one of our people")
    where = {flaw.where for flaw in flaws(folder)}
    assert f"texts.yaml:{line_of(texts, 'minuts')}" in where
    assert f"texts.yaml:{line_of(texts, 'one of our people')}" in where


def test_all_mistakes_of_all_files_come_at_once(folder: Path) -> None:
    change(folder / "texts.yaml", "{{ minutes }}", "{{ minuts }}")
    change(folder / "house.yaml", "monday:", "mondey:")
    change(folder / SHOP, "name: store_address", "name: opening_hours")
    change(folder / "commands.yaml", "commands:", "comands:")
    named = {flaw.where.partition(":")[0] for flaw in flaws(folder)}
    assert named >= {"texts.yaml", "house.yaml", SHOP, "commands.yaml"}


def test_missing_texts_files_and_rules_are_named(folder: Path) -> None:
    text = (folder / "texts.yaml").read_text("utf-8")
    start = text.index("  staff_done:")
    (folder / "texts.yaml").write_text(
        text[:start] + text[text.index("  # Buttons: at most") :], "utf-8"
    )
    (folder / "house.yaml").unlink()
    shutil.rmtree(folder / "rules")
    messages = " ".join(map(str, flaws(folder)))
    assert "the line 'staff_done' is missing" in messages
    assert "house.yaml: cannot be read" in messages
    assert "holds no rule files" in messages


def test_an_intent_without_examples_is_a_mistake(folder: Path) -> None:
    (folder / "rules" / "x.yaml").write_text("intents:\n  - {name: x, examples: {pt: []}}\n")
    assert any("'x' has no examples" in flaw.message for flaw in flaws(folder))


def test_an_unknown_time_zone_of_the_configuration_is_a_mistake(folder: Path) -> None:
    assert "'Brasil' is no time zone" in str(flaws(folder, zone="Brasil")[0])
    assert any("zzzzqq" in flaw.message for flaw in flaws(folder, zone="zzzzqq"))


def test_a_language_that_no_file_speaks_is_missed_everywhere(folder: Path) -> None:
    found = flaws(folder, (*THREE, "fr"))
    assert len([flaw for flaw in found if "fr" in flaw.message]) > 50


def test_a_form_question_asked_twice_is_a_mistake(folder: Path) -> None:
    line = "{name: a, pattern: x, ask: '?', invalid: '!'}"
    (folder / "rules" / "x.yaml").write_text(f"forms:\n  - {{name: f, slots: [{line}, {line}]}}\n")
    messages = [flaw.message for flaw in flaws(folder)]
    assert any("'a' exists twice" in message for message in messages)
    assert any("'ask' says nothing in pt, en, es" in message for message in messages)


def test_the_version_changes_with_any_file(folder: Path) -> None:
    before = load_book(folder, THREE, "pt", ZONE).version
    assert load_book(folder, THREE, "pt", ZONE).version == before
    change(folder / SHOP, "Nossa loja", "A nossa loja")
    assert load_book(folder, THREE, "pt", ZONE).version != before


def test_one_configured_language_is_enough(folder: Path) -> None:
    book = load_book(folder, ["pt-BR"], "pt-BR", ZONE)
    assert book.languages == ("pt",)
    assert set(book.texts["welcome"].variants) == {"pt"}


def test_the_smallest_rules_file_is_usable_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("intents: [{name: hours, examples: [when do you open]}]\n")
    book = load_rules(tmp_path)
    assert book.intents[0].name == "hours"
    assert not book.intents[0].decides
    (tmp_path / "a.yaml").write_text(
        "intents:\n  - name: hours\n    examples: {en: [open], pt-BR: [abre]}\n"
        "    reply: 'at {{ house.hours }}'\n"
    )
    assert load_rules(tmp_path).languages == ("en", "pt")
    assert load_rules(tmp_path, ["pt"]).languages == ("pt",)
    (tmp_path / "a.yaml").write_text("intents: [{name: hours}]\n")
    with pytest.raises(ConfigError, match=r"a\.yaml:1"):
        load_rules(tmp_path)
