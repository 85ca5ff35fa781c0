"""`nightdesk check --online`: what works, what does not, and why. Nothing is changed anywhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from rich.console import Console

from bot.cli import check, check_online
from bot.config import PROJECT, read_settings
from bot.environment import load_environment
from bot.finding import Finding, Verdict, tried
from bot.plan import Draft
from tests.cli.outside import (
    BOT,
    CANARIES,
    HANG,
    HX,
    NEXT,
    STAFF,
    TOKEN,
    Outside,
    ok,
    outside,
    refused,
)


@pytest.fixture
async def there(monkeypatch, tmp_path):
    async with outside() as found:
        set_all(monkeypatch, tmp_path, found)
        yield found


def set_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, there: Outside) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    monkeypatch.setenv("PORT", "0")
    for name, value in there.variables.items():
        monkeypatch.setenv(name, value)


async def findings(seconds: float = 10.0) -> dict[str, Finding]:
    settings, flaws = read_settings(PROJECT / "config.yaml")
    assert flaws == []
    environment = load_environment()
    draft = Draft(environment, settings, None, None, PROJECT, ())  # a book is not needed here
    found = await check_online.try_everything(draft, environment, seconds)
    assert not any(canary in repr(found) for canary in CANARIES)
    return {finding.name: finding for finding in found}


async def printed(capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> tuple[int, str]:
    code = await check.check(Console(), online=True, as_json=as_json)
    out, err = capsys.readouterr()
    assert not any(canary in out + err for canary in CANARIES)
    return code, out


async def test_what_works_is_said_and_nothing_is_changed(there, capsys):
    found = await findings()
    assert set(found) == {
        "Telegram token", "Telegram webhook", "Telegram staff chat", "Twilio TWILIO_AUTH_TOKEN",
        "WhatsApp sender", "WhatsApp webhook", "WhatsApp message 'pt'", "PUBLIC_URL",
        "Model openai", "Model anthropic",
    }  # fmt: skip
    assert {finding.verdict for finding in found.values()} == {Verdict.FINE}, found
    assert "@casa_bot" in found["Telegram token"].message
    changing = [
        (method, path)
        for method, path in there.asked
        if method != "GET" and not path.startswith(f"/bot{BOT}/get")
    ]
    assert changing == []
    code, said = await printed(capsys)
    assert code == 0
    assert "ok  Telegram staff chat: the bot may write in 'Equipe [x]'" in said
    code, said = await printed(capsys, as_json=True)
    assert (code, {each["ok"] for each in json.loads(said)["online"]}) == (0, {True})


W, U, Q = Verdict.WRONG, Verdict.UNREACHABLE, Verdict.UNSURE
SENDERS = "/v2/Channels/Senders"
CASES = [
    # what is asked, what is answered, what it is about, verdict, words of message, of advice
    ("getMe", refused(401, "Unauthorized"), "Telegram token", W, "does not know", "@BotFather"),
    ("getMe", (502, "<html>"), "Telegram token", U, "cannot be reached", "nothing about your"),
    ("getMe", refused(429, "x", retry_after=3), "Telegram token", Q, "asks for time", "minute"),
    ("getWebhookInfo", ok({"url": ""}), "Telegram webhook", Q, "not registered yet", "starts"),
    ("getWebhookInfo", ok({"url": "https://other.example/h?key=canary"}), "Telegram webhook", Q,
     "calls https://other.example/h, not this desk", "when it starts"),
    ("getChat", refused(400, "chat not found"), "Telegram staff chat", W, "not in", "add the bot"),
    ("getChat", refused(400, "upgraded", migrate_to_chat_id=-1009), "Telegram staff chat", W,
     "has become a supergroup", "TELEGRAM_STAFF_CHAT=-1009"),
    ("getChat", ok({"type": "channel"}), "Telegram staff chat", W, "no group", "add the bot"),
    ("getChatMember", ok({"status": "kicked"}), "Telegram staff chat", W, "not in", "add it"),
    ("getChatMember", ok({"status": "restricted", "can_send_messages": False}),
     "Telegram staff chat", W, "may not write", "let it send"),
    (SENDERS, (200, {"senders": [], "meta": {"key": "senders"}}), "WhatsApp sender", W,
     "no WhatsApp sender of this account", "register it"),
    (SENDERS, (403, {"code": 20006, "status": 403}), "WhatsApp sender", Q, "403, code 20006",
     "look it up"),
    (SENDERS, (503, {"code": 20503, "status": 503}), "WhatsApp sender", U, "cannot be reached", ""),
    (SENDERS, (429, {"code": 20429, "status": 429}), "WhatsApp sender", Q, "asks for time",
     "minute"),
    (f"/v1/Content/{HX}", (404, {"code": 20404, "status": 404}), "WhatsApp message 'pt'", W,
     "does not have it in this account", "another account"),
    (f"/v1/Content/{HX}/ApprovalRequests", (200, {"whatsapp": {"status": "rejected"}}),
     "WhatsApp message 'pt'", W, "not approved: rejected", "submit"),
    (f"/v1/Content/{HX}/ApprovalRequests", (500, {"code": 20500, "status": 500}),
     "WhatsApp message 'pt'", Q, "cannot be read", "look it up"),
    ("/healthz", (502, "bad gateway"), "PUBLIC_URL", Q, "answers 502", "is the desk open"),
    ("/healthz", (301, ""), "PUBLIC_URL", W, "sends whoever comes elsewhere", "set PUBLIC_URL"),
    ("/healthz", (200, {"hello": "I am a shop"}), "PUBLIC_URL", Q, "no desk", "proxy"),
    ("/v1/models/gpt-6-luna", (401, {"error": {}}), "Model openai", W, "refuses the key",
     "OPENAI_API_KEY"),
    ("/v1/models/gpt-6-luna", (429, {"error": {}}), "Model openai", Q, "asks for time", "credit"),
    ("/v1/models/gpt-6-luna", (500, "oops"), "Model openai", U, "answers 500", "network"),
    ("/v1/models/gpt-6-luna", (200, "<html>"), "Model openai", Q, "cannot be told", "ask the bot"),
    ("/v1/models/claude-haiku-5-5", (403, {"error": {}}), "Model anthropic", W, "refuses the key",
     "ANTHROPIC_API_KEY"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "answer", "about", "verdict", "message", "advice"), CASES)
async def test_what_does_not_is_told_in_plain_words(
    there, asked, answer, about, verdict, message, advice
):
    there.answers[asked] = answer
    finding = (await findings())[about]
    assert finding.verdict is verdict, finding
    assert message in finding.message
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("changed", "about", "verdict", "message"),
    [
        ({"status": "OFFLINE"}, "WhatsApp sender", W, "OFFLINE, not ONLINE"),
        ({"webhook": {}}, "WhatsApp webhook", W, "is not set"),
        ({"webhook": None}, "WhatsApp webhook", W, "is not set"),
        ({"webhook": {"callback_url": "https://u:canary@old.example/x?k=canary"}},
         "WhatsApp webhook", W, "delivers to https://old.example/x, not here"),
        ({"webhook": {"callback_url": "HOOK", "callback_method": "GET"}}, "WhatsApp webhook", W,
         "with GET"),
        ({"webhook": {"callback_url": "HOOK"}}, "WhatsApp webhook", Q, "does not repeat"),
        ({"webhook": {"callback_url": "HOOK#rc=3"}}, "WhatsApp webhook", Q, "does not repeat"),
        ({"status": "ONLINE:UPDATING"}, "WhatsApp sender", Verdict.FINE, "is ONLINE"),
    ],
)  # fmt: skip
async def test_a_sender_that_is_not_ready_is_told(there, changed, about, verdict, message):
    if hook := changed.get("webhook"):
        url = hook["callback_url"].replace("HOOK", f"{there.base}/hooks/whatsapp")
        changed = {"webhook": {**hook, "callback_url": url}}
    there.sender(**changed)
    finding = (await findings())[about]
    assert finding.verdict is verdict, finding
    assert message in finding.message


async def test_the_sandbox_is_no_mistake(there, monkeypatch):
    monkeypatch.setenv("TWILIO_WHATSAPP_FROM", "whatsapp:+14155238886")
    found = await findings()
    assert found["WhatsApp sender"].verdict is Verdict.UNSURE
    assert "sandbox" in found["WhatsApp sender"].message
    assert "WhatsApp webhook" not in found


@pytest.mark.parametrize(
    ("known", "first", "second"), [((TOKEN,), "fine", "wrong"), ((NEXT,), "wrong", "fine")]
)
async def test_each_auth_token_is_tried_and_one_that_works_is_enough(
    there, monkeypatch, known, first, second
):
    monkeypatch.setenv("TWILIO_AUTH_TOKEN_NEXT", NEXT)
    there.tokens = known
    found = await findings()
    assert found["Twilio TWILIO_AUTH_TOKEN"].verdict == first
    assert found["Twilio TWILIO_AUTH_TOKEN_NEXT"].verdict == second
    assert found["WhatsApp sender"].verdict is Verdict.FINE


async def test_an_account_that_is_closed_is_told(there):
    (path,) = [path for path in there.answers if path.startswith("/2010")]
    there.answers[path] = (200, {"status": "suspended"})
    finding = (await findings())["Twilio TWILIO_AUTH_TOKEN"]
    assert (finding.verdict, finding.message) == (W, "works, but the account is suspended")


async def test_a_server_of_ones_own_is_asked_for_its_list(there, monkeypatch):
    entry = {"name": "own", "kind": "openai", "model": "llama-4", "base_url": f"{there.base}/own"}
    monkeypatch.setenv("NIGHTDESK__PROVIDERS", json.dumps([entry]))
    assert (await findings())["Model own"].verdict is Verdict.UNSURE
    there.answers["/own/models"] = (200, {"data": [{"id": "llama-4"}]})
    assert (await findings())["Model own"].verdict is Verdict.FINE
    there.answers["/own/models"] = (200, {"data": [{"id": "llama-4.1"}, {"id": "other"}]})
    finding = (await findings())["Model own"]
    assert (finding.verdict, finding.advice) == (W, "did you mean 'llama-4.1'?")


@pytest.mark.parametrize("blamed", ["sk-canary with blanks", "sk-canary-ключ", "sk-canary\u200b"])
async def test_a_key_that_cannot_be_one_is_not_sent(there, monkeypatch, blamed):
    monkeypatch.setenv("OPENAI_API_KEY", blamed)
    finding = (await findings())["Model openai"]
    assert (finding.verdict, "OPENAI_API_KEY" in finding.advice) == (W, True)
    assert not any(path == "/v1/models/gpt-6-luna" for _, path in there.asked)


async def test_a_try_has_an_end_and_its_errors_are_not_quoted():
    async def fails() -> Finding:
        raise RuntimeError("canary")

    slow = await tried("slow", "Somebody", asyncio.sleep(60, Finding("x", U, "")), seconds=0.05)
    assert (slow.verdict, slow.message) == (U, "Somebody did not answer within 0.05 seconds")
    broken = await tried("broken", "Somebody", fails())
    assert broken.verdict is Verdict.UNSURE
    assert "canary" not in repr(broken)


async def test_what_hangs_holds_up_nothing_else(there):
    for path in ("getMe", "getChat", "/v2/Channels/Senders", "/v1/models/gpt-6-luna", "/healthz"):
        there.answers[path] = HANG
    found = await findings(seconds=1.5)
    assert {name for name, finding in found.items() if finding.verdict is U} == {
        "Telegram token", "Telegram staff chat", "WhatsApp sender", "WhatsApp webhook",
        "Model openai",
    }  # fmt: skip
    assert found["PUBLIC_URL"].verdict is Verdict.UNSURE
    assert found["Model anthropic"].verdict is Verdict.FINE


async def test_where_nothing_listens_it_is_the_network_and_the_exit_code_says_so(
    there, monkeypatch, capsys
):
    for name in ("TELEGRAM_API_BASE", "TWILIO_API_BASE", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found = await findings()
    told = {name: finding.verdict for name, finding in found.items() if name != "PUBLIC_URL"}
    assert set(told.values()) == {U}, told
    code, said = await printed(capsys)
    assert code == 1
    assert "--  Model openai" in said
    there.answers["/healthz"] = (301, "")
    assert (await printed(capsys))[0] == 2


async def test_a_failed_delivery_of_late_is_shown_without_its_secrets(there, monkeypatch):
    import time

    info = {"url": f"{there.base}/hooks/telegram", "pending_update_count": 3,
            "last_error_date": int(time.time()) - 60,
            "last_error_message": f"Wrong response 503 for bot{BOT}"}  # fmt: skip
    there.answers["getWebhookInfo"] = ok(info)
    finding = (await findings())["Telegram webhook"]
    assert finding.verdict is Verdict.UNSURE
    assert "3 waiting" in finding.message
    assert "Wrong response 503" in finding.message


async def test_without_a_public_address_a_webhook_is_in_the_way(there, monkeypatch):
    monkeypatch.delenv("PUBLIC_URL")
    for name in there.variables:
        if name.startswith("TWILIO"):
            monkeypatch.delenv(name)
    found = await findings()
    assert "PUBLIC_URL is not set" in found["Telegram webhook"].message
    there.answers["getWebhookInfo"] = ok({"url": ""})
    assert (await findings())["Telegram webhook"].verdict is Verdict.FINE


async def test_online_tries_what_it_can_beside_a_broken_config(there, monkeypatch, capsys):
    monkeypatch.setenv("NIGHTDESK__LIMITS__MESSAGES_PER_HOUR", "many")
    code, said = await printed(capsys)
    assert code == 2
    assert "1 thing to mend" in said
    assert "ok  Telegram token" in said


async def test_the_form_of_a_dsn_is_looked_at_and_nothing_is_sent(there, monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", "https://canary@sentry.invalid/7")
    assert (await findings())["Sentry"].verdict is Verdict.UNSURE
    monkeypatch.setenv("SENTRY_DSN", "https://sentry.invalid/canary")
    assert (await findings())["Sentry"].verdict is Verdict.WRONG


async def test_a_private_member_may_write_unless_the_group_forbids_it(there):
    there.answers["getChatMember"] = ok({"status": "member"})
    assert (await findings())["Telegram staff chat"].verdict is Verdict.FINE
    there.answers["getChat"] = ok(
        {"id": STAFF, "type": "group", "title": "x", "permissions": {"can_send_messages": False}}
    )
    assert (await findings())["Telegram staff chat"].verdict is Verdict.WRONG
