"""X-Forwarded headers over a real server: believed of proxies that are named, of nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.whatsapp.signature import Signatures
from bot.proxies import both_ways, flaw_of
from bot.web.chat import Visitors
from bot.web.metrics import MetricsPage
from bot.web.server import Server, application, listen_tcp
from bot.web.whatsapp_hook import WhatsAppHook
from tests.channels.whatsapp.payloads import ACCOUNT, said
from tests.channels.whatsapp.signing import TOKEN, Post, pairs, send

HERE, ELSEWHERE = "127.0.0.1", "10.0.0.0/8"
THROUGH = ("X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: evil")
PUBLIC = "https://desk.example.com"


class Nobody:
    """Takes whatever is authentic."""

    async def take(self, form: object, query: str) -> None:
        return None


async def _seen(request: Request) -> Response:
    client = request.client.host if request.client else ""
    answer = JSONResponse({"scheme": request.url.scheme, "client": client})
    Visitors(b"secret").welcome(request, answer)
    return answer


async def _figures() -> tuple[bytes, str]:
    return b"up 1\n", "text/plain"


@asynccontextmanager
async def serving(trusted: Sequence[str], host: str = HERE) -> AsyncIterator[int]:
    hook = WhatsAppHook(Nobody(), Signatures(PUBLIC, ACCOUNT, (TOKEN,), {}))
    routes = [Route("/", _seen), *MetricsPage(_figures).routes(), *hook.routes()]
    listening = listen_tcp(host, 0)
    server = Server(application(routes, trusted), listening)
    await server.start()
    try:
        yield listening.getsockname()[1]
    finally:
        await server.stop()


async def ask(port: int, *headers: str, path: str = "/") -> str:
    reader, writer = await asyncio.open_connection(HERE, port)
    lines = [f"GET {path} HTTP/1.1", "Host: desk", "Connection: close", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    whole = (await reader.read()).decode()
    writer.close()
    return whole


@pytest.mark.parametrize("trusted", [(), (ELSEWHERE,), ("127.0.0.2", "::1")])
async def test_who_is_not_named_is_not_believed(trusted):
    """Nor a program on this very machine: uvicorn alone would believe that."""
    async with serving(trusted) as port:
        whole = await ask(port, *THROUGH)
    assert '"scheme":"http"' in whole
    assert '"client":"127.0.0.1"' in whole
    assert "Secure" not in whole


@pytest.mark.parametrize("trusted", [(HERE,), ("127.0.0.0/8",), (ELSEWHERE, HERE)])
async def test_a_named_proxy_tells_scheme_and_client_and_the_cookie_is_secure(trusted):
    async with serving(trusted) as port:
        whole = await ask(port, *THROUGH)
        plain = await ask(port)
    assert '"scheme":"https"' in whole
    assert '"client":"203.0.113.9"' in whole
    assert "; Secure" in whole
    assert "Secure" not in plain


async def test_a_client_cannot_put_an_address_before_the_proxys():
    """Only what the proxy itself has added counts: the last one that is no proxy of ours."""
    async with serving([HERE, ELSEWHERE]) as port:
        whole = await ask(port, "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.1.2.3")
    assert '"client":"203.0.113.9"' in whole


@pytest.mark.parametrize("proto", ["javascript", "https, http", "", "HTTPS\t"])
async def test_a_scheme_that_is_none_is_not_taken(proto):
    async with serving([HERE]) as port:
        assert '"scheme":"http"' in await ask(port, f"X-Forwarded-Proto: {proto}")


async def test_a_socket_for_both_families_knows_the_same_peers():
    try:
        async with serving([HERE], host="::") as port:
            assert '"scheme":"https"' in await ask(port, *THROUGH)
    except OSError:
        pytest.skip("no IPv6 here")


@pytest.mark.parametrize("trusted", [(), (HERE,)])
async def test_figures_are_not_for_what_a_proxy_passes_on_trusted_or_not(trusted):
    async with serving(trusted) as port:
        assert (await ask(port, *THROUGH, path="/metrics")).startswith("HTTP/1.1 404")
        assert (await ask(port, path="/metrics")).startswith("HTTP/1.1 200")


@pytest.mark.parametrize("trusted", [(), (HERE,)])
async def test_signatures_count_the_configured_address_alone(trusted):
    """Whoever signed for another host or scheme is turned away, whatever a proxy says."""
    evil = (b"X-Forwarded-Host", b"evil.example.com"), (b"X-Forwarded-Proto", b"http")
    post = Post(pairs(said("oi")), headers=evil)
    async with serving(trusted) as port:
        assert (await send(port, post)).status == 200
        for url in ("https://evil.example.com/hooks/whatsapp", "http://desk/hooks/whatsapp"):
            assert (await send(port, post.but(url=url))).status == 403


GOOD = ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "192.168.1.7/32"]
BAD = {
    "*": "would let anybody say who they are",
    "0.0.0.0/0": "would let anybody say who they are",
    "::/0": "would let anybody say who they are",
    "proxy.local": "is no IP address",
    "": "is no IP address",
    "127.0.0.1:80": "is no IP address",
    "10.0.0.300": "is no IP address",
    "10.0.0.5/8": "neither one address nor a whole network",
}


@pytest.mark.parametrize("entry", GOOD)
def test_addresses_and_networks_are_fine(entry):
    assert flaw_of(entry) is None


@pytest.mark.parametrize("entry", BAD)
def test_anything_else_is_refused_with_advice(entry):
    found = flaw_of(entry)
    assert found is not None
    assert BAD[entry] in found[0]
    assert "10.0.0.0/8" in found[1]


def test_ipv4_is_known_as_ipv6_writes_it():
    assert both_ways(["10.0.0.0/8", "::1"]) == ["10.0.0.0/8", "::1/128", "::ffff:10.0.0.0/104"]
