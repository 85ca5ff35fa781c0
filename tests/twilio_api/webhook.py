"""What Twilio posts: signed forms, tried as the overrides in the address say, within 15 seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4
from xml.etree import ElementTree

import aiohttp
from yarl import URL

TOKEN_HEADER = "I-Twilio-Idempotency-Token"
LOOPBACK = ("127.0.0.1", "localhost")
Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Overrides:
    """How often and how long an address is tried: the fragment `#rc=3&rp=all` of it.

    By default once more, and only where no connection was made: a 5xx is not repeated.
    Source: Twilio's page on webhook connection overrides.
    """

    retries: int = 1
    policy: tuple[str, ...] = ("ct",)
    connect: float = 5.0  # seconds
    read: float = 15.0
    total: float = 15.0

    @classmethod
    def of(cls, fragment: str) -> Overrides:
        """Read from the part behind "#"."""
        said = {name: values[-1] for name, values in parse_qs(fragment).items()}

        def seconds(name: str, most: float) -> float:
            return min(float(said[name]) / 1000, most) if name in said else most

        return cls(
            retries=min(int(said.get("rc", 1)), 5),
            policy=tuple(said.get("rp", "ct").split(",")),
            connect=seconds("ct", 5.0),
            read=seconds("rt", 15.0),
            total=seconds("tt", 15.0),
        )

    def repeats(self, failure: str) -> bool:
        return failure in self.policy or "all" in self.policy


@dataclass(eq=False)
class Delivery:
    """One form on its way to an endpoint."""

    kind: str  # "message" or "status"
    form: Form
    url: str  # signed
    target: str  # posted to
    overrides: Overrides
    token: str = field(default_factory=lambda: str(uuid4()))
    made: float = field(default_factory=time.monotonic)
    posted: list[float] = field(default_factory=list)  # monotonic, one a try
    answered: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # of the endpoint; 0: no answer
    done: bool = False  # accepted, or given up

    @property
    def accepted(self) -> bool:
        return any(200 <= status < 300 for status in self.statuses)


@dataclass
class Webhook:
    """The endpoint of the sender, and all deliveries to it and to status callbacks.

    `copies`: each message is delivered so often in all, `together` of them at the same instant.
    `ordered`: what one person does arrives in order, one at a time. Twilio itself does not
    promise that; False lets all of it go at once.
    """

    sign: Callable[[str, Form], Form]  # the headers with the signature
    complain: Callable[[str, str], None]  # of a rule that was broken
    tell: Callable[[], None]
    copies: int = 1
    together: int = 1
    ordered: bool = True
    url: str = ""  # as Twilio knows it, fragment and all; "": none is set
    deliveries: list[Delivery] = field(default_factory=list)
    _base: tuple[str, str] = ("", "")  # what callbacks begin with, and what stands there really
    _target: str = ""
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _session: aiohttp.ClientSession | None = None

    def set(self, url: str, signed_as: str | None = None) -> None:
        """Post to `url`, sign as for `signed_as`: between them stands a proxy. "" ends it."""
        self.url, self._target = signed_as or url, url.partition("#")[0]
        public = self.url.partition("#")[0]
        path = urlsplit(self._target).path
        tail = next(path[i:] for i in range(len(path) + 1) if public.endswith(path[i:]))
        self._base = (public.removesuffix(tail), self._target.removesuffix(tail))

    @property
    def pending(self) -> list[Delivery]:
        """Those still on their way."""
        return [delivery for delivery in self.deliveries if not delivery.done]

    @property
    def lost(self) -> list[Delivery]:
        """Messages that never arrived: only the list of messages still tells of them."""
        return [d for d in self.deliveries if d.kind == "message" and d.done and not d.accepted]

    def message(self, form: Form, person: str) -> Delivery | None:
        """Start to deliver what somebody did; None where no address is set."""
        if not self.url:
            return None
        url, _, fragment = self.url.partition("#")
        delivery = Delivery("message", form, url, self._target, Overrides.of(fragment))
        self.deliveries.append(delivery)
        self.start(self._in_turn(delivery, person))
        return delivery

    async def status(self, form: Form, callback: str) -> Delivery:
        """Call a status callback back."""
        url, _, fragment = callback.partition("#")
        public, real = self._base
        target = real + url.removeprefix(public) if public and url.startswith(public) else url
        delivery = Delivery("status", form, url, target, Overrides.of(fragment))
        self.deliveries.append(delivery)
        await self._deliver(delivery)
        delivery.done = True
        self.tell()
        return delivery

    async def again(self, delivery: Delivery) -> int:
        """Post it once more, whatever became of it: a status."""
        return (await self._post(delivery, delivery.overrides.total))[0]

    async def post(self, form: Form, headers: dict[str, str] | None = None) -> int:
        """Post any form once, well signed unless `headers` say otherwise: a status, 0 for none."""
        url, _, fragment = self.url.partition("#")
        delivery = Delivery("message", form, url, self._target, Overrides.of(fragment))
        return (await self._post(delivery, 15.0, headers))[0]

    def start(self, work: Any) -> None:
        """Let it go on in the background until the stand-in stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self.tell()
        if not task.cancelled() and (error := task.exception()):
            self.complain("stand_in", repr(error))

    @property
    def busy(self) -> bool:
        """Whether anything goes on in the background."""
        return bool(self._tasks)

    async def stop(self) -> None:
        """End every try."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _in_turn(self, delivery: Delivery, person: str) -> None:
        if not self.ordered:
            await self._copies(delivery)
            return
        async with self._locks.setdefault(person, asyncio.Lock()):
            await self._copies(delivery)

    async def _copies(self, delivery: Delivery) -> None:
        together = max(1, min(self.together, self.copies))
        others = (self.again(delivery) for _ in range(together - 1))
        await asyncio.gather(self._deliver(delivery), *others)
        for _ in range(self.copies - together):
            await self.again(delivery)
        delivery.done = True
        self.tell()

    async def _deliver(self, delivery: Delivery) -> None:
        until = time.monotonic() + delivery.overrides.total
        tries = 1 + delivery.overrides.retries
        while tries and (left := until - time.monotonic()) > 0:
            tries -= 1
            _, failure = await self._post(delivery, left)
            if not failure or not delivery.overrides.repeats(failure):
                break

    async def _post(
        self, delivery: Delivery, left: float, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """The status and what went wrong: "", "4xx", "5xx", "ct" (no connection), "rt"."""
        if urlsplit(delivery.target).hostname not in LOOPBACK:
            self.complain("strange_address", "nothing is posted beyond this machine")
            return 0, "ct"
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        limits = delivery.overrides
        delivery.posted.append(time.monotonic())
        try:
            async with self._session.post(
                URL(delivery.target, encoded=True),
                data=urlencode(delivery.form).encode(),
                headers=self._headers(delivery) | (headers or {}),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=left, sock_connect=limits.connect, sock_read=limits.read
                ),
            ) as answer:
                body = await answer.read()
            if flaw := flaw_of(delivery.kind, answer.status, answer.content_type, body):
                self.complain("answer", flaw)
            status = answer.status
            failure = "" if 200 <= status < 300 else f"{status // 100}xx"
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            status, failure = 0, "ct"
        except (TimeoutError, aiohttp.ClientError, OSError):
            status, failure = 0, "rt"
        delivery.statuses.append(status)
        delivery.answered.append(time.monotonic())
        self.tell()
        return status, failure

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "Accept": "*/*",
            "User-Agent": "TwilioProxy/1.1",
            TOKEN_HEADER: delivery.token,
        } | self.sign(delivery.url, delivery.form)


def flaw_of(kind: str, status: int, media_type: str, body: bytes) -> str:
    """What Twilio would log of such an answer; "" for a good one.

    Messages: an empty <Response/> as XML. Status callbacks: that, or a 204. An error may say what
    it likes as long as it is no page.
    """
    if 300 <= status < 400:
        return "a redirect, which drops the form"
    if not 200 <= status < 300:
        return "an error page (11200)" if media_type == "text/html" else ""
    if kind == "status" and status == 204:
        return ""
    if media_type not in ("text/xml", "application/xml"):
        return "not told to be XML (12300)"
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        return "no XML (12100)"
    empty = root.tag == "Response" and not len(root) and not (root.text or "").strip()
    return "" if empty else "more than <Response/> (12200)"
