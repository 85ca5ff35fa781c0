"""A channel that is switched on needs all of its secrets, and a start says which is missing."""

from __future__ import annotations

from itertools import combinations

import pytest

from bot.environment import load_environment
from bot.errors import ConfigError, Flaw

WHOLE = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "canary" + "0" * 26,
    "TWILIO_WHATSAPP_FROM": "+14155550100",
    "PUBLIC_URL": "https://desk.example.com",
}


def refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> list[str]:
    """The variables that are blamed; a secret must not be among the words."""
    for name in WHOLE:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    flaws: tuple[Flaw, ...] = ()
    try:
        load_environment()
    except ConfigError as error:
        flaws = error.flaws
    assert "canary" not in str(flaws)
    assert all(flaw.message and flaw.advice for flaw in flaws)
    return [flaw.where for flaw in flaws]


@pytest.mark.parametrize(
    "left_out", [each for n in range(5) for each in combinations(WHOLE, n)], ids="+".join
)
def test_whatsapp_needs_all_four_or_none(monkeypatch, left_out):
    given = {name: value for name, value in WHOLE.items() if name not in left_out}
    blamed = refused(monkeypatch, given)
    if "TWILIO_ACCOUNT_SID" not in left_out:
        assert blamed == [name for name in WHOLE if name in left_out]
    elif {"TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM"} & given.keys():
        assert blamed == ["TWILIO_ACCOUNT_SID"]
    else:
        assert blamed == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("TWILIO_WHATSAPP_FROM", "14155550100"),
        ("TWILIO_WHATSAPP_FROM", "+55 11 99999-0000"),
        ("TWILIO_SHARED_KEYS", "canary"),
        ("TWILIO_SHARED_KEYS", "a=b,canary="),
        ("TWILIO_API_BASE", "api.twilio.com"),
        ("PUBLIC_URL", "desk.example.com"),
        ("PUBLIC_URL", "https://desk example.com"),
    ],
)
def test_what_twilio_cannot_use_is_named(monkeypatch, name, value):
    assert refused(monkeypatch, {**WHOLE, name: value}) == [name]


@pytest.mark.parametrize("number", ["+14155550100", "whatsapp:+14155550100", " +14155550100 "])
def test_our_number_may_be_written_as_twilio_does(monkeypatch, number):
    for name, value in {**WHOLE, "TWILIO_WHATSAPP_FROM": number}.items():
        monkeypatch.setenv(name, value)
    assert load_environment().whatsapp_number == "+14155550100"


def test_a_staff_chat_needs_a_bot(monkeypatch):
    assert refused(monkeypatch, {"TELEGRAM_STAFF_CHAT": "-100"}) == ["TELEGRAM_STAFF_CHAT"]
    assert refused(monkeypatch, {"TELEGRAM_BOT_TOKEN": "1:a"}) == []


def test_what_is_no_number_hides_nothing_else(monkeypatch):
    wrong = {"PORT": "http", "DATABASE_URL": "mysql://x", "TELEGRAM_STAFF_CHAT": "team"}
    names = refused(monkeypatch, WHOLE | wrong | {"TWILIO_WHATSAPP_FROM": "abc"})
    assert sorted(names) == sorted([*wrong, "TWILIO_WHATSAPP_FROM"])


def test_what_is_no_number_is_shown(monkeypatch):
    monkeypatch.setenv("PORT", "99999")
    with pytest.raises(ConfigError) as raised:
        load_environment()
    assert [(flaw.where, flaw.excerpt) for flaw in raised.value.flaws] == [("PORT", "99999")]


@pytest.mark.parametrize("blank", ["   ", "\n"])
def test_a_blank_is_no_secret(monkeypatch, blank):
    assert refused(monkeypatch, WHOLE | {"TWILIO_AUTH_TOKEN": blank}) == ["TWILIO_AUTH_TOKEN"]


def test_a_line_break_at_the_end_is_no_part_of_a_token(monkeypatch):
    assert refused(monkeypatch, WHOLE | {"TWILIO_AUTH_TOKEN": "canary\n"}) == []
    assert load_environment().twilio_auth_tokens == ("canary",)
