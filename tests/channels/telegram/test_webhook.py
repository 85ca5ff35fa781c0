"""Our address at Telegram, with the real `telegram.Bot`: registered, watched, registered again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.channels.telegram import trouble
from bot.channels.telegram.account import Account
from bot.channels.telegram.health import Link, TelegramHealth
from bot.channels.telegram.webhook import ALLOWED_UPDATES, Hook, Registration
from bot.clock import SYSTEM
from tests.channels.telegram.payloads import BOT, STAFF_CHAT
from tests.channels.telegram.rig import until
from tests.channels.telegram.stub import TOKEN, Refusal, Stub, stub_and_bot

HOOK = Hook("https://desk.example.com", "s3cret-Value_1")
URL = "https://desk.example.com/hooks/telegram"


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "FIRST_REST", 0.01)


class Desk:
    def __init__(self, stub: Stub, health: TelegramHealth, account: Account, running) -> None:
        self.stub = stub
        self.health = health
        self.account = account
        self.running = running


@asynccontextmanager
async def registered(
    hook: Hook | None = HOOK, staff: bool = True, prepare=lambda stub: None
) -> AsyncIterator[Desk]:
    async with stub_and_bot() as (stub, bot):
        prepare(stub)
        health = TelegramHealth("webhook" if hook else "polling")
        account = Account(str(BOT), [str(STAFF_CHAT)] if staff else [], {})
        registration = Registration(bot, hook, account, health, SYSTEM, watch_seconds=0.05)
        running = asyncio.create_task(registration.run())
        try:
            yield Desk(stub, health, account, running)
        finally:
            await registration.stop()
            await asyncio.wait_for(running, 1)


async def test_a_start_learns_our_name_and_registers_the_hook():
    async with registered() as desk:
        assert await until(lambda: "getWebhookInfo" in desk.stub.names())
        assert desk.stub.names()[0] == "getMe"
        assert desk.stub.of("setWebhook") == [
            {
                "url": URL,
                "secret_token": "s3cret-Value_1",
                "allowed_updates": list(ALLOWED_UPDATES),
                "max_connections": 40,
                "drop_pending_updates": False,
            }
        ]
        assert desk.account.me().username == "CasaDeskBot"
        assert desk.health.username == "CasaDeskBot"
        assert await until(lambda: desk.health.is_ok(time.time()))
        assert desk.health.staff_chat is True


async def test_what_telegram_reports_is_shown_without_secrets():
    now = int(time.time())

    def failing(stub: Stub) -> None:
        stub.info = {
            "pending_update_count": 12,
            "last_error_date": now - 30,
            "last_error_message": f"Wrong response from {TOKEN}: 502 " + "x" * 500,
        }

    async with registered(prepare=failing) as desk:
        assert await until(lambda: desk.health.pending)
        shown = desk.health.as_dict(now)
        assert shown["pending"] == 12
        assert shown["ok"] is False
        assert shown["last_error_age"] == 30
        assert len(str(shown["last_error"])) <= 160
        assert "AAE-" not in repr(shown) + repr(desk.health)
        desk.stub.info = {}
        assert await until(lambda: desk.health.is_ok(time.time()))


async def test_a_hook_that_somebody_changed_is_registered_again():
    async with registered() as desk:
        for change in ("https://elsewhere.example.com/hook", ""):
            assert await until(lambda: desk.stub.url == URL)
            desk.stub.url = change
        assert await until(lambda: desk.stub.url == URL)
        assert len(desk.stub.of("setWebhook")) == 3
        desk.stub.allowed = ["message"]
        assert await until(lambda: set(desk.stub.allowed) == set(ALLOWED_UPDATES))
        assert {each["drop_pending_updates"] for each in desk.stub.of("setWebhook")} == {False}


async def test_a_hook_that_is_well_is_left_alone():
    async with registered() as desk:
        assert await until(lambda: len(desk.stub.of("getWebhookInfo")) > 3)
        assert len(desk.stub.of("setWebhook")) == 1


async def test_a_hook_with_another_secret_is_registered_again():
    async with registered() as desk:
        assert await until(lambda: desk.stub.of("getWebhookInfo"))
        desk.stub.info = {
            "last_error_date": int(time.time()) + 5,
            "last_error_message": "Wrong response from the webhook: 403 Forbidden",
        }
        assert await until(lambda: len(desk.stub.of("setWebhook")) > 1)


async def test_every_step_is_repeated_until_it_works():
    def failing(stub: Stub) -> None:
        for name in ("getMe", "setWebhook", "getWebhookInfo"):
            stub.failures[name] = [ConnectionError(), Refusal(500, "Internal Server Error")]

    async with registered(prepare=failing) as desk:
        assert await until(lambda: desk.health.is_ok(time.time()) and desk.health.username)
        assert len(desk.stub.of("getMe")) == 3
        assert len(desk.stub.of("setWebhook")) == 3


@pytest.mark.parametrize(
    ("refusal", "link"),
    [
        (Refusal(401, "Unauthorized"), Link.UNAUTHORIZED),
        (Refusal(400, "Bad Request: bad webhook: HTTPS url must be provided"), Link.REFUSED),
        (ConnectionError(), Link.UNREACHABLE),
    ],
)
async def test_what_does_not_work_is_shown(refusal, link, monkeypatch):
    monkeypatch.setattr(trouble, "FIRST_REST", 30.0)

    def failing(stub: Stub) -> None:
        stub.failures["setWebhook"] = [refusal]

    async with registered(prepare=failing) as desk:
        assert await until(lambda: desk.health.link is link)
        assert desk.health.as_dict(time.time())["ok"] is False


async def test_a_staff_chat_that_we_cannot_enter_is_shown_until_we_can():
    def failing(stub: Stub) -> None:
        stub.failures["getChat"] = [Refusal(400, "Bad Request: chat not found")]

    async with registered(prepare=failing) as desk:
        assert await until(lambda: desk.health.staff_chat is False)
        assert await until(lambda: desk.health.staff_chat is True)
    async with registered(staff=False) as desk:
        assert await until(lambda: desk.stub.of("getWebhookInfo"))
        assert "getChat" not in desk.stub.names()
        assert desk.health.staff_chat is None


async def test_a_staff_chat_that_takes_no_message_is_not_well_because_it_can_be_seen():
    async with registered() as desk:
        assert await until(lambda: desk.health.staff_chat is True)
        desk.health.staff_chat = False  # a message was refused there
        looked = desk.stub.names().count("getChat")
        assert await until(lambda: desk.stub.names().count("getChat") > looked + 1)
        assert desk.health.staff_chat is False


async def test_while_polling_it_only_learns_our_name():
    async with registered(hook=None) as desk:
        assert await until(lambda: desk.stub.names().count("getChat") > 1)
        assert set(desk.stub.names()) == {"getMe", "getChat"}
        assert desk.account.me().username == "CasaDeskBot"
        assert desk.health.link is Link.STARTING  # polling itself says whether it works


def test_health_says_how_things_stand():
    health = TelegramHealth("webhook")
    assert health.as_dict(1_000.0) == {
        "mode": "webhook",
        "username": "",
        "ok": False,
        "link": "starting",
        "pending": 0,
        "last_error": "",
        "last_error_age": None,
        "last_contact_age": None,
        "staff_chat": None,
    }
    health.works(1_000.0)
    assert health.is_ok(1_001.0)
    assert not health.is_ok(1_000.0 + 600)  # nothing heard for long
    health.reported(0, "timed out", 995.0)
    assert health.is_ok(1_001.0)  # it came through after all
    health.reported(3, "timed out", 995.0)
    assert not health.is_ok(1_001.0)
    health.reported(3, "timed out", 1.0)
    assert health.is_ok(1_001.0)


def test_a_hook_does_not_show_its_secret():
    assert "s3cret" not in repr(HOOK)
    assert HOOK.url == URL
