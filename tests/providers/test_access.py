"""Which models are on, and with whose key they are asked."""

from __future__ import annotations

import pytest

from bot.model_settings import BY_DEFAULT, Price, ProviderEntry
from bot.providers.access import configured

OPENAI, ANTHROPIC = "OPENAI_API_KEY", "ANTHROPIC_API_KEY"


def names(entries, environ):
    return [access.name for access in configured(entries, environ, "", "")]


def entry(**values):
    return ProviderEntry(**{"name": "one", "kind": "openai", "model": "m", **values})


@pytest.mark.parametrize(
    ("environ", "on"),
    [
        ({}, []),
        ({OPENAI: "sk-1"}, ["openai"]),
        ({ANTHROPIC: "sk-2"}, ["anthropic"]),
        ({ANTHROPIC: "sk-2", OPENAI: "sk-1"}, ["openai", "anthropic"]),
        ({OPENAI: "", ANTHROPIC: " \t\n"}, []),
    ],
)
def test_each_is_on_when_its_key_is_set_in_the_order_of_the_file(environ, on):
    assert names(BY_DEFAULT, environ) == on


def test_a_key_is_taken_without_the_blanks_of_a_careless_copy():
    (access,) = configured([entry()], {OPENAI: "  sk-1\n"}, "", "")
    assert access.key.get_secret_value() == "sk-1"


def test_a_key_of_another_name_counts_alone():
    mine = entry(api_key_env="MY_KEY")
    assert names([mine], {OPENAI: "sk-1"}) == []
    (access,) = configured([mine], {OPENAI: "sk-1", "MY_KEY": "sk-2"}, "", "")
    assert access.key.get_secret_value() == "sk-2"


def test_a_server_of_ones_own_is_on_without_a_key_and_never_gets_openais():
    local = entry(base_url="http://127.0.0.1:11434/v1")
    (access,) = configured([local], {OPENAI: "sk-1"}, "https://elsewhere.example", "")
    assert access.key.get_secret_value() == "none"
    assert access.base_url == "http://127.0.0.1:11434/v1"


def test_a_server_that_wants_a_key_is_off_without_it():
    guarded = entry(base_url="http://127.0.0.1:11434/v1", api_key_env="MY_KEY")
    assert names([guarded], {}) == []
    assert names([guarded], {"MY_KEY": "k"}) == ["one"]


def test_the_addresses_of_the_environment_hold_for_entries_without_one():
    environ = {OPENAI: "sk-1", ANTHROPIC: "sk-2"}
    found = configured(BY_DEFAULT, environ, "http://127.0.0.1:1/v1", "http://127.0.0.1:2")
    assert [access.base_url for access in found] == ["http://127.0.0.1:1/v1", "http://127.0.0.1:2"]


def test_everything_else_of_the_entry_is_kept():
    price = Price(input=1, output=2)
    whole = entry(effort="low", omit=("store",), price=price)
    (access,) = configured([whole], {OPENAI: "sk-1"}, "", "")
    assert (access.kind, access.model, access.effort) == ("openai", "m", "low")
    assert (access.omit, access.price) == (("store",), price)


def test_a_key_is_never_printed():
    (access,) = configured([entry()], {OPENAI: "sk-canary"}, "", "")
    assert "canary" not in f"{access!r} {access} {access.key}"
