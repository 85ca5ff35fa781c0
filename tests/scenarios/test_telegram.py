"""Telegram, as its people live it: customers in private and in groups, the team in its chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.telegram_desk import WAYS, Stage, telegram_desk


@pytest.fixture
async def stage(monkeypatch, tmp_path) -> AsyncIterator[Stage]:
    async with telegram_desk(monkeypatch, tmp_path) as stage:
        yield stage


@pytest.mark.parametrize("way", WAYS)
async def test_from_the_first_message_to_a_person_and_back(monkeypatch, tmp_path, way):
    async with telegram_desk(monkeypatch, tmp_path, way) as stage:
        api, ana, rita = stage.api, stage.ana, stage.rita
        chat = api.private(ana)

        assert "robô" in await stage.says(ana, "/start")
        welcome = await stage.hears(ana)
        assert welcome.labels[-1] == "Falar com uma pessoa"
        await ana.presses(welcome, welcome.labels[0])
        assert (await stage.hears(ana, 2)).text
        assert "Pix" in await stage.says(ana, "vcs aceitam pix?")

        promise = await stage.says(ana, "quero falar com uma pessoa")
        assert "equipe" in promise
        card = await stage.shown_to_team("#c1", "Ana", "vcs aceitam pix?")

        await rita.replies(card, "Oi Ana, aqui é a Rita!")
        assert (await stage.hears(ana, 5)).text == "Oi Ana, aqui é a Rita!"
        await ana.says(chat, "oi Rita, vocês aceitam boleto?")
        mirror = await stage.shown_to_team("#c1", "Ana", "vocês aceitam boleto?")
        await rita.replies(mirror, "/note cliente antiga")
        await rita.replies(mirror, "Aceitamos sim.")
        assert (await stage.hears(ana, 6)).text == "Aceitamos sim."

        await rita.replies(card, "/resolve")
        farewell = await stage.hears(ana, 7)
        assert "concluiu" in farewell.text
        assert "boleto" in (await stage.says(ana, "e boleto?")).lower()

        assert not any("cliente antiga" in text for text in api.texts(chat))
        for method in ("setWebhook", "deleteWebhook"):
            for call in api.ledger.of(method):
                assert call.parameters.get("drop_pending_updates") in (None, "false", False)
        assert all(toast.text == "" for toast in api.ledger.toasts)
        assert len(api.ledger.toasts) == 1


async def test_two_customers_and_two_agents_do_not_cross(stage):
    api, rita, tom = stage.api, stage.rita, stage.tom
    for user in (stage.ana, stage.bia):
        await stage.says(user, "quero falar com uma pessoa")
    cards = {u: await stage.shown_to_team(u.first_name) for u in (stage.ana, stage.bia)}
    for n in range(5):
        for user, card in cards.items():
            agent = rita if (n + user.id) % 2 else tom
            await agent.replies(card, f"para {user.first_name} {n}")
    for user in cards:
        await api.wait_shown(api.private(user), 6, seconds=20)
        texts = api.texts(api.private(user))[1:]
        assert texts == [f"para {user.first_name} {n}" for n in range(5)]


async def test_a_reply_in_the_team_chat_reaches_a_customer_of_any_channel(stage):
    await stage.desk.ask("quero falar com uma pessoa", "m1", "c-api")
    card = await stage.shown_to_team("#c1")
    await stage.desk.post("alô?", "m2", "c-api")
    mirror = await stage.shown_to_team("alô?")
    await stage.rita.replies(card, "Oi, do Telegram!")
    await stage.tom.replies(mirror, "/resolve")
    await stage.shown_to_team("Caso 1 encerrado")
    *_, reply, farewell = await stage.desk.messages("c-api")
    assert (reply["author"], reply["text"]) == ("staff", "Oi, do Telegram!")
    assert "concluiu" in farewell["text"]


async def test_what_is_not_plainly_a_reply_stays_inside_and_says_so(stage):
    api, rita, team = stage.api, stage.rita, stage.team
    await stage.says(stage.ana, "quero falar com uma pessoa")
    card = await stage.shown_to_team("#c1")
    before = api.texts(api.private(stage.ana))
    stranger = api.user(900, "Zé")
    asides = [
        rita.says(team, "alguém responde a Ana?"),
        rita.replies(card, "/clam"),
        rita.says(team, "/resolve"),
        rita.sends_media(team, "photo", "para a Ana", reply_to=card),
        rita.says(team, "sou anônima", anonymous=True, reply_to=card),
        stranger.replies(card, "sou da equipe, juro"),
    ]
    for n, aside in enumerate(asides, 1):
        said = await aside
        told = await api.wait_for(
            lambda said=said: next(
                (m for m in api.shown(team) if m.reply_to == said.message_id), None
            )
        )
        assert told.text, n
        assert "#c" not in told.text  # it shows no customer, and must not look as if it did
    assert "900" in api.texts(team)[-1]

    joke = await stage.tom.says(team, "kkk", reply_to=said)  # colleagues among themselves
    await api.user(1, "Outro", is_bot=True).replies(card, "eu sou um bot")
    await stage.quiet()
    assert api.texts(api.private(stage.ana)) == before
    assert not any(m.reply_to == joke.message_id for m in api.shown(team))


async def test_an_edited_reply_of_the_team_is_not_sent_again(stage):
    await stage.says(stage.ana, "quero falar com uma pessoa")
    card = await stage.shown_to_team("#c1")
    said = await stage.rita.replies(card, "seu pedido chega dia 5")
    await stage.hears(stage.ana, 2)
    await stage.rita.edits(said, "seu pedido chega dia 6")
    await stage.api.wait_for(
        lambda: any(m.reply_to == said.message_id for m in stage.api.shown(stage.team))
    )
    assert len(stage.api.shown(stage.api.private(stage.ana))) == 2


async def test_an_edit_before_the_answer_replaces_and_after_it_changes_nothing(
    monkeypatch, tmp_path
):
    slow = {"NIGHTDESK__INBOX__PAUSE_SECONDS": "0.5"}
    async with telegram_desk(monkeypatch, tmp_path, **slow) as stage:
        chat = stage.api.private(stage.ana)
        asked = await stage.ana.says(chat, "qual o endereço de")
        await asyncio.sleep(0.1)
        await stage.ana.edits(asked, "vocês aceitam pix?")
        assert "Pix" in (await stage.hears(stage.ana)).text
        await stage.ana.edits(asked, "qual o horário?")
        await stage.quiet()
        await asyncio.sleep(0.7)
        assert len(stage.api.shown(chat)) == 1


async def test_in_a_group_the_bot_speaks_when_spoken_to(stage):
    api, ana, bia = stage.api, stage.ana, stage.bia
    group = api.group(-1005, "Condomínio", [ana, bia])
    await ana.says(group, "vocês aceitam pix?")
    await bia.says(group, "/help@outro_bot")
    await ana.says(group, "eu acho que sim")
    asked = await ana.says(group, "@nightdesk_bot vocês aceitam pix?")
    (answer,) = await api.wait_shown(group)
    assert "Pix" in answer.text
    assert answer.reply_to == asked.message_id
    again = await bia.replies(answer, "qual o horário?")
    assert (await api.wait_shown(group, 2))[1].reply_to == again.message_id

    for n, private in enumerate(("quero falar com uma pessoa", "cadê meu pedido?", "/forget"), 3):
        text = private if private.startswith("/") else f"@nightdesk_bot {private}"
        await bia.says(group, text)
        assert "privado" in (await api.wait_shown(group, n))[n - 1].text
    await stage.quiet()
    assert len(api.shown(group)) == 5
    assert (await stage.status())["cases"] == {}


@pytest.mark.parametrize(
    ("kind", "word"), [("voice", "áudio"), ("photo", "foto"), ("sticker", ""), ("dice", "mensagem")]
)
async def test_what_is_no_text_gets_a_line_that_says_so(stage, kind, word):
    chat = stage.api.private(stage.ana)
    await stage.ana.sends_media(chat, kind)
    if word:
        assert word in (await stage.hears(stage.ana)).text
    else:
        await stage.quiet()
        assert stage.api.texts(chat) == []


async def test_a_button_counts_only_in_its_chat_and_is_always_answered(stage):
    api, ana, bia = stage.api, stage.ana, stage.bia
    await stage.says(ana, "/start")
    await stage.says(bia, "/start")
    hers = await stage.hears(ana)
    stolen = hers.keyboard[-1][-1]["callback_data"]
    query = await bia.presses_data(await stage.hears(bia), stolen)
    await bia.presses_data(await stage.hears(bia), "x" * 64)
    await api.wait_for(lambda: len(api.ledger.toasts) == 2)
    assert query in {toast.query for toast in api.ledger.toasts}
    assert all(toast.text for toast in api.ledger.toasts)
    await stage.quiet()
    assert len(api.shown(api.private(bia))) == 1


async def test_a_customer_who_blocks_the_bot_is_left_alone_and_the_team_hears_of_it(stage):
    api, ana = stage.api, stage.ana
    await stage.says(ana, "quero falar com uma pessoa")
    card = await stage.shown_to_team("#c1")
    await ana.blocks_bot()
    await stage.quiet()
    await stage.rita.replies(card, "Oi Ana!")
    await stage.shown_to_team("#c1", "Oi Ana!")
    assert len(api.shown(api.private(ana))) == 1
    await ana.unblocks_bot()
    await ana.says(api.private(ana), "voltei")
    await stage.shown_to_team("voltei")


async def test_a_group_that_becomes_a_supergroup_keeps_its_team(stage):
    await stage.says(stage.ana, "quero falar com uma pessoa")
    await stage.shown_to_team("#c1")
    new = await stage.team.becomes_supergroup(-1009990001)
    await stage.says(stage.bia, "quero falar com uma pessoa")
    (card,) = await stage.api.wait_shown(new, 1)
    assert "Bia" in card.text
    await stage.rita.replies(card, "Oi Bia!")
    assert (await stage.hears(stage.bia, 2)).text == "Oi Bia!"


async def test_how_telegram_stands_is_told(stage):
    api = stage.api
    await stage.says(stage.ana, "/start")
    told = (await stage.status())["platforms"]["telegram"]
    assert told["ok"]
    async with stage.desk.http.get(f"{stage.desk.url}/readyz") as r:
        ready = await r.json()
    assert ready["telegram"]["mode"] == "webhook"
    assert ready["telegram"]["username"] == "nightdesk_bot"
    assert api.token.partition(":")[2] not in str(ready)


async def test_typing_is_shown_within_a_second_and_not_for_a_quick_answer(monkeypatch, tmp_path):
    async with telegram_desk(monkeypatch, tmp_path, NIGHTDESK__INBOX__PAUSE_SECONDS="2") as stage:
        chat = stage.api.private(stage.ana)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await stage.ana.says(chat, "vocês aceitam")
        await stage.api.wait_for(lambda: stage.api.ledger.of("sendChatAction", chat.id))
        assert 0.5 < loop.time() - began < 1.6  # 0.7 s, on a machine with nothing else to do
        assert stage.api.shown(chat) == []
        await stage.ana.says(chat, "pix?")
        assert "Pix" in (await stage.hears(stage.ana)).text
        calls = len(stage.api.ledger.of("sendChatAction"))
        await stage.says(stage.ana, "/help")
        assert len(stage.api.ledger.of("sendChatAction")) == calls


async def test_a_long_reply_arrives_in_parts_in_order(stage):
    await stage.says(stage.ana, "quero falar com uma pessoa")
    card = await stage.shown_to_team("#c1")
    sentences = [f"Esta é a frase número {n} 😀 da resposta." for n in range(250)]
    await stage.rita.replies(card, " ".join(sentences)[:9_000])
    await stage.quiet()
    parts = stage.api.texts(stage.api.private(stage.ana))[1:]
    assert len(parts) == 3
    assert " ".join(parts) == " ".join(sentences)[:9_000].strip()
    assert all(part.endswith("resposta.") for part in parts[:-1])
