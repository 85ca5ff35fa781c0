"""The page and the desk together: a question in Portuguese, a person, a restart, a farewell."""

import asyncio
from pathlib import Path

import pytest
from chromium import PageAt
from playwright.async_api import Locator, Page, expect

from tests.desk_in_process import Desk, running_desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def bubbles(page: Page, author: str) -> Locator:
    return page.get_by_role("log").locator(f"[data-author={author}] .bubble")


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


async def test_a_question_in_portuguese_is_answered_by_the_rules(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page_at: PageAt
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        page = await page_at(desk.url)
        await write(page, "vcs aceitam pix?")

        await expect(bubbles(page, "bot")).to_contain_text("Pix")
        await page.reload()
        await expect(bubbles(page, "you")).to_have_text(["vcs aceitam pix?"])
        await expect(bubbles(page, "bot")).to_contain_text("Pix")


async def test_a_chat_survives_a_restart_of_the_desk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page_at: PageAt
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        page = await page_at(desk.url)
        await write(page, "qual o horário?")
        await expect(bubbles(page, "bot")).to_have_count(1)
        cookies = await page.context.cookies()
    async with running_desk(monkeypatch, tmp_path) as desk:
        await page.context.add_cookies(cookies)
        await page.goto(desk.url)
        await expect(bubbles(page, "you")).to_have_text(["qual o horário?"])
        await expect(bubbles(page, "bot")).to_have_count(1)


async def test_a_person_takes_over_and_gives_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page_at: PageAt
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        page = await page_at(desk.url)
        await write(page, "quero falar com uma pessoa")
        await expect(bubbles(page, "bot")).to_have_count(1)
        await desk.act("reply", 1, "Oi, aqui é a Rita!")
        await expect(bubbles(page, "staff")).to_have_text(["Oi, aqui é a Rita!"])

        await write(page, "vcs aceitam pix?")
        await _relayed(desk, "vcs aceitam pix?")
        await expect(bubbles(page, "bot")).to_have_count(1)
        await desk.act("resolve", 1)
        await expect(bubbles(page, "bot")).to_have_count(2)
        await write(page, "aceita boleto?")
        await expect(bubbles(page, "bot").last).to_contain_text("oleto")


async def _relayed(desk: Desk, text: str) -> None:
    """Wait until the desk has taken this message and left it to the person."""
    async with asyncio.timeout(6):
        while not any(text in line for line in (await desk.case(1))["lines"]):
            await asyncio.sleep(0.05)
        while (await desk.app.ledger.backlog()) != {}:
            await asyncio.sleep(0.05)


async def test_forgetting_asks_once_and_empties_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page_at: PageAt
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        page = await page_at(desk.url)
        await write(page, "meu segredo é 42")
        await expect(bubbles(page, "bot")).to_have_count(1)
        await write(page, "/forget")
        await page.get_by_role("button", name="Sim", exact=True).click()

        await expect(page.get_by_role("log")).not_to_contain_text("segredo")
        await expect(bubbles(page, "bot")).to_have_count(1)
        await page.reload()
        await expect(bubbles(page, "bot")).to_have_count(1)
        await expect(page.get_by_role("log")).not_to_contain_text("segredo")


async def test_a_lost_cookie_is_replaced_without_losing_the_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page_at: PageAt
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        page = await page_at(desk.url)
        await page.context.clear_cookies()
        await write(page, "vcs aceitam pix?")
        await expect(bubbles(page, "bot")).to_contain_text("Pix", timeout=15_000)
