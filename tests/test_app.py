"""The whole program's life: greeting, second process, port in use, signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat

import aiohttp
import pytest

from bot.app import opened
from bot.cli.greeting import _telegram, greeting
from bot.config import PROJECT
from bot.errors import AlreadyServed, CannotListen
from bot.ledger.file import socket_path
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.plan import read_plan
from bot.serving import serve
from bot.web.server import listen_tcp


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("NIGHTDESK__WEB__DRAIN_SECONDS", "0")
    return tmp_path / "desk.db"


async def test_it_greets_serves_and_leaves_on_a_signal(environment, monkeypatch):
    monkeypatch.setenv("NIGHTDESK_API_KEYS", "a,b")
    plan = read_plan()
    ports: asyncio.Queue[int] = asyncio.Queue()
    serving = asyncio.create_task(serve(plan, ports.put_nowait))
    async with asyncio.timeout(5):
        said = "\n".join(greeting(plan, await ports.get()))
    assert "Telegram: off, set TELEGRAM_BOT_TOKEN" in said
    assert "2 keys" in said
    address = next(word for word in said.split() if word.startswith("http"))
    async with aiohttp.ClientSession() as http, http.get(address) as r:
        assert r.status == 200
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(15):
        await serving


async def test_what_is_off_says_how_to_switch_it_on(environment, monkeypatch):
    lines = "\n".join(greeting(read_plan(), 8000))
    assert "HTTP API: off, set NIGHTDESK_API_KEYS" in lines
    assert "Telegram: off, set TELEGRAM_BOT_TOKEN" in lines
    assert "Models:   off, set OPENAI_API_KEY or ANTHROPIC_API_KEY" in lines
    assert "WhatsApp: off, set TWILIO_ACCOUNT_SID" in lines


def test_what_is_on_says_as_whom(environment, monkeypatch):
    for name, value in {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret-value",
        "TWILIO_WHATSAPP_FROM": "whatsapp:+15550001111",
        "PUBLIC_URL": "https://desk.example.com",
    }.items():
        monkeypatch.setenv(name, value)
    lines = "\n".join(greeting(read_plan(), 8000))
    assert "WhatsApp: on as +15550001111, called at PUBLIC_URL; no approved message" in lines
    assert "secret-value" not in lines


def test_the_greeting_names_the_models_in_their_order_and_their_cap(environment, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-value")
    lines = "\n".join(greeting(read_plan(), 8000))
    assert "Models:   anthropic (claude-haiku-5-5); no cap on a day" in lines
    monkeypatch.setenv("OPENAI_API_KEY", "secret-value")
    monkeypatch.setenv("NIGHTDESK__BUDGET__USD_PER_DAY", "2.5")
    lines = "\n".join(greeting(read_plan(), 8000))
    assert "openai (gpt-6-luna), then anthropic (claude-haiku-5-5); at most $2.5 a day" in lines
    assert "secret-value" not in lines


def test_the_greeting_says_which_amounts_nobody_has_a_word_for(environment, monkeypatch, tmp_path):
    (tmp_path / "vips.csv").write_text("id,balance,tier\n1,47.15,gold\n")
    vips = {"name": "vips", "kind": "file", "path": str(tmp_path / "vips.csv"), "key": "id"}
    balance = {"kind": "amount", "labels": {"pt": ["saldo"], "en": ["balance"]}}
    vips |= {"channels": ["telegram"], "facts": {"tier": {}, "balance": balance}}
    monkeypatch.setenv("NIGHTDESK__FACTS", json.dumps([vips]))
    lines = "\n".join(greeting(read_plan(), 8000))
    assert "Facts:    2 from vips; 'balance' lacks labels in es" in lines
    balance["labels"]["es"] = ["saldo"]
    monkeypatch.setenv("NIGHTDESK__FACTS", json.dumps([vips]))
    assert "Facts:    2 from vips\n" in "\n".join(greeting(read_plan(), 8000))


def test_what_telegram_lacks_is_said_one_thing_at_a_time(environment, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret-value")
    assert "polling, PUBLIC_URL is not set; no staff chat" in _telegram(read_plan())
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example.com")
    monkeypatch.setenv("TELEGRAM_STAFF_CHAT", "-100123")
    assert "called at PUBLIC_URL; nobody may answer" in _telegram(read_plan())
    monkeypatch.setenv("NIGHTDESK__DESK__STAFF", '[{"name": "Rita", "telegram_id": 7}]')
    said = _telegram(read_plan())
    assert "1 of your team may answer in the staff chat" in said
    assert "secret-value" not in said


async def test_a_second_process_is_refused_and_the_first_goes_on(environment):
    async with opened(read_plan()) as app:
        with pytest.raises(AlreadyServed, match="another process"):
            async with opened(read_plan()):
                pass
        assert await app.ledger.backlog() == {}
    async with opened(read_plan()):
        pass


async def test_a_port_in_use_is_named(environment, monkeypatch):
    taken = listen_tcp("127.0.0.1", 0)
    monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
    with pytest.raises(CannotListen, match="set HOST and PORT"):
        await serve(read_plan(), lambda port: None)
    taken.close()


async def test_the_database_and_its_socket_belong_to_this_user_alone(environment):
    async with opened(read_plan()):
        for path in (environment, socket_path(environment), environment.with_name("desk.db.key")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_a_long_path_gets_its_socket_elsewhere(tmp_path):
    short = socket_path(tmp_path / "x.db")
    assert short == tmp_path / "x.db.sock"
    long = socket_path(tmp_path / ("d" * 120) / "x.db")
    assert long.parent != tmp_path / ("d" * 120)
    assert len(str(long)) < 100
    assert long == socket_path(tmp_path / ("d" * 120) / "x.db")


async def test_the_threshold_of_the_configuration_wins(environment, monkeypatch):
    monkeypatch.setenv("NIGHTDESK__RULES__THRESHOLD", "0.9")
    assert read_plan().book.threshold == 0.9


async def test_the_command_lines_address_wins(environment):
    plan = read_plan().listening_at("0.0.0.0", None)
    assert (plan.environment.host, plan.environment.port) == ("0.0.0.0", 0)
    assert read_plan().listening_at(None, 81).environment.port == 81
    assert "http://127.0.0.1:81/" in "\n".join(greeting(plan, 81))


async def test_another_staff_chat_gets_what_the_old_one_did_not(environment, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "7001001001:AAnobody_has_ever_had_this_token_00")
    monkeypatch.setenv("TELEGRAM_STAFF_CHAT", "-1001")
    old = ConversationKey("telegram_staff", "7001001001", "-1001")
    async with opened(read_plan(), connect=False) as app:
        await app.ledger.tell(Outgoing(old, "cartão", "system"), None, 1.0)
    monkeypatch.setenv("TELEGRAM_STAFF_CHAT", "-1002")
    async with opened(read_plan(), connect=False) as app:
        (parcel,) = await app.ledger.take("w", 2.0, 9.0, 9, ["telegram_staff"])
    assert parcel.to.chat == "-1002"
