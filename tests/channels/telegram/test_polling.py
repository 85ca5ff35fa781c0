"""Polling with the real `telegram.Bot`: the offset moves only after everything is stored."""

from __future__ import annotations

import asyncio
import json
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.channels.telegram import polling as room
from bot.channels.telegram import trouble
from bot.channels.telegram.health import Link, TelegramHealth
from bot.channels.telegram.heard import NotYet
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.webhook import ALLOWED_UPDATES
from bot.clock import SYSTEM
from bot.errors import LedgerError
from tests.channels.telegram.payloads import GROUP_CHAT, message, poison, said
from tests.channels.telegram.rig import until
from tests.channels.telegram.stub import Refusal, Stub, stub_and_bot


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "FIRST_REST", 0.01)
    monkeypatch.setattr(room, "FIRST_RETRY", 0.01)


class Taker:
    """Stores nothing, remembers everything, and fails when told to."""

    def __init__(self) -> None:
        self.taken: list[dict] = []
        self.failures: list[BaseException] = []
        self.tries = 0
        self.hold: asyncio.Event | None = None

    async def __call__(self, body: bytes) -> None:
        self.tries += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(json.loads(body))

    def numbers(self) -> list[int]:
        return [update["update_id"] for update in self.taken]


@asynccontextmanager
async def polled(take, leads=lambda: True) -> AsyncIterator[tuple[Stub, TelegramHealth, Polling]]:
    async with stub_and_bot() as (stub, bot):
        health = TelegramHealth("polling")
        polling = Polling(bot, take, health, SYSTEM, wait_seconds=2, leads=leads)
        running = asyncio.create_task(polling.run())
        try:
            yield stub, health, polling
        finally:
            await polling.stop()
            await asyncio.wait_for(running, 1)


def text(number: int, words: str = "oi", **fields) -> dict:
    return {"update_id": number, "message": message(words, id=number, **fields)}


async def test_updates_are_taken_and_then_confirmed_by_the_next_question():
    take = Taker()
    async with polled(take) as (stub, health, _):
        assert await until(lambda: stub.polls_open)
        stub.add(text(7), text(8))
        assert await until(lambda: stub.offset() == 9)
        assert take.taken == [text(7), text(8)]
        assert health.is_ok(time.time())
        usual = {"limit": 100, "allowed_updates": list(ALLOWED_UPDATES)}
        first, *middle, last = stub.of("getUpdates")
        assert first == {"timeout": 0, **usual}  # so that it is known at once whether it works
        assert middle in ([], [{"timeout": 2, **usual}])  # none where both came before it
        assert last == {"timeout": 2, "offset": 9, **usual}


async def test_the_webhook_is_removed_first_and_what_waits_is_never_dropped():
    async with polled(Taker()) as (stub, _, _):
        assert await until(lambda: "getUpdates" in stub.names())
        assert stub.names()[0] == "deleteWebhook"
        assert stub.of("deleteWebhook") == [{"drop_pending_updates": False}]


async def test_the_offset_waits_until_everything_is_stored():
    take = Taker()
    take.failures = [LedgerError("full"), LedgerError("full"), NotYet("no name")]
    take.hold = asyncio.Event()
    async with polled(take) as (stub, _, _):
        stub.add(text(7))
        assert await until(lambda: take.tries)
        await asyncio.sleep(0.05)
        assert [asked.get("offset") for asked in stub.of("getUpdates")] == [None]
        take.hold.set()
        assert await until(lambda: take.taken)
        assert await until(lambda: stub.offset() == 8)
        assert (take.tries, take.numbers()) == (4, [7])


async def test_what_a_stop_interrupts_is_not_confirmed():
    take = Taker()
    take.failures = [LedgerError("full")] * 10_000
    async with polled(take) as (stub, _, polling):
        stub.add(text(7), text(8))
        assert await until(lambda: take.tries > 3)
        await polling.stop()
        assert {asked.get("offset") for asked in stub.of("getUpdates")} == {None}
        assert take.taken == []


