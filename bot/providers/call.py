"""One call through an SDK: a hard deadline, a body of bounded size, one error tree.

Facts about the transports, tried with openai 3.54, anthropic 2.12 and aiohttp 3.14: both SDKs
count a timeout between two bytes, so that a drip passes it; both read a body of any size; and a
connection that breaks comes out of OpenAI's as a timeout. Hence a deadline, a bound and a look at
the cause of our own.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import aiohttp
import httpx2

from bot.errors import ProviderError, ProviderRefused, ProviderUnavailable
from bot.providers.ports import Access
from bot.providers.reading import known_id
from bot.providers.trouble import Heard

MOST_CONNECTIONS = 256  # to one model: each waits for one answer
KEEP_ALIVE_SECONDS = 30.0  # a new connection to a provider costs up to 0.3 s of a turn
CONNECT_SECONDS = 3.0  # a host that does not take a connection by then will not answer in time
MOST_BYTES = 1 << 20  # of an answer; the longest that `answer_tokens` allows is a tenth of it
PLAIN = {"Accept-Encoding": "identity"}  # answers are short; what is not packed is no bomb
PLACEHOLDER = "none"  # the SDKs insist on a key; no header carries this one
REQUEST_IDS = ("x-request-id", "request-id")  # OpenAI's and Anthropic's


class _BadBody(Exception):
    """A body that goes on for ever, or that is packed in a way it does not say."""


def http_options() -> dict[str, Any]:
    """For the `DefaultAioHttpClient` of either SDK.

    Redirects are not followed, for the key would go along. Proxies that the environment names are
    not used, as for Telegram. Takes 20 ms, for certificates are read.
    """
    return {
        "limits": httpx2.Limits(
            max_connections=MOST_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS
        ),
        "verify": httpx2.create_ssl_context(),
        "trust_env": False,
        "follow_redirects": False,
        "event_hooks": {"response": [_bound]},
    }


def key_of(access: Access) -> str | None:
    """The key as a header can carry it, "" for a server that wants none, None for what is no key:
    the SDKs would quote it in their errors.
    """
    key = access.key.get_secret_value().strip()  # a file's last line break is not part of it
    return key if key.isascii() and key.isprintable() and " " not in key else None


def hush(*loggers: str) -> None:
    """Silence libraries that would log addresses, headers and what people wrote."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def patience(seconds: float) -> httpx2.Timeout:
    """The SDK's own timeouts, below the deadline that `heard_from` holds."""
    return httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))


async def heard_from(call: Awaitable[httpx2.Response], seconds: float) -> Heard | ProviderError:
    """What came of a call, whatever its status. Raises nothing but CancelledError.

    The error is returned, not raised, so that no exception of an SDK, whose message quotes what
    the server said, hangs on it as its context.
    """
    try:
        async with asyncio.timeout(seconds):
            response = await call
    except Exception as error:  # noqa: BLE001  # SDKs raise what they happen to raise
        answered = getattr(error, "response", None)  # both hang the answer on a status error
        if not isinstance(answered, httpx2.Response):
            return _failure(error)
        response = answered
    return _heard(response)


def _heard(response: httpx2.Response) -> Heard:
    ids = (known_id(response.headers.get(name)) for name in REQUEST_IDS)
    try:
        body = response.content
    except httpx2.StreamError:  # an answer that nobody has read
        body = b""
    return Heard(response.status_code, response.headers, body, next(filter(None, ids), ""))


def _failure(error: Exception) -> ProviderError:
    """What a call without an answer means, by the first cause that says something."""
    for cause in _causes(error):
        match cause:
            case _BadBody() | aiohttp.ClientResponseError():  # endless, or no HTTP
                return ProviderRefused("garbled")
            case aiohttp.ConnectionTimeoutError():
                return ProviderUnavailable("unreachable")  # it was waited for long enough
            case aiohttp.ClientConnectorError():
                return ProviderUnavailable("unreachable", again=True)
            case httpx2.UnsupportedProtocol():
                return ProviderUnavailable("unreachable")
            case TimeoutError():
                return ProviderUnavailable("timeout")
            case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | OSError():
                return ProviderUnavailable("connection", again=True)
    return ProviderUnavailable("broken_call")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def _bound(response: httpx2.Response) -> None:
    """Put the bound around an answer whose body has not been read yet."""
    stream = response.stream
    if not isinstance(stream, httpx2.AsyncByteStream):  # no answer of a network
        return
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    response.stream = _Bounded(stream, packing)
    if "content-encoding" in response.headers:
        del response.headers["content-encoding"]  # unpacked here, within the bound


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error once it is longer than any answer, unpacked if need be."""

    def __init__(self, stream: httpx2.AsyncByteStream, packing: str) -> None:
        self._stream = stream
        self._packing = packing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpack = self._unpacker()
        room = MOST_BYTES
        async for piece in self._stream:
            chunk = piece if unpack is None else self._unpacked(unpack, piece, room + 1)
            room -= len(chunk)
            if room < 0:
                raise _BadBody
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()

    def _unpacker(self) -> Any:
        if self._packing in ("", "identity"):
            return None
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip, by its header

    def _unpacked(self, unpack: Any, piece: bytes, most: int) -> bytes:
        try:
            unpacked: bytes = unpack.decompress(piece, most)
        except zlib.error:
            raise _BadBody from None
        return unpacked
