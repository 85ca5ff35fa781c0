"""How a person writes: learnt from their bursts, kept with the chat, gone with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.intake.ports import Joining, Opened
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey, Form, Kind
from bot.outcome import Erase, SetForm
from tests.builders import BOOK, CHAT, NOON, OWNER, answered, arrival, incoming, settlement
from tests.ledger.conftest import CHANNELS, OPENING


@pytest.fixture
def burst(ledger, open_turn):
    """Somebody writes a question in three pieces, a tenth of a second apart, and is answered."""

    async def written(at: float, *changes, **more) -> None:
        for n, said in enumerate(("oi", "queria saber", "quanto custa?")):
            message = incoming(said, id=f"{at}/{n}", at=at + 0.1 * n)
            await ledger.accept(arrival(replace(message, **more)))
        opened = await open_turn(at + 1)
        outcome = answered(opened, "olá", *changes)
        await ledger.settle(settlement(opened, outcome, at=at + 2))

    return written


@pytest.fixture
def kept(rows):
    async def rhythm() -> str | None:
        (row,) = await rows("SELECT rhythm FROM conversations")
        return row["rhythm"]

    return rhythm


@pytest.fixture
def waits(ledger, begin):
    """Seconds that are waited for the rest after a first word."""

    async def after(text: str, at: float) -> float:
        await ledger.accept(arrival(incoming(text, id="last", at=at)))
        found = await begin(at)
        assert isinstance(found, Joining), found
        return found.closes_at - at

    return after


async def test_a_stranger_is_waited_for_as_long_as_is_set(waits):
    assert await waits("oi", NOON) == pytest.approx(0.6)


async def test_the_pause_fits_the_person_after_some_bursts(burst, kept, waits):
    for n in range(3):
        await burst(NOON + 60 * n)
    assert '"gaps": 6' in await kept()
    assert 0.19 < await waits("oi", NOON + 180) < 0.5


async def test_of_a_group_nothing_is_learnt(burst, kept):
    await burst(NOON, public=True)
    assert await kept() is None


async def test_pictures_teach_nothing(burst, kept):
    await burst(NOON, kind=Kind.MEDIA)
    assert await kept() is None


async def test_an_erased_chat_is_a_strangers(burst, kept):
    await burst(NOON)
    assert await kept() is not None
    await burst(NOON + 60, Erase())
    assert await kept() is None


async def test_what_was_learnt_before_a_correction_is_not_learnt_again(
    engine, begin, kept, open_turn
):
    pauses = replace(OPENING.pauses, correction=2.0)
    ledger = Ledger(engine, replace(OPENING, pauses=pauses), CHANNELS)

    async def say(text: str, at: float) -> None:
        await ledger.accept(arrival(incoming(text, id=text, at=at)))

    async def opened_at(at: float) -> Opened:
        found = await ledger.begin(CHAT, OWNER, at, BOOK, 7)
        assert isinstance(found, Opened)
        return found

    await say("oi", NOON)
    await say("aceitam cartão?", NOON + 0.1)
    first = await opened_at(NOON + 0.2)
    assert '"gaps": 1' in await kept()
    await say("de débito?", NOON + 0.3)
    assert (await ledger.settle(settlement(first, answered(first)))).corrected
    await opened_at(NOON + 6)
    assert '"gaps": 2' in await kept()


async def test_an_open_form_makes_a_word_a_whole_answer(ledger, burst, waits):
    form = Form("order", "name", {}, "1", NOON + 1_800)
    await burst(NOON, SetForm(form))
    assert await waits("Ana Souza", NOON + 60) == pytest.approx(0.03)


async def test_a_form_that_has_run_out_asks_nothing(ledger, burst, waits):
    await burst(NOON, SetForm(Form("order", "name", {}, "1", NOON + 30)))
    assert await waits("Ana Souza", NOON + 60) == pytest.approx(0.6)


async def test_at_a_terminal_every_line_is_a_message(engine):
    terminal = ConversationKey("terminal", "", "ana")
    ledger = Ledger(engine, replace(OPENING, unjoined=frozenset({"terminal"})), CHANNELS)
    await ledger.accept(arrival(incoming("oi", id="1", chat=terminal)))
    await ledger.accept(arrival(incoming("tudo bem", id="2", chat=terminal, at=NOON + 0.1)))
    found = await ledger.begin(terminal, OWNER, NOON + 0.1, BOOK, 7)
    assert isinstance(found, Opened)
    assert found.turn.text == "oi"
