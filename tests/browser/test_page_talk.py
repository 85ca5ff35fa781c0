"""A customer talks to the desk on a phone: typing, reading, buttons, keyboard, an emptied chat."""

import re

import pytest
from chromium import PageAt
from playwright.async_api import Locator, Page, expect
from stand_in import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOURS = "Abrimos de segunda a sábado, das 7h às 20h."


def bubbles(page: Page) -> Locator:
    return page.get_by_role("log").locator(".bubble")


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


async def test_a_question_is_answered(desk: StandIn, page_at: PageAt) -> None:
    desk.answer = lambda text: [HOURS]
    page = await page_at(desk.url)

    await write(page, "que horas vcs abrem?")

    await expect(bubbles(page)).to_have_text(["que horas vcs abrem?", HOURS])
    await expect(page.locator(".author")).to_have_text(["Você", "Bot"])
    await expect(page.locator(".note")).to_have_count(0)
    await expect(page.get_by_role("textbox")).to_be_focused()
    await expect(page.get_by_role("textbox")).to_have_value("")
    assert [post["text"] for post in desk.posts] == ["que horas vcs abrem?"]


async def test_a_reload_keeps_the_conversation(desk: StandIn, page_at: PageAt) -> None:
    desk.answer = lambda text: [HOURS]
    page = await page_at(desk.url)
    await write(page, "oi")
    await expect(bubbles(page)).to_have_count(2)

    await page.reload()

    await expect(bubbles(page)).to_have_text(["oi", HOURS])
    assert len(desk.posts) == 1


async def test_buttons_say_their_label_and_name_their_message(
    desk: StandIn, page_at: PageAt
) -> None:
    first = desk.say("Posso ajudar?", buttons=["Horário", "Falar com uma pessoa"])
    second = desk.say("Algo mais?", buttons=["Não, obrigado"])
    page = await page_at(desk.url)

    await page.get_by_role("button", name="Não, obrigado").click()
    await page.get_by_role("button", name="Falar com uma pessoa").click()

    await expect(page.locator("[data-author=you] .bubble")).to_have_text(
        ["Não, obrigado", "Falar com uma pessoa"]
    )
    await expect(page.locator(".note")).to_have_count(0)
    assert [post["button"] for post in desk.posts] == [
        {"message": second["id"], "index": 0},
        {"message": first["id"], "index": 1},
    ]
    await expect(page.locator(".newest .choice")).to_have_text(["Não, obrigado"])


async def test_the_first_visit_offers_sentences_to_say(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    await expect(page.locator("#hello-languages")).to_have_text(
        "Falamos português, inglês e espanhol."
    )

    await page.get_by_role("button", name="Quero falar com uma pessoa").click()

    await expect(bubbles(page)).to_have_text(["Quero falar com uma pessoa"])
    await expect(page.locator("#hello")).to_be_hidden()


async def test_everything_works_with_the_keyboard_alone(desk: StandIn, page_at: PageAt) -> None:
    desk.say("Posso ajudar?", buttons=["Horário"])
    page = await page_at(desk.url)
    await expect(page.get_by_role("textbox")).to_be_focused()

    await page.keyboard.press("Enter")  # an empty message is none
    await page.keyboard.type("   ")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("primeira linha")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("segunda linha")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_count(2)
    await page.keyboard.press("Shift+Tab")
    choice = page.get_by_role("button", name="Horário")
    await expect(choice).to_be_focused()
    ring = await choice.evaluate("e => getComputedStyle(e).outlineStyle")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_count(3)

    assert desk.texts() == ["Posso ajudar?", "primeira linha\nsegunda linha", "Horário"]
    assert ring == "solid"
    shown = await bubbles(page).nth(1).inner_text()
    assert shown == "primeira linha\nsegunda linha"


async def test_an_erased_chat_is_empty_again(desk: StandIn, page_at: PageAt) -> None:
    desk.hear("esqueça tudo")
    desk.say("Pronto?", buttons=["Sim"])
    page = await page_at(desk.url)
    await expect(bubbles(page)).to_have_count(2)

    desk.erase()
    await expect(bubbles(page)).to_have_count(0)
    await expect(page.locator(".day")).to_have_count(0)
    await expect(page.locator("#hello")).to_be_visible()

    desk.say("Apaguei a nossa conversa.")
    await expect(bubbles(page)).to_have_text(["Apaguei a nossa conversa."])


async def test_typing_is_shown_and_ends_with_the_answer(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    sign = page.get_by_role("img", name="Escrevendo uma resposta")
    await expect(page.locator("[data-live=yes]")).to_be_visible()

    desk.typing(True)
    await expect(sign).to_be_visible()
    assert await page.locator("[aria-live] #typing, [role=status] #typing").count() == 0

    desk.say(HOURS)
    await expect(sign).to_be_hidden()


async def test_days_and_people_are_told_apart(desk: StandIn, page_at: PageAt) -> None:
    desk.hear("oi", at="2025-03-04T22:10:00+00:00")
    desk.say("Olá!", at="2025-03-05T01:30:00+00:00")  # still the 4th in São Paulo
    desk.say("Aqui é a Marina.", author="staff")
    page = await page_at(desk.url)

    await expect(page.locator(".day")).to_have_text(["4 de março de 2025", "Hoje"])
    await expect(page.locator(".author")).to_have_text(["Você", "Bot", "Pessoa da equipe"])
    await expect(page.locator("time").first).to_have_text("19:10")


async def test_a_reader_of_old_messages_is_not_moved(desk: StandIn, page_at: PageAt) -> None:
    for number in range(30):
        desk.say(f"Mensagem {number}")
    page = await page_at(desk.url)
    scroller = page.locator("#scroller")
    await expect(bubbles(page).last).to_be_in_viewport()

    await scroller.evaluate("e => { e.scrollTop = 100; }")
    await page.wait_for_timeout(50)
    desk.say("A mais nova")
    pill = page.get_by_role("button", name="Novas mensagens")
    await expect(pill).to_be_visible()
    assert await scroller.evaluate("e => e.scrollTop") == 100

    await pill.click()
    await expect(bubbles(page).last).to_be_in_viewport()
    await expect(pill).to_be_hidden()


async def test_a_message_has_an_end(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    box, counter = page.get_by_role("textbox"), page.locator("#counter")

    await box.fill("x" * 3000)
    await expect(counter).to_be_hidden()
    await box.fill("😀" * 4096)
    await expect(counter).to_have_text("Caracteres restantes: 0")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await box.fill("x" * 4097)
    await expect(counter).to_have_text("Caracteres a mais: 1")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await box.press("Enter")
    assert desk.posts == []


@pytest.mark.parametrize(
    ("locale", "placeholder", "status"),
    [
        ("en-GB", "Write a message", "answers day and night"),
        ("es-MX", "Escribe un mensaje", "responde de día y de noche"),
        ("fr-FR", "Write a message", "answers day and night"),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(
    desk: StandIn, page_at: PageAt, locale: str, placeholder: str, status: str
) -> None:
    page = await page_at(desk.url, locale=locale)
    await expect(page.get_by_placeholder(placeholder)).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text(status)
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", re.compile("^(en|es)$"))