async def test_one_chat_keeps_its_order_while_others_go_on():
    order: list[int] = []
    gate = asyncio.Event()

    async def take(body: bytes) -> None:
        update = json.loads(body)
        if update["update_id"] == 1:
            await gate.wait()
        order.append(update["update_id"])

    async with polled(take) as (stub, _, _):
        group = {"chat": GROUP_CHAT}
        stub.add(text(1), text(2), text(3, **group), text(4), text(5, **group))
        assert await until(lambda: len(order) == 2)
        assert order == [3, 5]
        gate.set()
        assert await until(lambda: len(order) == 5)
        assert order == [3, 5, 1, 2, 4]


async def test_an_update_that_breaks_us_never_stops_polling():
    take = Taker()
    take.failures = [RuntimeError("bug")]
    async with polled(take) as (stub, _, _):
        stub.add(text(7), text(8))
        assert await until(lambda: stub.offset() == 9)
        assert take.numbers() == [8]


async def test_poison_goes_through_the_receiver_into_quarantine(rig):
    """The library's own reading would lose the whole answer over any one of these."""
    bodies = []
    for raw in poison():
        try:
            update = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(update, dict):
            bodies.append({**update, "update_id": 100 + len(bodies)})
    bodies = [each for each in bodies if len(each) > 1][:90]
    good = json.loads(said("oi", number=999))
    async with polled(rig.receiver.take) as (stub, _, _):
        stub.add(*bodies, good)
        assert await until(lambda: stub.offset() == 1_000)
    kept = await rig.quarantined()
    stored = len(await rig.messages())
    assert len(kept) + stored == len(bodies) + 1  # those whose only flaw was their number are well
    assert len(kept) > 60


@pytest.mark.parametrize("answer", [{}, True, "x", 7, [1, "x"], [{"no": 1}], [{"update_id": "7"}]])
async def test_an_answer_that_is_no_list_of_updates_is_asked_for_again_after_a_rest(answer):
    take = Taker()
    async with polled(take) as (stub, health, _):
        stub.raw = lambda offset: answer
        assert await until(lambda: len(stub.of("getUpdates")) >= 3)
        assert health.link is Link.UNREACHABLE
        assert take.taken == []
        stub.raw = None
        stub.add(text(7))
        assert await until(lambda: take.numbers() == [7])
        assert health.link is Link.WORKING


FAILURES = [
    (Refusal(409, "Conflict: terminated by other getUpdates request"), Link.CONFLICT),
    (Refusal(401, "Unauthorized"), Link.UNAUTHORIZED),
    (Refusal(404, "Not Found"), Link.UNAUTHORIZED),
    (Refusal(400, "Bad Request: offset"), Link.REFUSED),
    (Refusal(500, "Internal Server Error"), Link.UNREACHABLE),
    (Refusal(502, "Bad Gateway"), Link.UNREACHABLE),
    (ConnectionError(), Link.UNREACHABLE),
]


@pytest.mark.parametrize(("failure", "link"), FAILURES)
async def test_a_failed_question_is_shown_and_asked_again(failure, link, monkeypatch):
    monkeypatch.setattr(trouble, "FIRST_REST", 0.15)
    take = Taker()
    async with polled(take) as (stub, health, _):
        assert await until(lambda: stub.polls_open)
        stub.failures["getUpdates"] = [failure]
        stub.add(text(7))
        assert await until(lambda: take.numbers() == [7])
        assert await until(lambda: health.link is link)
        assert not health.is_ok(time.time())
        assert await until(lambda: health.is_ok(time.time()))


async def test_a_webhook_that_somebody_set_meanwhile_is_removed_again():
    refusal = Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
    async with polled(Taker()) as (stub, _, _):
        assert await until(lambda: stub.polls_open)
        stub.failures["getUpdates"] = [refusal]
        stub.add(text(7))
        assert await until(lambda: stub.names().count("deleteWebhook") == 2)
        assert {each["drop_pending_updates"] for each in stub.of("deleteWebhook")} == {False}


