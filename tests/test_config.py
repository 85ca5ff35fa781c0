"""Settings: defaults that work, overrides that win, every mistake at once and in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.config import PROJECT, config_file, read_settings
from bot.environment import load_environment
from bot.errors import ConfigError
from bot.model_settings import FactSource, Price, ProviderEntry
from bot.settings import Settings


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text)
    return file


def load_settings(path: Path) -> Settings:
    settings, found = read_settings(path)
    assert found == []
    return settings


ENTRY_KEYS = {
    "providers": [*ProviderEntry.model_fields, *Price.model_fields],
    "facts": [*FactSource.model_fields, "currency", "labels"],
}


def flaws(path: Path) -> list[str]:
    return [str(flaw) for flaw in read_settings(path)[1]]


def test_the_projects_own_file_is_all_defaults_and_every_key_is_commented():
    file = PROJECT / "config.yaml"
    settings = load_settings(file)
    assert settings == Settings()
    text = file.read_text()
    for section, keys in settings.model_dump().items():
        assert f"\n{section}:" in text
        if not isinstance(keys, dict):  # a list of entries: a comment shows every key
            assert all(f"{key}:" in text for key in ENTRY_KEYS[section])
            continue
        for key in keys:
            line = next(line for line in text.splitlines() if line.strip().startswith(f"{key}:"))
            assert "#" in line, key
    assert set(yaml.safe_load(text)) == set(Settings.model_fields)


def test_an_empty_file_means_the_defaults(tmp_path):
    assert load_settings(write(tmp_path, "")) == Settings()
    assert load_settings(write(tmp_path, "inbox:\n")) == Settings()


def test_an_override_wins_over_the_file(tmp_path, monkeypatch):
    file = write(tmp_path, "inbox: {pause_seconds: 2, join: true}")
    monkeypatch.setenv("NIGHTDESK__INBOX__PAUSE_SECONDS", "1.5")
    monkeypatch.setenv("NIGHTDESK__INBOX__JOIN", "false")
    monkeypatch.setenv("NIGHTDESK__BUSINESS__LANGUAGES", '["pt", "en"]')
    settings = load_settings(file)
    assert (settings.inbox.pause_seconds, settings.inbox.join) == (1.5, False)
    assert settings.business.languages == ("pt", "en")


def test_null_overrides_too(tmp_path, monkeypatch):
    monkeypatch.setenv("NIGHTDESK__BUDGET__USD_PER_DAY", "null")
    settings = load_settings(write(tmp_path, "budget: {usd_per_day: 5}"))
    assert settings.budget.usd_per_day is None


def test_every_mistake_is_reported_at_once_with_its_place(tmp_path, monkeypatch):
    file = write(
        tmp_path,
        "inbox:\n  pause_second: 1\nlimits:\n  messages_per_hour: none\nlimit:\n  enabled: true\n",
    )
    monkeypatch.setenv("NIGHTDESK__INBOX__JOIN", "perhaps")
    monkeypatch.setenv("NIGHTDESK__CACHE__X", "1")
    said = "\n".join(flaws(file))
    assert "config.yaml:2: 'inbox.pause_second' is not a setting that exists" in said
    assert "did you mean 'pause_seconds'?" in said
    assert "config.yaml:4: 'limits.messages_per_hour'" in said
    assert "did you mean 'limits'?" in said
    assert "NIGHTDESK__INBOX__JOIN: 'inbox.join'" in said
    assert "NIGHTDESK__CACHE__X: names no section" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("business: {languages: [pt], default_language: en}", "not one of"),
        ("business: {languages: []}", "at least one"),
        ("business: {languages: [Portuguese]}", "two-letter"),
        ("business: {timezone: Mars/Base}", "no time zone"),
        ("business: {timezone: ''}", "no time zone"),
        ("inbox: {pause_seconds: 3, pause_cap_seconds: 2}", "shorter than"),
        ("- a list", "sections"),
        ("inbox: 5", "inbox"),
        ("a: [", "not valid YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, text, says):
    assert says in "\n".join(flaws(write(tmp_path, text)))


def test_a_list_that_is_no_json_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NIGHTDESK__BUSINESS", "{no json")
    assert "NIGHTDESK__BUSINESS: is not valid JSON" in "\n".join(flaws(write(tmp_path, "")))


def test_a_mistake_in_an_overridden_list_is_told_of_the_variable(tmp_path, monkeypatch):
    file = write(tmp_path, "providers:\n  - {name: a, kind: openai, model: m}\n")
    entry = '{"name": "x", "kind": "nope", "model": "m"}'
    monkeypatch.setenv("NIGHTDESK__PROVIDERS", f"[{entry}]")
    (said,) = flaws(file)
    assert said.startswith("NIGHTDESK__PROVIDERS: 'providers.0.kind'")
    assert "name: a" not in said


@pytest.mark.parametrize(
    "entry",
    [
        "  - {name: a, kind: openai, model: m, api_key_env: sk-canary}",
        "  - {name: a, kind: openai, model: m, api_key: canary}",
        "  - {name: a, kind: opnai, api_key: 'canary', model: m}",
        "  - name: a\n    kind: openai\n    model: m\n    api_key: canary",
        "  a: {api_key: canary}",
    ],
)
def test_a_key_in_the_wrong_place_is_never_repeated(tmp_path, entry):
    said = "\n".join(flaws(write(tmp_path, f"providers:\n{entry}\n")))
    assert "config.yaml:" in said
    assert "canary" not in said


def test_what_must_be_a_list_is_said_in_plain_words(tmp_path):
    assert "'providers': must be a list" in "\n".join(flaws(write(tmp_path, "providers: openai")))


def test_which_file_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config_file("") == PROJECT / "config.yaml"
    write(tmp_path, "")
    assert config_file("") == Path("config.yaml")
    assert config_file("/else/where.yaml") == Path("/else/where.yaml")


def test_a_section_with_a_mistake_leaves_the_others_as_they_are_written(tmp_path):
    settings, found = read_settings(
        write(tmp_path, "inbox: {join: perhaps}\nbusiness: {languages: [en], default_language: en}")
    )
    assert len(found) == 1
    assert settings.business.languages == ("en",)
    assert settings.inbox.join is True


def test_a_missing_file_is_named(tmp_path):
    assert "cannot be read" in flaws(tmp_path / "none.yaml")[0]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///:memory:",
        "mysql://x",
        "sqlite:///",
        "desk.db",
    ],
)
def test_databases_that_are_not_served_are_refused_with_what_to_write(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigError, match="sqlite:///"):
        load_environment()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_shared_database_needs_a_name_and_a_key_of_everybody_s(monkeypatch, scheme):
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://desk:geheim@db.example.com")
    monkeypatch.setenv("NIGHTDESK_SECRET_KEY", "")
    with pytest.raises(ConfigError) as refused:
        load_environment()
    assert [flaw.where for flaw in refused.value.flaws] == ["DATABASE_URL", "NIGHTDESK_SECRET_KEY"]
    assert "geheim" not in str(refused.value)

    monkeypatch.setenv(
        "DATABASE_URL", f"{scheme}://desk:geheim@db.example.com/desk?sslmode=require"
    )
    monkeypatch.setenv("NIGHTDESK_SECRET_KEY", "k" * 32)
    environment = load_environment()
    assert environment.is_shared
    assert environment.database_dsn == (
        "postgresql://desk:geheim@db.example.com/desk?sslmode=require"
    )
    assert "geheim" not in repr(environment)


def test_a_port_that_is_none_is_named_without_repeating_secrets(monkeypatch):
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("NIGHTDESK_API_KEYS", "very-secret")
    with pytest.raises(ConfigError, match="PORT") as caught:
        load_environment()
    assert "very-secret" not in str(caught.value)
    monkeypatch.setenv("PORT", "80")
    assert "very-secret" not in repr(load_environment())


def test_api_keys_have_names(monkeypatch):
    import hashlib

    bare = "Bare-Key=with-sign"
    digest = hashlib.sha256(bare.encode()).hexdigest()[:8]
    monkeypatch.setenv("NIGHTDESK_API_KEYS", f"shop=abc, {bare} ,, crm_1=x=y")
    assert load_environment().api_keys == {
        "abc": "shop",
        bare: f"key-{digest}",
        "x=y": "crm_1",
    }


@pytest.mark.parametrize(
    ("variables", "blamed"),
    [
        ({"TELEGRAM_BOT_TOKEN": "secret-canary"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_WEBHOOK_SECRET": "secret canary"}, "SECRET"),
        ({"TELEGRAM_API_BASE": "api.telegram.org"}, "TELEGRAM_API_BASE"),
        ({"TELEGRAM_API_BASE": "https://a:x/"}, "TELEGRAM_API_BASE"),
        ({"PUBLIC_URL": "desk.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://a.example/?x=1"}, "PUBLIC_URL"),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "PUBLIC_URL": "http://desk.example.com"}, "PUBLIC_URL"),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "PUBLIC_URL": "https://a.example:8000"}, "PUBLIC_URL"),
        ({"TELEGRAM_STAFF_CHAT": "-100"}, "TELEGRAM_STAFF_CHAT"),
        ({"TELEGRAM_STAFF_CHAT": "@team", "TELEGRAM_BOT_TOKEN": "1:a"}, "TELEGRAM_STAFF_CHAT"),
    ],
)
def test_what_telegram_cannot_use_is_named_and_no_secret_is_repeated(
    monkeypatch, variables, blamed
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_environment()
    assert blamed in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_bot_api_server_of_ones_own_takes_any_address(monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:abc")
    monkeypatch.setenv("TELEGRAM_API_BASE", "http://127.0.0.1:8081/")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8000/")
    monkeypatch.setenv("TELEGRAM_STAFF_CHAT", "")
    environment = load_environment()
    assert environment.public_url == "http://127.0.0.1:8000"
    assert environment.telegram_api_base == "http://127.0.0.1:8081"
    assert environment.telegram_staff_chat is None


def test_staff_are_listed_once(tmp_path):
    file = tmp_path / "config.yaml"
    rita = "{name: Rita, telegram_id: 7}"
    file.write_text(f"desk:\n  staff:\n    - {rita}\n    - {{name: Rita, telegram_id: 8}}\n")
    _, flaws = read_settings(file)
    assert "two people have the name 'Rita'" in str(flaws[0])
    file.write_text("desk:\n  staff:\n    - {name: Rita, telegram_id: -5, role: boss}\n")
    _, flaws = read_settings(file)
    assert len(flaws) == 2
    assert all(flaw.where.startswith("config.yaml:3") for flaw in flaws)


def test_a_proxy_that_cannot_be_trusted_is_refused_at_its_line(tmp_path):
    text = "web:\n  trusted_proxies:\n    - 127.0.0.1\n    - 10.0.0.5/8\n"
    [flaw] = read_settings(write(tmp_path, text))[1]
    assert flaw.where == "config.yaml:4"
    assert flaw.message.endswith("'10.0.0.5/8' is neither one address nor a whole network")
    assert flaw.advice == "did you mean '10.0.0.0/8', or '10.0.0.5' alone?"


def test_proxies_may_be_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NIGHTDESK__WEB__TRUSTED_PROXIES", '["10.0.0.0/8"]')
    assert load_settings(write(tmp_path, "")).web.trusted_proxies == ("10.0.0.0/8",)
