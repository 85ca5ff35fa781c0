"""The page in bad weather: restarts, dropped streams, refusals, repetitions. Nothing is lost."""

import pytest
from chromium import PageAt
from playwright.async_api import Locator, Page, expect
from stand_in import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def bubbles(page: Page) -> Locator:
    return page.get_by_role("log").locator(".bubble")


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("textbox", name="Message").press("Enter")


async def test_a_restart_loses_and_doubles_nothing(desk: StandIn, page_at: PageAt) -> None:
    desk.answer = lambda text: [f"Resposta a {text}"]
    page = await page_at(desk.url)
    await write(page, "um")
    await expect(bubbles(page)).to_have_count(2)

    await desk.stop()
    desk.say("Dito durante a parada")
    await write(page, "dois")
    await expect(page.locator(".note")).to_have_text("Enviando…")
    await expect(page.get_by_role("status")).to_have_text("reconectando…", timeout=2_000)
    await desk.start()

    await expect(page.get_by_role("status")).to_have_text("responde dia e noite")
    await expect(bubbles(page)).to_have_text(
        ["um", "Resposta a um", "Dito durante a parada", "dois", "Resposta a dois"]
    )
    assert desk.after[-1] == "2"  # it asked for what it had not seen, not for everything


async def test_a_dropped_or_refused_stream_comes_back(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    await expect(page.locator("[data-live=yes]")).to_be_visible()

    desk.deaf = True
    desk.drop()
    desk.say("Uma")
    await page.wait_for_timeout(700)
    desk.deaf = False

    await expect(bubbles(page)).to_have_text(["Uma"])
    desk.say("Duas")
    await expect(bubbles(page)).to_have_text(["Uma", "Duas"])


async def test_repeated_events_are_shown_once(desk: StandIn, page_at: PageAt) -> None:
    desk.stutter = True
    desk.answer = lambda text: ["Olá!"]
    desk.say("Antes")
    page = await page_at(desk.url)
    await write(page, "oi")
    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["Antes", "oi", "Olá!"])


async def test_an_unavailable_desk_is_asked_again_under_the_same_id(
    desk: StandIn, page_at: PageAt
) -> None:
    desk.refuse = [503, 500]
    page = await page_at(desk.url)
    await write(page, "primeira")
    await write(page, "segunda")
    await expect(page.locator(".note")).to_have_text(["Enviando…", "Enviando…"])

    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["primeira", "segunda"])
    ids = [post["id"] for post in desk.posts]
    assert len(ids) == 4
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]
    assert desk.texts() == ["primeira", "segunda"]


async def test_a_lost_acknowledgement_doubles_nothing(desk: StandIn, page_at: PageAt) -> None:
    desk.lose_replies = 1
    page = await page_at(desk.url)
    await write(page, "uma vez só")
    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["uma vez só"])
    await page.wait_for_timeout(900)
    assert len({post["id"] for post in desk.posts}) == 1
    assert desk.texts() == ["uma vez só"]


async def test_an_unsent_message_survives_a_reload(desk: StandIn, page_at: PageAt) -> None:
    desk.refuse = [503] * 3
    page = await page_at(desk.url)
    await write(page, "não me esqueça")
    await expect(page.locator(".note")).to_have_text("Enviando…")

    await page.reload()

    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["não me esqueça"])
    assert desk.texts() == ["não me esqueça"]
    assert len({post["id"] for post in desk.posts}) == 1


async def test_a_refused_message_says_so_and_can_be_tried_again(
    desk: StandIn, page_at: PageAt
) -> None:
    desk.refuse = [422]
    page = await page_at(desk.url)
    await write(page, "recusada")
    await expect(page.locator(".note")).to_contain_text("Não deu para enviar esta mensagem.")
    await write(page, "aceita")
    await expect(bubbles(page)).to_have_text(["recusada", "aceita"])

    await page.get_by_role("button", name="Tentar de novo").click()

    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["aceita", "recusada"])
    assert desk.posts[0]["id"] == desk.posts[2]["id"]


async def test_an_answer_never_overtakes_its_question(desk: StandIn, page_at: PageAt) -> None:
    desk.slow = 0.4
    page = await page_at(desk.url)
    await expect(page.locator("[data-live=yes]")).to_be_visible()
    await write(page, "e agora?")
    desk.say("Dito antes de a pergunta chegar")
    await expect(bubbles(page)).to_have_text(["Dito antes de a pergunta chegar", "e agora?"])
    desk.say("Depois")
    await expect(bubbles(page)).to_have_count(3)
    await page.wait_for_timeout(500)
    await expect(bubbles(page)).to_have_text(
        ["Dito antes de a pergunta chegar", "Depois", "e agora?"]
    )


async def test_sending_needs_no_open_stream(desk: StandIn, page_at: PageAt) -> None:
    desk.deaf = True
    page = await page_at(desk.url)
    await write(page, "alguém aí?")
    await expect(bubbles(page)).to_have_text(["alguém aí?"])
    await expect(page.locator(".note")).to_have_count(0)
    assert desk.texts() == ["alguém aí?"]

    desk.deaf = False
    desk.say("Sim!")
    await expect(bubbles(page)).to_have_text(["alguém aí?", "Sim!"])


async def test_what_was_not_sent_yet_outlives_an_erased_chat(
    desk: StandIn, page_at: PageAt
) -> None:
    desk.say("Antiga")
    page = await page_at(desk.url)
    await expect(bubbles(page)).to_have_count(1)
    desk.refuse = [503] * 9
    await write(page, "nova")
    await expect(page.locator(".note")).to_have_text("Enviando…")
    desk.erase()
    await expect(bubbles(page)).to_have_text(["nova"])
    await expect(page.locator(".note")).to_have_text("Enviando…")
    desk.refuse.clear()
    await expect(page.locator(".note")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["nova"])
