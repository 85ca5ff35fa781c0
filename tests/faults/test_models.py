"""Models that hang, drip, lie and fall over: the real program answers within a turn's time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping

import pytest

from tests.faults.rig import QUESTION, QUICK, Bench, Program, Senders
from tests.model_api import KEY, Fault, StandIn

TURN_SECONDS = 3.0
LATE = 3.0  # seconds that a busy machine may add; what hangs would take for ever
# What no customer may ever read.
INTERNAL = ("error", "exception", "traceback", "openai", "anthropic", "timeout", "http", "json")


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


def models(api: StandIn, **more: str) -> Mapping[str, str]:
    return {
        **QUICK,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": api.openai_base,
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": api.anthropic_base,
        "NIGHTDESK__DEADLINES__TURN_SECONDS": str(TURN_SECONDS),
        **more,
    }


async def loaded(program: Program, customers: Senders, *, least: int = 2) -> None:
    """Until the models may be asked."""
    async with asyncio.timeout(30):
        while (await states(program, customers)).count("closed") < least:
            await asyncio.sleep(0.05)


async def states(program: Program, customers: Senders) -> list[str]:
    async with customers._http.get(f"{program.url}/readyz") as r:
        return list((await r.json())["models"].values())


async def asked(
    program: Program, customers: Senders, chat: str, id: str = "m1", text: str = QUESTION
) -> tuple[float, float, dict[str, object]]:
    """Ask; seconds until it was acknowledged, until it was answered, and the answer."""
    begun = time.monotonic()
    assert await customers.say(program, chat, id, text) == 202
    acknowledged = time.monotonic() - begun
    async with asyncio.timeout(20):
        while True:
            lines = await customers.transcript(program, chat)
            answer = next((m for m in lines if id in m["answers"]), None)
            if answer is not None:
                return acknowledged, time.monotonic() - begun, answer
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("chats", "acknowledged_in", "late"),
    [
        pytest.param(40, TURN_SECONDS - 0.5, LATE, id="however busy the machine"),
        pytest.param(200, 0.5, 1.0, id="in figures", marks=pytest.mark.full),
    ],
)
async def test_models_that_hang_and_drip_hold_up_nobody(
    bench: Bench,
    customers: Senders,
    api: StandIn,
    chats: int,
    acknowledged_in: float,
    late: float,
) -> None:
    """T5: a third of all calls hang, drip or never end."""
    for script in (api.openai, api.anthropic):
        for fault in (Fault.HANG, Fault.DRIP, Fault.NEVER_ENDS):
            script.sometimes(0.12, fault)
    program = await bench.start(models(api))
    await loaded(program, customers)

    async def one(n: int) -> tuple[float, float, dict[str, object]]:
        await asyncio.sleep(n * 0.06)
        return await asked(program, customers, f"c{n}")

    found = await asyncio.gather(*(one(n) for n in range(chats)))
    assert max(acknowledged for acknowledged, _, _ in found) < acknowledged_in
    assert max(answered for _, answered, _ in found) < TURN_SECONDS + late
    assert {answer["author"] for _, _, answer in found} <= {"model", "rule"}
    # The others' slow models are not most chats' concern.
    assert statistics.median(answered for _, answered, _ in found) < TURN_SECONDS / 2


SHORT = (Fault.RATE_LIMITED_LONG, Fault.QUOTA, Fault.HTML, Fault.ENDLESS)
LONG = (Fault.OVERLOADED, Fault.BAD_KEY, Fault.GONE, Fault.EMPTY, Fault.CUT_JSON, Fault.DRIP)


@pytest.mark.parametrize(
    "fault", [*SHORT, *(pytest.param(fault, marks=pytest.mark.full) for fault in LONG)]
)
async def test_a_fault_of_both_models_costs_few_calls_and_shows_nothing(
    bench: Bench, customers: Senders, api: StandIn, fault: Fault
) -> None:
    """T6, short: each ends in a rule's answer or at a person; then both models are healed."""
    api.openai.always(fault)
    api.anthropic.always(fault)
    program = await bench.start(models(api))
    await loaded(program, customers)

    _, seconds, answer = await asked(program, customers, "c1")
    assert seconds < TURN_SECONDS + LATE
    assert answer["author"] == "rule"
    assert 1 <= len(api.calls()) <= 3
    _, seconds, offer = await asked(program, customers, "c2", text="quem descobriu Plutão?")
    assert seconds < TURN_SECONDS + LATE
    assert offer["author"] == "system"
    told = f"{answer['text']} {offer['text']}".lower()
    assert not [word for word in INTERNAL if word in told]
    assert program.process.poll() is None
    assert KEY not in program.err


async def test_a_breaker_opens_soon_and_closes_soon_after_the_model_is_healed(
    bench: Bench, customers: Senders, api: StandIn
) -> None:
    api.openai.always(Fault.UNAVAILABLE)
    program = await bench.start(models(api, ANTHROPIC_API_KEY=""))
    await loaded(program, customers, least=1)
    for n in range(4):
        await asked(program, customers, f"c{n}")
    assert await states(program, customers) == ["open"]
    failed = len(api.calls())
    assert failed <= 5
    await asked(program, customers, "left-alone")
    assert len(api.calls()) == failed

    api.openai.heal()
    healed = time.monotonic()
    n = 0
    while True:
        n += 1
        _, _, answer = await asked(program, customers, f"after-{n}")
        if answer["author"] == "model":
            break
        assert time.monotonic() - healed < 10
        await asyncio.sleep(0.2)
    assert await states(program, customers) == ["closed"]
    assert "model_recovered" in program.err


async def test_a_kill_within_a_call_costs_a_second_call_and_no_second_answer(
    bench: Bench, customers: Senders, api: StandIn
) -> None:
    api.openai.latency = (1.0, 1.0)
    settings = models(api, ANTHROPIC_API_KEY="", NIGHTDESK__BUDGET__USD_PER_DAY="5")
    program = await bench.start(settings)
    await loaded(program, customers, least=1)
    assert await customers.say(program, "c1", "m1") == 202
    await api.wait_for(lambda: api.calls(), 10)
    program.kill()

    program = await bench.start(settings)
    async with asyncio.timeout(15):
        while not [m for m in await customers.transcript(program, "c1") if m["answers"]]:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    lines = await customers.transcript(program, "c1")
    assert [m["direction"] for m in lines] == ["in", "out"]
