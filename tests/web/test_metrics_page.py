"""/metrics over a real server: for the network inside, and nothing there for the world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.monitor.metrics import Metrics
from bot.web.metrics import MetricsPage
from bot.web.server import Server, application, listen_tcp


@pytest.fixture
async def port() -> AsyncIterator[int]:
    metrics = Metrics("1.2.3")

    async def render() -> tuple[bytes, str]:
        return metrics.render()

    listening = listen_tcp("127.0.0.1", 0)
    server = Server(application(MetricsPage(render).routes()), listening)
    await server.start()
    yield listening.getsockname()[1]
    await server.stop()


async def ask(port: int, *headers: str, method: str = "GET") -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} /metrics HTTP/1.1", "Host: desk", "Connection: close", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    whole = (await reader.read()).decode()
    writer.close()
    return int(whole.split()[1]), whole


async def test_a_prometheus_inside_gets_the_figures(port):
    status, whole = await ask(port)
    assert status == 200
    assert 'nightdesk_build_info{version="1.2.3"} 1.0' in whole
    head = whole.lower()
    assert "content-type: text/plain; version=" in head
    assert "cache-control: no-store" in head


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 10.0.0.1",
        "x-forwarded-for:",
        "X-Forwarded-Proto: https",
        "Forwarded: for=10.0.0.1",
        "X-Real-IP: 10.0.0.1",
        "Via: 1.1 proxy",
        "VIA: 1.1 proxy",
        "True-Client-IP: 10.0.0.1",
        "X-Original-Forwarded-For: 10.0.0.1",
    ],
)
async def test_whoever_comes_through_a_proxy_finds_nothing(port, header):
    status, whole = await ask(port, header)
    assert status == 404
    assert "not_found" in whole
    assert "nightdesk_" not in whole


async def test_it_can_only_be_read(port):
    assert (await ask(port, method="POST"))[0] == 405
