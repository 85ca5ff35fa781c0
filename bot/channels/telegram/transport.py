"""How calls reach the Bot API: `telegram.Bot` over one shared aiohttp session.

The address of every call contains the token, and its body what people wrote: neither ever gets
into an exception, a repr or a log from here.

NetworkError
├── NotSent   the call never left: no name, no connection, no free place in time
├── NotDone   it was answered, and was not carried out
├── TimedOut  it left and no answer came in time: it may have been carried out
└── (itself)  it left and the connection broke, or a proxy answered: the same
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

MOST_CONNECTIONS = 32  # for sending; the courier's senders, typing and answers to presses
KEEP_ALIVE_SECONDS = 15.0  # well below what servers grant, so that we close first: see `_problem`
CONNECT_SHARE, ANSWER_SHARE = 0.3, 0.6  # of a send's deadline: the courier never has to cut one off
POLL_ANSWER_SECONDS = 10.0  # beyond the seconds for which getUpdates is asked to wait
REQUEST_TIMEOUT = 408  # a proxy's word for "I gave up", which does not say when
TOO_MANY_REQUESTS = 429
GATEWAY = (502, 504)  # somebody in between does not know what became of the call
LONGEST_WAIT_SECONDS = 86_400.0  # whatever a 429 asks for: a day, after which an update has expired

_JSON_ERRORS = (ValueError, RecursionError)
_SILENT = logging.Logger("telegram", logging.CRITICAL + 1)  # the library logs bodies


class NotSent(NetworkError):
    """The call never left this machine: it may be made again."""


class NotDone(NetworkError):
    """The call was answered and not carried out, for no fault of ours: it may be made again."""


class Flood(RetryAfter):
    """Too many calls: leave the chat alone for `seconds`."""

    def __init__(self, seconds: float) -> None:
        # The library's own constructor warns on every use about the type of `retry_after`.
        TelegramError.__init__(self, f"asked to wait {seconds:g} s")
        self._retry_after = timedelta(seconds=seconds)

    @property
    def seconds(self) -> float:
        return self._retry_after.total_seconds()


class AiohttpRequest(BaseRequest):
    """Calls over one session that is made at first use and closed by `shutdown`.

    `connect_seconds` covers the wait for a free connection, too; `answer_seconds` is the longest
    silence. The timeouts that a call brings along win.
    """

    def __init__(
        self, *, connect_seconds: float, answer_seconds: float, connections: int = MOST_CONNECTIONS
    ) -> None:
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._answer_seconds

    async def initialize(self) -> None:
        self._opened()

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as JSON. Raises TelegramError, without a word of what it said."""
        parsed = _parsed(payload)
        if parsed is None:
            raise TelegramError("the answer is no JSON object")
        return parsed

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call. Raises the errors drawn at the top of this file, Flood and BadRequest."""
        timeout = self._timeout(read_timeout, write_timeout, connect_timeout, pool_timeout)
        body = _body(request_data)
        answer: tuple[int, bytes] | TelegramError
        try:
            async with self._opened().request(
                method, url, data=body, timeout=timeout, allow_redirects=False
            ) as response:
                answer = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            answer = _problem(error)
        # Raised out here, so that nothing which knows the address hangs on it as its context.
        if isinstance(answer, TelegramError):
            raise answer
        if problem := _refusal(*answer):
            raise problem
        return answer

    def _timeout(self, read: Any, write: Any, connect: Any, pool: Any) -> aiohttp.ClientTimeout:
        connecting = self._connect_seconds if connect is self.DEFAULT_NONE else connect
        answering = self._answer_seconds if read is self.DEFAULT_NONE else read
        waiting = None if pool is self.DEFAULT_NONE else pool
        writing = None if write is self.DEFAULT_NONE else write
        to_connect = None if connecting is None else connecting + (waiting or 0.0)
        whole = None
        if to_connect is not None and answering is not None:
            whole = to_connect + (writing or 0.0) + answering  # against answers that drip
        return aiohttp.ClientTimeout(
            total=whole, connect=to_connect, sock_connect=connecting, sock_read=answering
        )


def _body(data: RequestData | None) -> aiohttp.FormData | Mapping[str, str] | None:
    if data is None:
        return None
    if not data.contains_files:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters, quote_fields=False)
    for name, (file_name, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime)
    return form


def _problem(error: Exception) -> TelegramError:
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
        return TimedOut("no answer in time")
    return NetworkError("the connection broke")


def _refusal(status: int, payload: bytes) -> TelegramError | None:
    """The error that the library would misread or quote; None for what it reads well itself."""
    if status < 300:
        return None
    answer = _parsed(payload)
    if answer is None or answer.get("ok") is not False:
        # Not the Bot API itself: a proxy that turned the call away, or one that lost the answer.
        if status >= 500 or status == REQUEST_TIMEOUT:
            return NetworkError(f"a proxy answered {status}")
        return NotDone(f"a proxy answered {status}")
    parameters = answer.get("parameters")
    known: Mapping[str, Any] = parameters if isinstance(parameters, dict) else {}
    wait = known.get("retry_after")
    if status == TOO_MANY_REQUESTS or wait:
        asked = float(wait) if isinstance(wait, (int, float)) and wait > 0 else 1.0
        return Flood(min(asked, LONGEST_WAIT_SECONDS))
    if status in GATEWAY or (status >= 500 and "sent message" in str(answer.get("description"))):
        # Whoever stands before it lost the answer, or says itself that a message was sent.
        return NetworkError(f"the Bot API answered {status}")
    if status >= 500:
        return NotDone(f"the Bot API answered {status}")
    if status not in (400, 401, 403, 404, 409):
        return BadRequest(str(answer.get("description", status)))
    return None


def _parsed(payload: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(payload.decode("utf-8", "replace"))
    except _JSON_ERRORS:
        return None
    return parsed if isinstance(parsed, dict) else None


class QuietBot(Bot):
    """`telegram.Bot` whose repr and logs say nothing of the token and of messages.

    `async with` opens and closes its connections, and asks the Bot API nothing by itself.
    """

    _LOGGER = _SILENT

    def __repr__(self) -> str:
        return "QuietBot()"

    async def initialize(self) -> None:
        await asyncio.gather(*(request.initialize() for request in self._request))
        self._requests_initialized = True


def bot_of(token: str, api_base: str, *, send_seconds: float) -> QuietBot:
    """A bot whose calls end within `send_seconds`; getUpdates has a connection of its own."""
    base = api_base.rstrip("/")
    connect = send_seconds * CONNECT_SHARE
    return QuietBot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=AiohttpRequest(connect_seconds=connect, answer_seconds=send_seconds * ANSWER_SHARE),
        get_updates_request=AiohttpRequest(
            connect_seconds=connect, answer_seconds=POLL_ANSWER_SECONDS, connections=1
        ),
    )
