"""Which browser the page is tried in, and how it is started. Nothing is ever downloaded."""

import shutil
from collections.abc import Awaitable, Callable

from playwright.async_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}

PageAt = Callable[..., Awaitable[Page]]


def program() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
