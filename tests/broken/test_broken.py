"""Every mistake of an admin is one clear thing to read, with its place, its text and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.errors import ConfigError
from bot.plan import read_plan
from tests.broken.books import BOOKS
from tests.broken.case import Case, copied
from tests.broken.configs import CONFIGS

CASES = (*CONFIGS, *BOOKS)


@pytest.fixture
def nightdesk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    monkeypatch.setenv("PORT", "0")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


def broken(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case.made(folder)
    for name, value in case.variables.items():
        monkeypatch.setenv(name, value)


def test_there_are_more_than_thirty_and_each_is_another():
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_shipped_files_have_no_mistake(nightdesk, tmp_path):
    copied(tmp_path)
    found = nightdesk("check", "--json")
    assert (found.exit_code, json.loads(found.stdout)["problems"]) == (0, [])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_mistake_is_told_once_with_all_its_parts(case, nightdesk, tmp_path, monkeypatch):
    broken(case, tmp_path, monkeypatch)
    found = nightdesk("check", "--json")
    assert found.exit_code == 2
    (told,) = json.loads(found.stdout)["problems"]
    assert told["place"] == case.place(tmp_path)
    assert case.message in told["message"]
    assert case.excerpt in told["excerpt"]
    assert case.excerpt or not case.at
    assert case.advice
    assert case.advice in told["advice"]
    assert "\n" not in told["message"] + told["excerpt"] + told["advice"]
    assert "canary" not in found.output


@pytest.mark.parametrize("case", CASES[:: len(CASES) // 7], ids=str)
def test_serve_refuses_with_the_words_of_check(case, nightdesk, tmp_path, monkeypatch):
    broken(case, tmp_path, monkeypatch)
    with pytest.raises(ConfigError) as caught:
        read_plan()
    checked, served = nightdesk("check"), nightdesk("serve")
    assert checked.exit_code == served.exit_code == 2
    assert str(caught.value) in checked.stdout
    assert str(caught.value) in served.stderr
    assert "Nightdesk cannot start: 1 thing to mend." in checked.stdout
    assert not (tmp_path / "desk.db").exists()


def test_five_mistakes_are_told_together(nightdesk, tmp_path, monkeypatch):
    copied(tmp_path)
    config, texts = tmp_path / "config.yaml", tmp_path / "templates" / "texts.yaml"
    house, shop = tmp_path / "templates" / "house.yaml", tmp_path / "templates/rules/3_shop.yaml"
    for path, old, new in (
        (config, "\nlimits:", "\nlimit:"),
        (config, "  join: true", "  join: perhaps"),
        (texts, "  welcome:", "  welcom:"),
        (house, '"09:00-13:00"', '"13:00-09:00"'),
        (shop, "name: store_address", "name: greeting"),
    ):
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "no token")
    found = nightdesk("check")
    assert found.exit_code == 2
    assert "6 things to mend" in found.stdout
    for told in ("'limit' is not", "'inbox.join'", "'welcom'", "ends before it starts",
                 "'greeting' exists twice", "TELEGRAM_BOT_TOKEN: is no bot token"):  # fmt: skip
        assert told in found.stdout


def test_what_points_at_a_file_with_a_mistake_is_not_wrong_too(nightdesk, tmp_path):
    """The menu leads to topics of the file, and a topic of another file opens its form."""
    copied(tmp_path)
    orders = tmp_path / "templates" / "rules" / "2_orders.yaml"
    orders.write_text(orders.read_text("utf-8").replace("    hand_off: true", "    hand_off: 7", 1))
    assert len(json.loads(nightdesk("check", "--json").stdout)["problems"]) == 1
    orders.write_text("intents: [")
    assert len(json.loads(nightdesk("check", "--json").stdout)["problems"]) == 1


def test_a_form_of_a_file_with_a_mistake_exists_all_the_same(nightdesk, tmp_path):
    copied(tmp_path)
    rules = tmp_path / "templates" / "rules"
    orders = (rules / "2_orders.yaml").read_text("utf-8")
    (rules / "2_orders.yaml").write_text(orders.replace("    hand_off: true", "    hand_off: 7", 1))
    talk = (rules / "1_talk.yaml").read_text("utf-8")
    (rules / "1_talk.yaml").write_text(
        talk.replace("- name: goodbye\n", "- name: goodbye\n    form: order_number\n", 1), "utf-8"
    )
    (told,) = json.loads(nightdesk("check", "--json").stdout)["problems"]
    assert told["excerpt"] == "hand_off: 7"


def test_a_source_of_facts_with_a_mistake_leaves_the_replies_alone(nightdesk, tmp_path):
    copied(tmp_path)
    shop = tmp_path / "templates" / "rules" / "3_shop.yaml"
    text = shop.read_text("utf-8")
    shop.write_text(text.replace("en: Shipping depends", "en: Your {{ tier }}. It", 1), "utf-8")
    (tmp_path / "config.yaml").write_text(
        "facts: [{name: vips, kind: fil, path: x, facts: {tier: {}}}]"
    )
    (told,) = json.loads(nightdesk("check", "--json").stdout)["problems"]
    assert told["place"] == "config.yaml:1"
    assert told["advice"] == "did you mean 'file'?"


def test_a_broken_house_or_config_leaves_the_sentences_alone(nightdesk, tmp_path):
    copied(tmp_path)
    house = tmp_path / "templates" / "house.yaml"
    whole = house.read_text("utf-8")
    house.write_text("facts: [", "utf-8")
    assert len(json.loads(nightdesk("check", "--json").stdout)["problems"]) == 1
    house.write_text(whole, "utf-8")
    (tmp_path / "config.yaml").write_text("business: {languages: [en], languages: [pt]}")
    for path in (tmp_path / "templates").rglob("*.yaml"):
        path.write_text(re.sub(r"(?<!\w)es:", "fr:", path.read_text("utf-8")), "utf-8")
    (told,) = json.loads(nightdesk("check", "--json").stdout)["problems"]
    assert "names 'languages' twice" in told["message"]


def test_without_any_file_one_thing_is_missing(nightdesk):
    (told,) = json.loads(nightdesk("check", "--json").stdout)["problems"]
    assert told["message"] == "cannot be read: No such file or directory"