async def test_when_telegram_asks_for_time_it_gets_it():
    take = Taker()
    async with polled(take) as (stub, health, _):
        assert await until(lambda: stub.polls_open)
        stub.failures["getUpdates"] = [Refusal(429, "Too Many Requests", retry_after=1)]
        stub.add(text(7))
        assert await until(lambda: health.link is Link.LIMITED)
        asked, at = len(stub.of("getUpdates")), time.perf_counter()
        assert await until(lambda: len(stub.of("getUpdates")) > asked)
        assert 0.5 < time.perf_counter() - at < 10


async def test_it_stops_at_once_in_the_middle_of_a_long_poll():
    async with stub_and_bot() as (stub, bot):
        polling = Polling(bot, Taker(), TelegramHealth("polling"), SYSTEM, wait_seconds=25)
        running = asyncio.create_task(polling.run())
        assert await until(lambda: stub.polls_open)
        begun = time.perf_counter()
        await polling.stop()
        await running
        assert time.perf_counter() - begun < 8


async def test_it_stops_within_a_second_while_an_update_cannot_be_stored():
    take = Taker()
    take.hold = asyncio.Event()
    async with polled(take) as (stub, _, polling):
        stub.add(text(7))
        assert await until(lambda: take.tries)
        begun = time.perf_counter()
        await polling.stop()
        assert time.perf_counter() - begun < 8
    assert {asked.get("offset") for asked in stub.of("getUpdates")} == {None}


async def test_it_lets_what_is_being_stored_be_stored():
    take = Taker()
    take.hold = asyncio.Event()
    async with polled(take) as (stub, _, polling):
        stub.add(text(7))
        assert await until(lambda: take.tries)
        asyncio.get_running_loop().call_later(0.1, take.hold.set)
        await polling.stop()
        assert take.numbers() == [7]


async def test_it_can_be_stopped_before_anything_works():
    async with stub_and_bot() as (stub, bot):
        stub.failures["deleteWebhook"] = [ConnectionError() for _ in range(50)]
        polling = Polling(bot, Taker(), TelegramHealth("polling"), SYSTEM)
        await polling.stop()  # never begun
        polling = Polling(bot, Taker(), TelegramHealth("polling"), SYSTEM)
        running = asyncio.create_task(polling.run())
        assert await until(lambda: len(stub.calls) > 1)
        await polling.stop()
        await asyncio.wait_for(running, 1)
        assert "getUpdates" not in stub.names()


async def test_the_library_does_not_warn_about_how_it_is_asked():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with polled(Taker()) as (stub, _, _):
            assert await until(lambda: stub.polls_open)
    assert [str(each.message) for each in caught if "telegram" in each.filename] == []


async def test_no_token_reaches_a_log(capsys):
    import structlog

    structlog.reset_defaults()
    async with polled(Taker()) as (stub, _, _):
        stub.failures["getUpdates"] = [ConnectionError(), Refusal(401, "Unauthorized")]
        assert await until(lambda: stub.polls_open)
    captured = capsys.readouterr()
    assert "telegram_failed" in captured.out + captured.err
    assert "AAE-" not in captured.out + captured.err


async def test_of_several_processes_only_the_one_that_leads_asks(monkeypatch):
    """Telegram answers one at a time; who leads anew begins where the other one has stopped."""
    monkeypatch.setattr(room, "NOT_OURS_SECONDS", 0.05)
    leading = False
    take = Taker()
    async with polled(take, lambda: leading) as (stub, health, _):
        stub.add(text(7))
        await asyncio.sleep(0.3)
        assert stub.of("getUpdates") == []
        assert health.is_ok(time.time())
        leading = True
        assert await until(lambda: stub.offset() == 8)
        leading = False
        await asyncio.sleep(2.5)  # the question under way ends
        asked = len(stub.of("getUpdates"))
        stub.add(text(8))
        await asyncio.sleep(0.3)
        assert len(stub.of("getUpdates")) == asked
        leading = True
        assert await until(lambda: 8 in take.numbers())
        assert "offset" not in stub.of("getUpdates")[asked]
