"""What leaves the house by every provider: the words unchanged, the key to nobody else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.errors import ProviderError
from bot.prompt import Completion, Prompt, Speaker, Spoken
from tests.model_api import KEY, Fault, Refuse
from tests.providers.rig import MODELS, Rig, outcome_of, prompt, rig_of, row_of

SECRET = "meu CPF 529.982.247-25"


@pytest.fixture(params=MODELS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with rig_of(request.param) as rig:
        yield rig


@pytest.mark.parametrize(
    "text",
    [
        "Olá! 😀 👨‍👩‍👧‍👦 𝒳 𠜎",
        "مرحبا \u202eabc\u202c \u200f",
        "ß ñ ç ã \u0301e \ufeff",
        "{{7*7}} %s {0} <b>&amp; \\n \"'` \x7f",
        "line\nline\ttab",
    ],
)
async def test_what_a_customer_wrote_arrives_unchanged_and_comes_back(rig, text):
    rig.script.always(lambda asked: f"-{asked.last}-")
    answer = await rig.model.complete(prompt(text), 3)
    assert rig.api.ledger[0].body["messages"][-1]["content"] == text
    assert answer.text == f"-{text}-".replace("\x7f", "")


async def test_half_a_surrogate_pair_breaks_neither_the_question_nor_the_answer(rig):
    rig.script.always(lambda asked: asked.last)
    answer = await rig.model.complete(prompt("oi \ud83d tudo 😀"), 3)
    assert answer.text == "oi \ufffd tudo 😀"


async def test_the_customer_speaks_first_and_speakers_alternate(rig):
    desk, customer = Speaker.DESK, Speaker.CUSTOMER
    said = ((desk, "Olá?"), (customer, "Oi"), (desk, "Olá!"), (customer, "Eu"), (customer, "quero"))
    asked = Prompt("x", "y", tuple(Spoken(*line) for line in said), 100)
    await rig.model.complete(asked, 3)
    sent = [m for m in rig.api.ledger[0].body["messages"] if m["role"] != "system"]
    assert [(m["role"], m["content"]) for m in sent] == [
        ("user", "Oi"),
        ("assistant", "Olá!"),
        ("user", "Eu\nquero"),
    ]


@pytest.mark.parametrize("said", [(" \n",), ("", "")])
async def test_where_nobody_said_anything_nobody_is_asked(rig, said):
    assert row_of(await outcome_of(rig.model, prompt(*said))) == ("Refused", "bad_request")
    assert not rig.api.ledger


@pytest.mark.parametrize(("standing", "personal"), [("", ""), (" ", "x"), ("x", "\n")])
async def test_an_empty_part_of_the_prompt_is_left_out(rig, standing, personal):
    asked = prompt(standing=standing, personal=personal)
    assert isinstance(await outcome_of(rig.model, asked), Completion)


async def test_a_redirect_is_not_followed_with_the_key(rig):
    rig.api.elsewhere = rig.api.base + "/elsewhere"
    rig.script.always(Fault.REDIRECT)
    await outcome_of(rig.model)
    assert [call.path.count("elsewhere") for call in rig.api.ledger] == [0]


async def test_no_proxy_of_the_environment_is_used(rig, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    outcome, _ = await rig.asked_of()
    assert isinstance(outcome, Completion)


@pytest.mark.parametrize(
    "fault", [Fault.BAD_KEY, Fault.RESET, Fault.HTML, Fault.REFUSAL, Fault.HANG, "echoing"]
)
async def test_neither_key_nor_words_get_into_errors_reprs_and_logs(rig, fault, caplog, capfd):
    logging.getLogger("aiohttp").setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    echo = Refuse(400, message=f"invalid: {SECRET} {KEY}", headers={"x-request-id": SECRET[:8]})
    rig.script.always(echo if fault == "echoing" else fault)
    with pytest.raises(ProviderError) as caught:
        await rig.model.complete(prompt(SECRET), 0.1)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    told += (
        repr(rig.model) + repr(rig.api.access(rig.kind)) + caplog.text + "".join(capfd.readouterr())
    )
    assert caught.value.__context__ is None
    for secret in (KEY, "529.982", SECRET[:8], "invalid:"):
        assert secret not in told
    assert f"the-{rig.kind}" in repr(rig.model)


@pytest.mark.parametrize("key", ["sk-…", "sk-a\nX-Evil: 1", "sk a", "sk-\x00"])
async def test_what_cannot_be_a_key_is_never_sent(rig, key):
    outcome, _ = await rig.asked_of(key=SecretStr(key))
    assert row_of(outcome) == ("Broken", "auth")
    assert not rig.api.ledger


async def test_blanks_around_a_key_are_no_part_of_it(rig):
    outcome, _ = await rig.asked_of(key=SecretStr(f" {KEY}\n"))
    assert isinstance(outcome, Completion)


async def test_a_server_of_ones_own_needs_no_key(rig, monkeypatch):
    """And gets none, not even one that the environment holds for another."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "sk-another")
    rig.api.key = ""
    outcome, _ = await rig.asked_of(key=SecretStr(""))
    assert isinstance(outcome, Completion)
    assert {"authorization", "x-api-key"}.isdisjoint(rig.api.ledger[0].headers)


async def test_another_server_is_not_told_whose_account_it_is_at_the_provider(rig, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-canary")
    await rig.asked_of(key=SecretStr(KEY))
    sent = str(rig.api.ledger[-1].headers)
    assert "canary" not in sent


@pytest.mark.parametrize(("path", "slash"), [("", ""), ("", "/"), ("/gateway", ""), ("/a/b", "/")])
async def test_the_address_may_end_in_a_slash_and_have_a_path(rig, path, slash):
    version = "/v1" if rig.kind == "openai" else ""
    outcome, _ = await rig.asked_of(base_url=rig.api.base + path + version + slash)
    assert isinstance(outcome, Completion)
    assert rig.api.ledger[0].path.startswith(f"{path}/v1/")
