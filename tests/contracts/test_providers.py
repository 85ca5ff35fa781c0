"""The same promises by every provider, each through its real SDK against a stand-in on loopback."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from bot.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from bot.prompt import Completion, Usage
from bot.providers.call import MOST_BYTES
from tests.model_api import Fault, Raw, Say
from tests.providers.rig import MODELS, Rig, outcome_of, prompt, rig_of, row_of

# The table of bot/providers/trouble.py, for every fault of the stand-in.
ROWS: dict[Fault, tuple[object, ...]] = {
    Fault.HANG: ("Unavailable", "timeout", False),
    Fault.DRIP: ("Unavailable", "timeout", False),
    Fault.NEVER_ENDS: ("Unavailable", "timeout", False),
    Fault.ENDLESS: ("Refused", "garbled"),
    Fault.RESET: ("Unavailable", "connection", True),
    Fault.RESET_WITHIN: ("Unavailable", "connection", True),
    Fault.NO_HTTP: ("Refused", "garbled"),
    Fault.RATE_LIMITED: ("Unavailable", "rate_limited", False),
    Fault.RATE_LIMITED_SHORT: ("Unavailable", "rate_limited", True),
    Fault.RATE_LIMITED_LONG: ("Unavailable", "rate_limited", True),
    Fault.OVERLOADED: ("Unavailable", "overloaded", True),
    Fault.UNAVAILABLE: ("Unavailable", "overloaded", True),
    Fault.SERVER_ERROR: ("Unavailable", "server_error", True),
    Fault.BAD_GATEWAY: ("Unavailable", "server_error", True),
    Fault.TIMED_OUT: ("Unavailable", "server_error", True),
    Fault.QUOTA: ("Broken", "quota"),
    Fault.BAD_KEY: ("Broken", "auth"),
    Fault.FORBIDDEN: ("Broken", "auth"),
    Fault.GONE: ("Broken", "gone"),
    Fault.BAD_REQUEST: ("Refused", "bad_request"),
    Fault.TOO_LONG: ("Refused", "context_too_long"),
    Fault.REDIRECT: ("Unavailable", "redirected", False),
    Fault.HTML: ("Refused", "garbled"),
    Fault.CUT_JSON: ("Refused", "garbled"),
    Fault.NO_UTF8: ("Refused", "garbled"),
    Fault.GZIP_GARBAGE: ("Refused", "garbled"),
    Fault.GZIP_BOMB: ("Refused", "garbled"),
    Fault.HUGE: ("Refused", "garbled"),
    Fault.EMPTY: ("Refused", "empty"),
    Fault.BLANK: ("Refused", "empty"),
    Fault.ALL_THOUGHT: ("Refused", "empty"),
    Fault.THINKING_FIRST: ("Completion",),
    Fault.REFUSAL: ("Refused", "refused"),
    Fault.FILTERED: ("Refused", "refused"),
    Fault.TRUNCATED: ("Refused", "truncated"),
    Fault.NO_FINISH: ("Refused", "garbled"),
    Fault.NO_CHOICES: ("Refused", "garbled"),
}
SLOW = (Fault.HANG, Fault.DRIP, Fault.NEVER_ENDS)


@pytest.fixture(params=MODELS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with rig_of(request.param) as rig:
        yield rig


async def test_an_answer_comes_back_with_what_it_took(rig):
    rig.script.then("  Sim, abrimos às 9h.\r\nAté já!\n")
    answer = await rig.model.complete(prompt("Vocês abrem hoje?"), 3)
    assert (answer.text, answer.model) == ("Sim, abrimos às 9h.\nAté já!", f"the-{rig.kind}")
    assert answer.usage.read > 10
    assert answer.usage.written > 5


def test_every_fault_has_a_row():
    assert set(ROWS) == set(Fault)


@pytest.mark.parametrize("fault", ROWS)
async def test_every_fault_is_its_row_of_the_table(rig, fault):
    rig.script.always(fault)
    outcome = await outcome_of(rig.model, seconds=0.1 if fault in SLOW else 3.0)
    assert row_of(outcome) == ROWS[fault]
    assert len(rig.api.ledger) == 1  # trying again is the chain's business


async def test_a_thought_before_the_answer_stays_out_of_it(rig):
    rig.script.then(Fault.THINKING_FIRST)
    assert (await rig.model.complete(prompt(), 3)).text == "Olá!"


@pytest.mark.parametrize(
    ("fault", "seconds"), [(Fault.RATE_LIMITED_SHORT, 1.0), (Fault.RATE_LIMITED_LONG, 3600.0)]
)
async def test_how_long_a_server_wants_to_be_left_alone_is_told(rig, fault, seconds):
    rig.script.then(fault)
    with pytest.raises(ProviderUnavailable) as caught:
        await rig.model.complete(prompt(), 3)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("fault", SLOW)
async def test_the_deadline_holds_whatever_happens(rig, fault):
    """A drip passes the SDKs' own timeouts; a request whose deadline is over does not leave."""
    rig.script.always(fault)
    began = time.monotonic()
    outcome = await outcome_of(rig.model, seconds=0.25)
    assert 0.24 < time.monotonic() - began < 5
    assert row_of(outcome) == ("Unavailable", "timeout", False)
    await rig.api.wait_for(lambda: rig.api.ledger[0].left, 5)
    for over in (0.0, -1.0):
        outcome = await outcome_of(rig.model, seconds=over)
        assert row_of(outcome) == ("Unavailable", "timeout", False)
    assert len(rig.api.ledger) == 1


