"""From a customer to a person and back, the same on every platform; the team is on Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.phones import PLATFORMS, WHATSAPP, Town, town_on


@pytest.fixture(params=PLATFORMS)
def platform(request) -> str:
    return str(request.param)


@pytest.fixture
async def town(platform, monkeypatch, tmp_path) -> AsyncIterator[Town]:
    async with town_on(platform, monkeypatch, tmp_path) as town:
        yield town


async def test_from_the_first_message_to_a_person_and_back(town):
    ana, stage, rita = town.ana, town.stage, town.stage.rita
    assert "robô" in await ana.says("/start")
    assert ana.labels()[-1] == "Falar com uma pessoa"
    await ana.presses(ana.labels()[0])
    assert await ana.hears(2)
    assert "Pix" in await ana.says("vcs aceitam pix?")

    promise = await ana.says("quero falar com uma pessoa")
    assert "equipe" in promise
    card = await stage.shown_to_team("#c1", "Ana", "vcs aceitam pix?")

    await rita.replies(card, "Oi Ana, aqui é a Rita!")
    assert await ana.hears(5) == "Oi Ana, aqui é a Rita!"
    await ana.sends("oi Rita, vocês aceitam boleto?")
    mirror = await stage.shown_to_team("#c1", "Ana", "vocês aceitam boleto?")
    await rita.replies(mirror, "/note cliente antiga")
    await rita.replies(mirror, "Aceitamos sim.")
    assert await ana.hears(6) == "Aceitamos sim."

    await rita.replies(card, "/resolve")
    assert "concluiu" in await ana.hears(7)
    assert "boleto" in (await ana.says("e boleto?")).lower()
    assert not any("cliente antiga" in text for text in ana.texts())


async def test_two_customers_and_two_agents_do_not_cross(town):
    stage, phones = town.stage, (town.ana, town.bia)
    for phone in phones:
        await phone.says("quero falar com uma pessoa")
    cards = [await stage.shown_to_team(phone.name) for phone in phones]
    for n in range(5):
        for at, phone in enumerate(phones):
            agent = stage.rita if (n + at) % 2 else stage.tom
            await agent.replies(cards[at], f"para {phone.name} {n}")
    for phone in phones:
        await phone.hears(6)
    await town.quiet()
    for phone in phones:
        assert phone.texts()[1:] == [f"para {phone.name} {n}" for n in range(5)]


@pytest.mark.parametrize(
    ("kind", "word"), [("voice", "áudio"), ("photo", "foto"), ("document", "arquivo")]
)
async def test_what_is_no_text_gets_a_line_that_says_so(town, kind, word):
    await town.ana.sends_media(kind)
    assert word in await town.ana.hears(1)


async def test_a_sticker_needs_no_answer(town):
    await town.ana.sends_media("sticker")
    await town.quiet()
    assert town.ana.texts() == []


async def test_a_long_reply_arrives_in_parts_in_order(town):
    await town.ana.says("quero falar com uma pessoa")
    card = await town.stage.shown_to_team("#c1")
    sentences = [f"Esta é a frase número {n} 😀 da resposta." for n in range(250)]
    said = " ".join(sentences)[:4_000]
    for _ in range(2):
        await town.stage.rita.replies(card, said)
    await town.quiet()
    parts = town.ana.texts()[1:]
    assert " ".join(parts) == f"{said} {said}"
    assert all(len(part.encode("utf-16-le")) // 2 <= town.longest for part in parts)


async def test_words_that_look_like_markup_arrive_as_they_were_written(town):
    """What a colleague writes is literal on every platform, whatever it would mean there."""
    await town.ana.says("quero falar com uma pessoa")
    card = await town.stage.shown_to_team("#c1")
    said = "2*3*4 = 24, arquivo_de_notas.pdf, <b>oi</b>, {{7*7}}, https://x.example/a_b_c?d=1*2"
    await town.stage.rita.replies(card, said)
    assert (await town.ana.hears(2)).replace("\u200b", "") == said


async def test_typing_is_shown_while_an_answer_is_made(platform, monkeypatch, tmp_path):
    slow = {"NIGHTDESK__INBOX__PAUSE_SECONDS": "2"}
    async with town_on(platform, monkeypatch, tmp_path, **slow) as town:

        def typing() -> bool:
            if town.whatsapp:
                return bool(town.whatsapp.ledger.typing)
            return bool(town.stage.api.ledger.of("sendChatAction"))

        await town.ana.sends("vocês aceitam")
        await (town.whatsapp or town.stage.api).wait_for(typing)
        assert town.ana.texts() == []
        await town.ana.sends("pix?")
        assert "Pix" in await town.ana.hears(1)


async def test_a_message_that_comes_twice_is_answered_once(town):
    if town.whatsapp:
        town.whatsapp.webhook.copies, town.whatsapp.webhook.together = 5, 3
    else:
        town.stage.api.updates.copies, town.stage.api.updates.together = 5, 3
    assert "Pix" in await town.ana.says("vcs aceitam pix?")
    await town.quiet()
    await asyncio.sleep(0.2)
    assert len(town.ana.texts()) == 1


async def test_what_could_not_arrive_is_told(town, platform):
    await town.ana.says("quero falar com uma pessoa")
    card = await town.stage.shown_to_team("#c1")
    if platform == WHATSAPP:
        town.ana.person.blocks()
    else:
        await town.stage.ana.blocks_bot()
    await town.quiet()
    await town.stage.rita.replies(card, "Oi Ana!")
    await town.stage.shown_to_team("#c1", "Oi Ana!", "bloqueou")
    assert len(town.ana.texts()) == 1
