"""WhatsApp, as its people live it: what is peculiar to it. What all channels share is elsewhere."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.whatsapp import WINDOW_SECONDS
from bot.delivery.unknowns import FIRST_LOOK
from tests.phones import WHATSAPP, OnWhatsApp, Town, town_on
from tests.twilio_api import Person, StandIn
from tests.twilio_api.faults import cut, refused
from tests.whatsapp_desk import Stage, whatsapp_desk

INVITE = "HX" + "a" * 32
TEMPLATES = {"pt": {"content_sid": INVITE, "variables": {"1": "name", "2": "house"}}}


@pytest.fixture
async def stage(monkeypatch, tmp_path) -> AsyncIterator[Stage]:
    async with whatsapp_desk(monkeypatch, tmp_path) as stage:
        yield stage
        assert not stage.api.violations


@pytest.fixture
async def town(monkeypatch, tmp_path) -> AsyncIterator[Town]:
    templates = {"NIGHTDESK__CHANNELS__WHATSAPP__TEMPLATES": json.dumps(TEMPLATES)}
    async with town_on(WHATSAPP, monkeypatch, tmp_path, **templates) as town:
        yield town


def phones(town: Town) -> StandIn:
    assert town.whatsapp is not None
    return town.whatsapp


def person(phone: object) -> Person:
    assert isinstance(phone, OnWhatsApp)
    return phone.person


def rows(stage: Any, sql: str) -> list[dict[str, Any]]:
    """What the database says."""
    with sqlite3.connect(f"file:{stage.desk.database}?mode=ro", uri=True) as ledger:
        ledger.row_factory = sqlite3.Row
        return [dict(row) for row in ledger.execute(sql)]


async def test_a_button_and_its_number_mean_the_same(stage):
    await stage.says(stage.ana, "/start")
    welcome = await stage.hears(stage.ana)
    assert welcome.labels == ["Meu pedido", "Trocar ou devolver", "Falar com uma pessoa"]
    pressed = await stage.presses(stage.ana, "Meu pedido")
    for way in ("1", "1.", " 1️⃣ ", "opção 1"):
        other = stage.api.person(f"+551188{len(way):02}{ord(way[0]):05}", "Zé")
        await stage.says(other, "/start")
        assert await stage.says(other, way) == pressed


async def test_a_number_without_anything_to_choose_is_only_a_number(stage):
    assert "Pix" in await stage.says(stage.ana, "vcs aceitam pix?")
    offer = await stage.says(stage.ana, "2")
    assert "2" not in [message.text for message in stage.api.shown(stage.ana)]
    assert offer


async def test_an_old_button_means_what_it_meant(stage):
    await stage.says(stage.ana, "/start")
    welcome = await stage.hears(stage.ana)
    await stage.says(stage.ana, "qual a capital da Mongólia?")
    await stage.ana.presses(welcome, "Trocar ou devolver")
    assert "troca" in (await stage.hears(stage.ana, 3)).text.lower()


@pytest.mark.parametrize("code", [63005, 63030])
async def test_where_buttons_are_refused_only_after_they_were_taken_numbers_do(
    stage, monkeypatch, code
):
    monkeypatch.setattr("bot.channels.whatsapp.send.LATER", 0.1)
    stage.api.statuses.fail(code, "failed")
    await stage.says(stage.ana, "/start")
    await stage.quiet()
    (welcome,) = stage.api.shown(stage.ana)
    assert welcome.labels == []
    assert welcome.text.endswith("3. Falar com uma pessoa")
    assert [row["failure"] for row in rows(stage, "SELECT * FROM messages")] == ["", ""]
    stage.api.statuses.fail(code, "failed", times=None)  # it is the words: once more, and no more
    await stage.bia.says("/start")
    await stage.quiet()
    sends = [each for each in stage.api.ledger.messages.values() if each.direction != "inbound"]
    assert len(sends) == 2 + 2


async def test_where_buttons_cannot_be_made_numbers_do(stage):
    stage.api.fail("content.create", refused(403, 20403), times=None)
    await stage.says(stage.ana, "/start")
    welcome = await stage.hears(stage.ana)
    assert welcome.labels == []
    assert welcome.text.endswith("1. Meu pedido\n2. Trocar ou devolver\n3. Falar com uma pessoa")
    await stage.says(stage.ana, "3")
    (case,) = await stage.desk.cases()
    assert case["why"] == "asked for a person"


async def test_whoever_hides_their_number_stays_the_same_customer(stage):
    ana = stage.api.person("+5511990000009", "Ana", "BR.1502576394655843")
    stage.api.tells_user_ids = True
    await stage.says(ana, "quero falar com uma pessoa")
    ana.hides_number()
    await ana.says("alô?")
    await stage.quiet()
    assert len(await stage.desk.cases()) == 1
    await stage.desk.act("reply", 1, "Oi Ana!")
    await stage.quiet()
    heard = [message.text for message in stage.api.shown(ana)]
    assert heard[-1] == "Oi Ana!"
    chats = rows(stage, "SELECT DISTINCT conversation FROM messages WHERE direction = 'in'")
    assert len(chats) == 1


async def test_a_customer_who_never_shows_a_number_is_served(stage):
    zoe = stage.api.person("+5511990000008", "Zoe", "BR.9902576394655843")
    zoe.hides_number()
    assert "Pix" in await stage.says(zoe, "vcs aceitam pix?")


async def test_what_is_quoted_located_or_advertised_reaches_the_team(town):
    ana, api = person(town.ana), phones(town)
    await town.ana.says("quero falar com uma pessoa")
    card = await town.stage.shown_to_team("#c1")
    await town.stage.rita.replies(card, "Qual é o endereço?")
    question = (await api.wait_shown(ana, 2))[1]
    await town.quiet()  # nobody answers before Twilio has told us the message's id
    await ana.replies(question, "o da foto")
    await town.stage.shown_to_team("Qual é o endereço?", "o da foto")
    await ana.shares_location(-23.561414, -46.655881, "Casa", "Av. Paulista 1000")
    await town.stage.shown_to_team("Casa", "-23.561414")
    await ana.comes_from_ad("ainda vale?", "Promoção {{7*7}}", "50% hoje")
    await town.stage.shown_to_team("Promoção {{7*7}}", "ainda vale?")


async def test_receipts_are_kept_whatever_their_order(stage):
    statuses = stage.api.statuses
    statuses.order, statuses.times, statuses.until = "shuffled", 3, "read"
    await stage.says(stage.ana, "vcs aceitam pix?")
    await stage.quiet()
    (sent,) = rows(stage, "SELECT state, receipt FROM messages WHERE direction = 'out'")
    assert sent == {"state": "sent", "receipt": "read"}


async def test_a_send_cut_off_after_it_was_taken_is_found_and_not_repeated(stage):
    stage.api.statuses.never = True
    stage.api.fail("messages.create", cut(accepted=True))
    await stage.ana.says("vcs aceitam pix?")
    await stage.api.wait_for(
        lambda: rows(stage, "SELECT 1 FROM messages WHERE direction = 'out' AND state = 'sent'"),
        30,
    )
    await asyncio.sleep(0.5)
    assert len(stage.api.shown(stage.ana)) == 1


async def test_once_the_desk_closes_nothing_more_is_looked_up(stage):
    """A question to Twilio takes seconds, which would come on top of the last sends."""
    stage.api.statuses.never = True
    stage.api.fail("messages.create", cut(accepted=True))
    await stage.ana.says("vcs aceitam pix?")
    adrift = "SELECT 1 FROM messages WHERE state = 'unknown'"
    await stage.api.wait_for(lambda: rows(stage, adrift), 30)
    await stage.desk.app.stop_taking()
    await asyncio.sleep(FIRST_LOOK + 0.3)
    assert not stage.api.ledger.of("messages.list")


async def test_after_a_day_a_reply_is_kept_a_template_invites_and_then_it_arrives(town):
    """The 24-hour window from end to end: refused before it leaves, told, kept, asked for, sent."""
    api, ana, rita = phones(town), person(town.ana), town.stage.rita
    sid = api.template("Olá {{1}}, aqui é {{2}}: temos uma resposta.", sid=INVITE).sid
    assert sid == INVITE
    await town.ana.says("quero falar com uma pessoa")
    card = await town.stage.shown_to_team("#c1", "⏳")
    await town.quiet()
    _a_day_passes(town)

    await rita.replies(card, "Seu pedido chegou!")
    notice = await town.stage.shown_to_team("24 horas", "Seu pedido chegou!", "/template")
    assert len(api.shown(ana)) == 1
    assert not api.ledger.broken("window")  # it was not even tried

    await rita.replies(notice, "/template")
    invitation = await town.ana.hears(2)
    assert invitation.startswith("Olá Ana, aqui é ")
    await town.stage.shown_to_team("pedi", "#c1")
    await town.ana.sends("oi, pode falar")
    assert await town.ana.hears(3) == "Seu pedido chegou!"
    await town.quiet()
    assert town.ana.texts().count("Seu pedido chegou!") == 1


async def test_a_template_that_the_house_does_not_have_reaches_nobody(monkeypatch, tmp_path):
    async with town_on(WHATSAPP, monkeypatch, tmp_path) as town:
        await town.ana.says("quero falar com uma pessoa")
        card = await town.stage.shown_to_team("#c1")
        await town.stage.rita.replies(card, "/template")
        await town.stage.shown_to_team("config.yaml")
        assert len(town.ana.texts()) == 1


async def test_how_long_a_customer_can_be_answered_is_shown_at_the_desk(stage):
    await stage.says(stage.ana, "quero falar com uma pessoa")
    (case,) = await stage.desk.cases()
    assert case["window"].startswith("23 h 5")


async def test_how_whatsapp_stands_is_told(stage):
    await stage.says(stage.ana, "/start")
    async with stage.desk.http.get(f"{stage.desk.url}/readyz") as r:
        ready = await r.json()
    assert ready["whatsapp"]["ok"]
    assert ready["whatsapp"]["number"] == stage.api.number
    assert stage.api.auth_token not in json.dumps([ready, await stage.status()])


async def test_a_token_that_is_changed_loses_nothing(monkeypatch, tmp_path):
    """While both are known, whichever Twilio signs with or asks for is the right one."""
    async with StandIn() as api:
        both = {"TWILIO_AUTH_TOKEN": "0" * 32, "TWILIO_AUTH_TOKEN_NEXT": api.auth_token}
        async with whatsapp_desk(monkeypatch, tmp_path, api, **both) as stage:
            assert "Pix" in await stage.says(stage.ana, "vcs aceitam pix?")


async def test_a_refused_account_holds_everything_back_and_the_team_hears_of_it_once(
    monkeypatch, tmp_path
):
    async with town_on(WHATSAPP, monkeypatch, tmp_path) as town:
        api = phones(town)
        await town.ana.says("vcs aceitam pix?")
        api.fail("messages.create", refused(401, 20003), times=None)
        for phone in (town.ana, town.bia):
            await phone.sends("qual o horário?")
        await town.stage.shown_to_team("⛔", "WhatsApp", "credenciais")
        assert len(town.ana.texts()) == 1
        waiting = "state = 'pending' AND conversation LIKE 'whatsapp/%'"
        async with asyncio.timeout(6):
            while len(rows(town.stage, f"SELECT 1 FROM messages WHERE {waiting}")) < 2:
                await asyncio.sleep(0.02)


def _a_day_passes(town: Town) -> None:
    """For Twilio by its clock, for the desk by when it heard the customer."""
    phones(town).clock.advance(WINDOW_SECONDS + 600)
    with sqlite3.connect(town.stage.desk.database) as ledger:
        ledger.execute(f"UPDATE conversations SET last_in_at = last_in_at - {WINDOW_SECONDS + 600}")