async def test_a_call_that_is_cancelled_ends_and_leaves_nothing_running(rig):
    rig.script.always(Fault.HANG)
    before = asyncio.all_tasks()
    task = asyncio.create_task(rig.model.complete(prompt(), 30))
    await rig.api.wait_for(lambda: rig.api.ledger)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rig.api.wait_for(lambda: rig.api.ledger[0].left, 5)
    await asyncio.sleep(0)
    ours = {each for each in asyncio.all_tasks() - before if "aiohttp/web" not in repr(each)}
    assert not ours


async def test_fifty_questions_at_once_get_fifty_answers_in_the_time_of_one(rig):
    rig.script.latency = (0.2, 0.2)
    rig.script.always(lambda asked: f"sobre {asked.last}")
    began = time.monotonic()
    answers = await asyncio.gather(*(rig.model.complete(prompt(str(n)), 5) for n in range(50)))
    assert time.monotonic() - began < 8
    assert [answer.text for answer in answers] == [f"sobre {n}" for n in range(50)]


async def test_connections_are_kept_and_used_again(rig):
    for _ in range(5):
        await rig.model.complete(prompt(), 3)
    rig.script.then(Fault.SERVER_ERROR)
    await outcome_of(rig.model)
    await rig.model.complete(prompt(), 3)
    assert {call.connection for call in rig.api.ledger} == {1}


async def test_a_body_without_end_is_let_go_soon_and_its_connection_with_it(rig):
    rig.script.then(Fault.ENDLESS)
    began = time.monotonic()
    await outcome_of(rig.model, seconds=10)
    assert time.monotonic() - began < 8
    await rig.api.wait_for(lambda: rig.api.ledger[0].left, 5)
    await rig.model.complete(prompt(), 3)
    assert rig.api.ledger[0].connection != rig.api.ledger[1].connection


async def test_a_packed_answer_is_unpacked_piece_by_piece(rig):
    """A bomb of 64 MB is let go after the first of them."""
    rig.script.then("Sim, abrimos.")
    await rig.model.complete(prompt(), 3)
    rig.script.then(
        *(
            Raw(body=pack(rig.api.ledger[0].answer), headers={"Content-Encoding": name})
            for name, pack in (("gzip", gzip.compress), ("deflate", zlib.compress))
        ),
        Fault.GZIP_BOMB,
        Fault.GZIP_BOMB,
    )
    for _ in range(2):
        assert (await rig.model.complete(prompt(), 3)).text == "Sim, abrimos."
    await outcome_of(rig.model)  # the first one is made by the stand-in, at a cost
    tracemalloc.start()
    try:
        await outcome_of(rig.model)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


