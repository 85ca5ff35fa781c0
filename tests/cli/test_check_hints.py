"""What looks like a slip in the environment is told, and no secret is ever printed."""

from __future__ import annotations

import json

import pytest

from bot.cli.check_hints import misspelt
from tests.cli.checking import CANARY, places, secrets

# Variables that nothing reads


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("TELEGRAM_BOT_TOKEN_", "TELEGRAM_BOT_TOKEN"),
        ("TELEGRAM_CHAT_ID", "TELEGRAM_STAFF_CHAT"),
        ("TWILIO_TOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_SID", "TWILIO_ACCOUNT_SID"),
        ("TWILIO_FROM", "TWILIO_WHATSAPP_FROM"),
        ("TWILIO_WHATSAPP_FROM_NUMBER", "TWILIO_WHATSAPP_FROM"),
        ("TWILIO_PHONE_NUMBER", "TWILIO_WHATSAPP_FROM"),
        ("OPENAI_KEY", "OPENAI_API_KEY"),
        ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        ("ANTHROPIC_API_KEYS", "ANTHROPIC_API_KEY"),
        ("NIGHTDESK_API_KEY", "NIGHTDESK_API_KEYS"),
        ("NIGHTDESK_INBOX_JOIN", "NIGHTDESK__INBOX__JOIN"),
        ("SENTRY_DNS", "SENTRY_DSN"),
        ("sentry_dns", "SENTRY_DSN"),
    ],
)
def test_a_variable_that_is_nearly_right_is_named_with_the_right_one(written, meant):
    (flaw,) = misspelt({written: CANARY})
    assert flaw.where == written.upper()
    assert flaw.advice == f"did you mean {meant}?"
    assert CANARY not in str(flaw)
    assert misspelt({written: CANARY, meant: "x"}) == []  # both: one is another program's


@pytest.mark.parametrize(
    "name",
    ["TWILIO_API_KEY", "OPENAI_ORG_ID", "OPENAI_LOG", "SENTRY_ENVIRONMENT", "PATH", "MY_TOKEN",
     "NIGHTDESK_HOME", "TELEGRAM_BOT_TOKEN", "NIGHTDESK__INBOX__JOIN", "ANTHROPIC_MODEL"],
)  # fmt: skip
def test_other_variables_are_nobodys_slip(name):
    assert misspelt({name: "x"}) == []


def test_a_variable_that_config_yaml_reads_is_none(told, monkeypatch):
    entry = {"name": "a", "kind": "openai", "model": "m", "api_key_env": "OPENAI_KEY"}
    monkeypatch.setenv("OPENAI_KEY", "k" * 30)
    assert places(told().warnings) == ["OPENAI_KEY"]
    monkeypatch.setenv("NIGHTDESK__PROVIDERS", json.dumps([entry]))
    assert told().warnings == []


# Secrets


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NIGHTDESK_API_KEYS", "shop=CHANGE-ME", "looks like a placeholder for 'shop'"),
        ("NIGHTDESK_API_KEYS", "shop=hunter2", "fewer than 16 signs"),
        ("NIGHTDESK_SECRET_KEY", "short", "fewer than 16 signs"),
        ("NIGHTDESK_SECRET_KEY", "<your secret>", "looks like a placeholder"),
        ("TELEGRAM_BOT_TOKEN", "123:abc", "looks like a placeholder"),
        ("OPENAI_API_KEY", "sk-...", "looks like a placeholder"),
        ("ANTHROPIC_API_KEY", "your-key-here", "looks like a placeholder"),
        ("SENTRY_DSN", "https://x@host/project", "is no DSN"),
    ],
)
def test_a_secret_that_looks_like_none_is_named_and_not_repeated(
    nightdesk, monkeypatch, name, value, says
):
    monkeypatch.setenv(name, value)
    found = nightdesk("check", "--json")
    assert found.exit_code == 0
    (warning,) = json.loads(found.stdout)["warnings"]
    assert warning["place"] == name
    assert says in warning["message"]
    assert value.partition("=")[2] not in warning["message"] or "=" not in value
    assert value not in found.output


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"PORT": "eighty"},
        {"TELEGRAM_BOT_TOKEN": f"no {CANARY}", "TELEGRAM_WEBHOOK_SECRET": f"no {CANARY}"},
        {"TWILIO_SHARED_KEYS": CANARY, "SENTRY_DSN": CANARY},
        {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": f" {CANARY}"},
        {"NIGHTDESK__PROVIDERS": json.dumps([{"name": "a", "api_key": CANARY}])},
    ],
)
def test_no_secret_is_ever_printed(nightdesk, monkeypatch, wrong):
    for name, value in {**secrets(), **wrong}.items():
        monkeypatch.setenv(name, value)
    for words in (("check",), ("check", "--json"), ("serve",) if wrong else ("check",)):
        found = nightdesk(*words)
        assert CANARY not in found.output + found.stderr
        assert found.output
