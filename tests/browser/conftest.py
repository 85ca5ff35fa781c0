"""A real Chromium or Chrome for the tests that look at the page.

One browser serves the whole run, on the run's own event loop, so that the stand-in server and the
page live side by side in one thread. Tests here carry ``loop_scope="session"`` for that reason.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from chromium import ARGUMENTS, NAMES, PHONE, PageAt, program
from playwright.async_api import Browser, Page, async_playwright
from stand_in import StandIn


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and program() is None:
        pytest.skip(f"NOT RUN: {item.name}, none of {', '.join(NAMES)} is on PATH")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page_at(browser: Browser) -> AsyncIterator[PageAt]:
    """Opens an address on a Brazilian phone; context options may be given by name.

    A script error or a breach of the page's own security policy fails the test at its end.
    """
    contexts, flaws = [], []

    async def open_page(url: str, **options: Any) -> Page:
        wanted = {"viewport": PHONE, "locale": "pt-BR", "timezone_id": "America/Sao_Paulo"}
        context = await browser.new_context(**{**wanted, **options})
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: flaws.append(str(error)))
        page.on(
            "console",
            lambda line: flaws.append(line.text) if "Security Policy" in line.text else None,
        )
        await page.goto(url)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert not flaws


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[StandIn]:
    """The stand-in server, running, which answers nothing until it is told to."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()
