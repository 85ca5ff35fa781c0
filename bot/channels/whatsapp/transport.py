"""How calls reach Twilio: its own client over one shared aiohttp session, made safe.

twilio 9.13's asynchronous client waits for ever, repeats what must not be repeated when asked to,
logs addresses, and keeps the last request for tests. Here a call has a deadline, is made once, and
nothing of what people wrote, of numbers or of secrets gets into an exception, a repr or a log.

CallFailed
├── NotSent  the call never left: it may be made again
├── Lost     it left, and nobody knows what became of it
└── Refused  Twilio itself answered: `status` and `code` tell why
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

MOST_CONNECTIONS = 32  # the courier's senders, typing, looking up
KEEP_ALIVE_SECONDS = 15.0  # well below what servers grant: we close first, not they under a call
CONNECT_SHARE = 0.3  # of a call's time, for the connection and the wait for a free one
SHORTEST_SECONDS = 0.05  # a call that has no time left is not begun

UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
REQUEST_TIMEOUT = 408  # "I gave up", which does not say when
AUTHENTICATION = 20003  # Twilio's code of a token that it does not know

T = TypeVar("T")

_ends: ContextVar[float | None] = ContextVar("ends", default=None)  # on the loop's own clock


class CallFailed(Exception):
    """A call to Twilio did not do what it should. Holds numbers and stable words only."""


class NotSent(CallFailed):
    """The call never left this machine: it may be made again."""


class Lost(CallFailed):
    """The call left and no answer of Twilio's came: it may have been carried out."""


class Refused(CallFailed):
    """Twilio answered, and did not do it."""

    def __init__(self, status: int, code: int | None) -> None:
        self.status = status
        self.code = code
        super().__init__(f"Twilio answered {status}, code {code}")


class SafeTwilioHttp(AsyncTwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Calls over one session, made at first use and closed once.

    `tokens`: the account's Auth Token and, while it is changed, the other one. Whichever Twilio
    knows is used; a 401 is definite, so the same call is then made with the other.
    """

    def __init__(self, account_sid: str, tokens: Sequence[str], *, seconds: float) -> None:
        """`seconds`: the longest that one call may take, from first to last."""
        super().__init__(pool_connections=False)
        self._keys = [_basic(account_sid, token) for token in tokens]
        self._seconds = seconds
        self._closed = False
        self.session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "SafeTwilioHttp()"

    async def close(self) -> None:
        """Close the connections. No call leaves afterwards."""
        self._closed = True
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's own signature
        allow_redirects: bool = False,
    ) -> Response:
        """Make one call. Raises NotSent, Lost and Refused.

        `auth`, `timeout` and `allow_redirects` are the library's, and not followed.
        """
        ends = self._ends()
        sent = dict(headers or {})
        body = _body(data, sent.get("Content-Type", ""))
        key = self._keys[0]
        status, answer = await self._exchange(method, url, params, body, sent, key, ends)
        if _is_unauthorized(status, answer):
            for other in [each for each in self._keys if each != key]:
                status, answer = await self._exchange(method, url, params, body, sent, other, ends)
                if not _is_unauthorized(status, answer):
                    self._keys = [other, *(each for each in self._keys if each != other)]
        return _heard(status, answer)

    def _ends(self) -> float:
        """When the call has to be over, on the loop's own clock."""
        own = asyncio.get_running_loop().time() + self._seconds
        given = _ends.get()
        return own if given is None else min(own, given)

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise NotSent("closed")
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MOST_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self.session

    async def _exchange(
        self,
        method: str,
        url: str,
        params: Any,
        body: bytes | None,
        headers: dict[str, str],
        key: str,
        ends: float,
    ) -> tuple[int, bytes]:
        seconds = ends - asyncio.get_running_loop().time()
        if seconds < SHORTEST_SECONDS:
            raise NotSent("no time left")
        connecting = seconds * CONNECT_SHARE
        limits = aiohttp.ClientTimeout(total=seconds, connect=connecting, sock_connect=connecting)
        problem: CallFailed
        try:
            async with self._opened().request(
                method.upper(),
                url,
                params=params,
                data=body,
                headers={**headers, "Authorization": key},
                timeout=limits,
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            problem = _problem(error)
        raise problem  # out here, so that nothing which knows the address hangs on it


@contextmanager
def within(ends: float) -> Iterator[None]:
    """Calls made in here are over by then, on the loop's own clock: many of them share a time."""
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


async def answered(call: Awaitable[T]) -> T:
    """What a call of Twilio's client returns. Raises NotSent, Lost and Refused only."""
    problem: CallFailed
    try:
        return await call
    except CallFailed as error:
        problem = error
    except Exception:  # noqa: BLE001  # an answer that the library cannot read
        problem = Lost("the answer could not be read")
    raise problem  # out here, so that nothing which knows the words hangs on it


def client_of(account_sid: str, api_base: str, http: SafeTwilioHttp) -> Client:
    """Twilio's client over `http`; `api_base` takes the place of Twilio's own hosts."""
    # The password is what the library asks for; `http` alone knows the tokens.
    client = Client(account_sid, "-", http_client=http)
    if api_base:
        for domain in (client.api, client.messaging, client.content):
            domain.base_url = api_base
    return client


def _basic(account_sid: str, token: str) -> str:
    return "Basic " + base64.b64encode(f"{account_sid}:{token}".encode()).decode()


def _body(data: Any, mime: str) -> bytes | None:
    if not data:
        return None
    if mime == "application/json":  # the library's own client would send a form under that name
        return json.dumps(data).encode()
    return urlencode(data, doseq=True, errors="replace").encode()


def _problem(error: Exception) -> CallFailed:
    """What a failed call means, in words of our own.

    A kept connection that the server closes at this very moment looks the same as one that broke
    after the call was read. It counts as the latter, and connections are kept briefly instead.
    """
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotSent("no connection in time")
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotSent("no connection")
    if isinstance(error, (ValueError, aiohttp.NonHttpUrlClientError)):  # InvalidURL is a ValueError
        return NotSent("not a call that can be made")
    if isinstance(error, TimeoutError):
        return Lost("no answer in time")
    return Lost("the connection broke")


def _heard(status: int, answer: bytes) -> Response:
    """The answer, for the library to read: it tells refusals apart for some calls only."""
    told = _parsed(answer)
    if status in (UNAUTHORIZED, TOO_MANY_REQUESTS) or (
        told is not None and 400 <= status < 500 and status != REQUEST_TIMEOUT
    ):
        # Whoever answers 401 or 429, though it be with a page of their own, did not do it.
        code = (told or {}).get("code")
        raise Refused(status, code if isinstance(code, int) else None)
    if not 200 <= status < 300:
        raise Lost(f"answered {status}")
    if told is None and status != 204:
        raise Lost(f"somebody else answered {status}")
    return Response(status, answer.decode("utf-8", "replace"))


def _is_unauthorized(status: int, answer: bytes) -> bool:
    if status == UNAUTHORIZED:
        return True
    return 400 <= status < 500 and (_parsed(answer) or {}).get("code") == AUTHENTICATION


def _parsed(answer: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