async def test_an_answer_just_within_the_bound_is_read(rig):
    text = "a" * (MOST_BYTES - 2_000)
    rig.script.then(text)
    assert (await rig.model.complete(prompt(), 3)).text == text


async def test_a_prompt_seen_before_is_read_from_the_cache(rig):
    """OpenAI counts cached tokens within those read, Anthropic beside them: here all is alike."""
    asked = prompt(standing="House facts. " * 400)
    first, second = [(await rig.model.complete(asked, 3)).usage for _ in range(2)]
    assert first.cached == 0
    assert second.cached >= 1024
    assert second.read == first.read >= second.cached
    assert second.cache_written == 0


async def test_an_odd_answer_tells_what_it_cost(rig):
    rig.script.then(Fault.ALL_THOUGHT, Fault.OVERLOADED)
    paid, unpaid = [await outcome_of(rig.model) for _ in range(2)]
    assert paid.usage.written == 500
    assert paid.usage.read > 0
    assert unpaid.usage == Usage()
    assert paid.request_id == "req_stand-in-1"


async def test_where_nobody_listens_no_connection_is_made(rig, unused_tcp_port):
    outcome, _ = await rig.asked_of(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    assert row_of(outcome) == ("Unavailable", "unreachable", True)


async def test_a_host_that_takes_no_connection_is_given_up_before_the_deadline(rig, monkeypatch):
    """Its queue is full: what a firewall does that swallows packets."""
    monkeypatch.setattr("bot.providers.call.CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as queue:
        for _ in range(3):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        began = time.monotonic()
        outcome, _ = await rig.asked_of(base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1")
    assert row_of(outcome) == ("Unavailable", "unreachable", False)
    assert time.monotonic() - began < 4


async def test_a_name_that_nobody_knows_is_no_connection(rig, monkeypatch):
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    outcome, _ = await rig.asked_of(base_url="http://models.invalid/v1")
    assert row_of(outcome) == ("Unavailable", "unreachable", True)


async def test_a_closed_model_says_so_in_the_same_tree(rig):
    outcome, model = await rig.asked_of()
    assert isinstance(outcome, Completion)
    assert row_of(await outcome_of(model)) == ("Unavailable", "broken_call", False)


@pytest.mark.parametrize(
    "error", [TypeError("x"), ValueError("x"), RuntimeError("x"), KeyError("x"), MemoryError()]
)
async def test_whatever_an_sdk_raises_ends_in_the_same_tree(rig, error, monkeypatch):
    async def post(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(rig.model._client, "post", post)
    outcome = await outcome_of(rig.model)
    assert row_of(outcome) == ("Unavailable", "broken_call", False)
    assert outcome.__context__ is None


async def test_the_answer_of_a_gateway_whose_body_is_an_error_is_that_error(rig):
    """Some send status 200 and the error within."""
    rig.script.then(
        Raw(body=b'{"error": {"message": "Provider returned error", "code": 502}}'),
        Raw(body=b'{"type": "error", "error": {"type": "overloaded_error", "message": "x"}}'),
        Raw(body=b'{"object": "error", "message": "busy", "code": 503}'),
        Raw(body=b'{"error": {"message": "something", "code": null}}'),
    )
    rows = [row_of(await outcome_of(rig.model)) for _ in range(4)]
    assert rows == [
        ("Unavailable", "server_error", True),
        ("Unavailable", "overloaded", True),
        ("Unavailable", "overloaded", True),
        ("Refused", "garbled"),
    ]


async def test_no_answer_costs_more_than_its_own_time(rig):
    """A slow answer within the deadline is an answer."""
    rig.script.then(Say("Devagar.", seconds=0.15))
    assert (await rig.model.complete(prompt(), 3)).text == "Devagar."


def test_the_tree_has_three_branches():
    assert {each.__name__ for each in ProviderError.__subclasses__()} == {
        each.__name__ for each in (ProviderBroken, ProviderRefused, ProviderUnavailable)
    }
