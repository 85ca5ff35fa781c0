"""How updates reach a bot that has set a webhook: posted until they are accepted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict

from tests.telegram_api import Chat, StandIn, User
from tests.telegram_api.webhook import HEADER


@dataclass
class Endpoint:
    """A bot's own server: takes down what comes, answers as it is told."""

    url: str = ""
    got: list[tuple[int, str]] = field(default_factory=list)  # update id, secret shown
    inside: int = 0
    most_inside: int = 0
    answers: list[web.Response | None] = field(default_factory=list)  # None: cut; then 200
    seconds: float = 0.0  # to think about each

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.got.append((body["update_id"], request.headers.get(HEADER, "")))
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.inside -= 1
        answer = self.answers.pop(0) if self.answers else web.Response()
        if answer is None and request.transport:
            request.transport.abort()
        return answer or web.Response()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/hook", endpoint.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield endpoint
    await runner.cleanup()


async def arrived(api: StandIn) -> None:
    await api.wait_for(lambda: not api.updates.pending)


async def test_posts_with_the_secret_and_in_order(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    await ana.says(chat, "before it was set")
    await bot.set_webhook(endpoint.url, secret_token="s3cret_")
    endpoint.seconds = 0.02
    for text in "abc":
        await ana.says(chat, text)
    await arrived(api)
    assert endpoint.got == [(update.id, "s3cret_") for update in api.updates.log]
    assert endpoint.most_inside == 1


async def test_chats_go_side_by_side_up_to_the_most(api: StandIn, bot: Bot, endpoint: Endpoint):
    await bot.set_webhook(endpoint.url, max_connections=3)
    endpoint.seconds = 0.05
    people = [api.user(6000 + i) for i in range(8)]
    for text in "ab":
        for person in people:
            await person.says(api.private(person), text)
    await arrived(api)
    assert endpoint.most_inside == 3
    assert len(endpoint.got) == 16


async def test_a_press_has_a_queue_of_its_own(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    await bot.set_webhook(endpoint.url)
    message = await ana.says(chat, "texts")
    await arrived(api)
    api.hold(chat)
    await ana.says(chat, "held")
    await ana.presses_data(message, "7.0")
    held, press = api.updates.log[1:]
    await api.wait_for(lambda: press.done)
    assert not held.done
    api.release(chat)
    await arrived(api)
    assert [id for id, _ in endpoint.got[1:]] == [press.id, held.id]


async def test_tries_until_accepted_and_keeps_the_error(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    api.webhook.hurry = 10.0
    endpoint.answers = [web.Response(status=500), None, web.Response(status=302)]
    await bot.set_webhook(endpoint.url)
    await ana.says(chat, "a")
    await ana.says(chat, "b")
    await arrived(api)
    first, second = api.updates.log
    assert first.statuses == [500, 0, 302, 200]
    assert second.statuses == [200]
    gaps = [later - earlier for earlier, later in zip(first.posted, first.posted[1:], strict=False)]
    assert gaps[0] < 0.2 <= gaps[1] < 0.4 <= gaps[2]  # at once, 2 s, 4 s, ten times faster
    info = await bot.get_webhook_info()
    assert info.pending_update_count == 0
    assert info.last_error_message == "Wrong response from the webhook: 302 Found"


async def test_waits_as_long_as_the_endpoint_asks(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    api.webhook.hurry = 1000.0
    endpoint.answers = [web.Response(status=503, headers={"Retry-After": "100"})]
    await bot.set_webhook(endpoint.url)
    await ana.says(chat, "a")
    begun = time.monotonic()
    await arrived(api)
    assert 0.1 <= time.monotonic() - begun < 5


async def test_what_is_too_old_is_dropped(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    await bot.set_webhook(endpoint.url)
    api.hold(chat)
    api.hold(ana)
    message = await ana.says(chat, "text")
    await ana.presses_data(message, "7.0")
    api.clock.advance(151)
    api.release(chat)
    api.release(ana)
    await arrived(api)
    text, press = api.updates.log
    assert api.updates.dropped == [press]
    assert [id for id, _ in endpoint.got] == [text.id]
    endpoint.answers = [web.Response(status=503, headers={"Retry-After": "160"})]
    await ana.presses_data(message, "7.0")
    await arrived(api)
    assert len(api.updates.dropped) == 2


async def test_copies_at_once_and_after_each_other(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    api.updates.copies, api.updates.together = 5, 2
    endpoint.seconds = 0.02
    await bot.set_webhook(endpoint.url)
    await ana.says(chat, "a")
    await ana.says(chat, "b")
    await arrived(api)
    assert set(Counter(id for id, _ in endpoint.got).values()) == {5}
    assert endpoint.most_inside == 2
    assert await api.again(api.updates.log[0]) == 200
    assert len(endpoint.got) == 11


async def test_an_answer_that_gets_lost_means_another_delivery(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    api.webhook.drop_answers = 1
    await bot.set_webhook(endpoint.url)
    await ana.says(chat, "a")
    await arrived(api)
    assert api.updates.log[0].statuses == [200, 200]
    assert (await bot.get_webhook_info()).last_error_message == "Read timeout expired"


async def test_a_slow_endpoint_is_tried_again(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    api.webhook.timeout = 0.1
    endpoint.seconds = 0.3
    await bot.set_webhook(endpoint.url)
    await ana.says(chat, "a")
    await api.wait_for(lambda: api.updates.log[0].statuses == [0])
    endpoint.seconds = 0.0
    await arrived(api)


async def test_no_update_is_lost_between_poll_and_webhook(
    api: StandIn, bot: Bot, ana: User, chat: Chat, endpoint: Endpoint
):
    await ana.says(chat, "a")
    assert len(await bot.get_updates()) == 1  # not confirmed
    await bot.set_webhook("http://127.0.0.1:9/gone")
    await api.wait_for(lambda: api.webhook.error == "Connection refused")
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1
    await bot.set_webhook(endpoint.url)
    await arrived(api)
    assert api.updates.dropped == []
    await ana.says(chat, "b")
    await arrived(api)
    api.hold(chat)
    await ana.says(chat, "c")
    await bot.set_webhook(endpoint.url, drop_pending_updates=True)
    assert [update.id for update in api.updates.dropped] == [api.updates.log[-1].id]
    said = [call.parameters.get("drop_pending_updates") for call in api.ledger.of("setWebhook")]
    assert said == [None, None, "true"]


async def test_any_bytes_can_be_posted(api: StandIn, bot: Bot, endpoint: Endpoint):
    await bot.set_webhook(endpoint.url, secret_token="right")
    assert await api.webhook.post(b"\xff{") == 500
    assert await api.webhook.post({"update_id": 1}, secret="wrong") == 200
    assert endpoint.got == [(1, "wrong")]


async def test_it_leaves_nothing_behind(ana: User):
    before = asyncio.all_tasks()
    async with StandIn() as api:
        api.webhook.hurry = 0.01
        person = api.user(1)
        async with Bot("7001001001:AAstand-in_token_of_no_value_0000000", f"{api.base}/bot") as bot:
            poll = asyncio.create_task(bot.get_updates(timeout=30))
            await api.wait_for(lambda: api.polling.is_waiting)
            with pytest.raises(Conflict):
                await asyncio.gather(bot.set_webhook("http://127.0.0.1:9/"), poll)
            await person.says(api.private(person), "a")
            await api.wait_for(lambda: len(api.updates.log[0].posted) > 1)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
