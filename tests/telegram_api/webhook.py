"""Delivery by POST: one update in flight a queue, all queues at once, tried until accepted."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.telegram_api.errors import bad_request
from tests.telegram_api.updates import Update, Updates

HEADER = "X-Telegram-Bot-Api-Secret-Token"
PORTS = (443, 80, 88, 8443)
LONGEST_RETRY_AFTER = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Settings:
    """What setWebhook said."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    allowed: tuple[str, ...] = ()


@dataclass
class Webhook:
    """The endpoint and what goes on with it.

    `hurry`: how many times faster than Telegram's the waits between tries pass.
    `drop_answers`: so many answers of the endpoint get lost on the way back.
    """

    updates: Updates
    hurry: float = 1.0
    timeout: float = 60.0  # seconds for one try
    drop_answers: int = 0
    settings: Settings = field(default_factory=Settings)
    error_at: int = 0
    error: str = ""
    _workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(40))

    def __post_init__(self) -> None:
        self.updates.listeners.append(self._look)
        self._random = random.Random(1)

    def set(self, settings: Settings) -> bool:
        """False where it was set like this before: then the tries go on as they were."""
        if settings == self.settings:
            return False
        _check(settings)
        for worker in self._workers.values():
            worker.cancel()
        self._workers.clear()
        self.settings = settings
        self.error_at, self.error = 0, ""
        self._places = asyncio.Semaphore(settings.max_connections)
        self.updates.allowed = settings.allowed
        for queue in self.updates.queues:
            self._look(queue)
        return True

    async def stop(self) -> None:
        """End every try."""
        self.settings = Settings()
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def info(self) -> dict[str, Any]:
        """What getWebhookInfo says."""
        said: dict[str, Any] = {
            "url": self.settings.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.pending),
            "max_connections": self.settings.max_connections,
        }
        if self.error:
            said |= {"last_error_date": self.error_at, "last_error_message": self.error}
        if self.updates.allowed:
            said["allowed_updates"] = list(self.updates.allowed)
        return said

    async def post(self, body: Any, secret: str | None = None) -> int:
        """Post once, whatever it is: a status, or 0 where no answer came. Bytes go as they are."""
        return (await self._post(body, secret))[0]

    def _look(self, queue: str) -> None:
        """See to it that a queue with something in it has a worker."""
        if self.settings.url and queue not in self._workers and self.updates.first(queue):
            task = asyncio.get_running_loop().create_task(self._work(queue))
            self._workers[queue] = task

    async def _work(self, queue: str) -> None:
        while update := self.updates.first(queue):
            await self._deliver(update)
        if self._workers.get(queue) is asyncio.current_task():
            del self._workers[queue]

    async def _deliver(self, update: Update) -> None:
        failures = 0
        while True:
            async with self._places:
                wait = await self._try(update)
            if wait is None:
                self.updates.finish(update)
                return
            failures += 1
            delay = wait or self._pause(failures)
            if update.expires < self.updates.clock.now() + delay:
                self.updates.drop(update)
                return
            await asyncio.sleep(delay / self.hurry)

    def _pause(self, failures: int) -> float:
        if failures == 1:
            return 0.0
        return float(min(2.0 ** (failures - 1), self._random.uniform(60, 120)))

    async def _try(self, update: Update) -> float | None:
        """None: accepted. Else the seconds that the endpoint asked to wait, 0: none."""
        together = max(1, min(self.updates.together, self.updates.copies))
        update.posted.append(time.monotonic())
        answers = await asyncio.gather(*(self._post(update.payload) for _ in range(together)))
        for _ in range(self.updates.copies - together):
            answers.append(await self._post(update.payload))
        update.answered.append(time.monotonic())
        update.statuses += [status for status, _, _ in answers]
        for status, retry_after, reason in answers:
            if not 200 <= status < 300:
                self.error_at, self.error = int(self.updates.clock.now()), reason
                return min(retry_after, LONGEST_RETRY_AFTER)
        if self.drop_answers:
            self.drop_answers -= 1
            self.error_at, self.error = int(self.updates.clock.now()), "Read timeout expired"
            return 0.0
        return None

    async def _post(self, body: Any, secret: str | None = None) -> tuple[int, float, str]:
        """Status (0: no answer), Retry-After, what went wrong."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        headers = {"Content-Type": "application/json"}
        shown = self.settings.secret if secret is None else secret
        if shown:
            headers[HEADER] = shown
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        try:
            async with self._session.post(
                self.settings.url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                **sent,
            ) as answer:
                await answer.read()
                after = answer.headers.get("Retry-After", "")
                wait = float(after) if re.fullmatch(r"[0-9]{1,9}", after) else 0.0
                reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                return answer.status, wait, reason
        except TimeoutError:
            return 0, 0.0, "Read timeout expired"
        except aiohttp.ClientConnectorError:
            return 0, 0.0, "Connection refused"
        except (aiohttp.ClientError, OSError):
            return 0, 0.0, "Connection reset by peer"


def _check(settings: Settings) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", settings.secret):
        raise bad_request("secret token contains unallowed characters")
    if not settings.url:
        return
    found = re.fullmatch(r"(https?)://([\w.-]+)(?::([0-9]+))?(/.*)?", settings.url)
    if found is None:
        raise bad_request("bad webhook: invalid URL")
    if found[2] in ("127.0.0.1", "localhost"):
        return  # a test's own desk
    if found[1] != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if int(found[3] or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
