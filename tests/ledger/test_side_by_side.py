"""Units that run at the same instant on PostgreSQL, each seeing what was committed before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import Connection, text

from bot.delivery.receipts import Receipt, Report
from bot.ledger.acts import accept_act
from bot.ledger.ledger import Ledger
from bot.ledger.postgres import PostgresEngine
from bot.model import Action, ConversationKey
from bot.outcome import OpenCase
from tests.builders import (
    BOOK,
    NOON,
    OWNER,
    PUSHED,
    act,
    answered,
    arrival,
    incoming,
    settlement,
)
from tests.ledger.conftest import CHANNELS, OPENING
from tests.postgres.databases import fresh

MOVED = ConversationKey("wire", "shop", "ana2")


@pytest.fixture
async def engine(postgres_server):
    engine = PostgresEngine(await fresh(postgres_server))
    yield engine
    await engine.close()


@pytest.fixture
def ledger(engine) -> Ledger:
    return Ledger(engine, OPENING, CHANNELS)


@pytest.fixture
def case(ledger):
    """A chat whose case waits for a person, and the line that says so waits to be sent."""

    async def opened(chat=PUSHED) -> None:
        await ledger.accept(arrival(incoming("uma pessoa", id="first", chat=chat)))
        turn = await ledger.begin(chat, OWNER, NOON + 4, BOOK, 7)
        await ledger.settle(settlement(turn, answered(turn, "vou chamar", OpenCase("asked"))))

    return opened


@pytest.fixture
def beside_a_claim(engine):
    """Do something after a claim was written and before it is committed."""

    async def done(other: Callable[[], Awaitable[object]], number: int = 1) -> None:
        written = asyncio.Event()

        def claim(connection: Connection) -> None:
            accept_act(connection, act(Action.CLAIM, number, id="c"), NOON + 8)
            written.set()
            connection.execute(text("SELECT pg_sleep(0.5)"))

        claiming = asyncio.create_task(engine.write(claim))
        await written.wait()
        await other()
        await claiming

    return done


async def pending_of_an_older_epoch(engine) -> list[str]:
    query = text(
        "SELECT text FROM messages JOIN conversations ON key = conversation"
        " WHERE state = 'pending' AND messages.epoch <> conversations.epoch"
    )
    return await engine.read(lambda connection: list(connection.execute(query).scalars()))


async def test_what_is_put_off_while_a_person_takes_the_chat_holds_up_nothing(
    engine, ledger, case, beside_a_claim
):
    await case()
    (parcel,) = await ledger.take("w", NOON + 6, NOON + 20, 10, ["wire"])
    await beside_a_claim(partial(ledger.delayed, parcel.seq, "w", NOON + 9))
    assert await pending_of_an_older_epoch(engine) == []


async def test_what_is_to_be_tried_again_while_a_person_takes_the_chat_holds_up_nothing(
    engine, ledger, case, beside_a_claim
):
    await case()
    (parcel,) = await ledger.take("w", NOON + 6, NOON + 20, 10, ["wire"])
    await ledger.sent(parcel.seq, "w", "SM1", NOON + 7)
    failed = Report(
        Receipt.FAILED, "wire", "SM1", "ana", seq=parcel.seq, reason="later", again_after=1.0
    )
    await beside_a_claim(partial(ledger.note, failed, NOON + 9))
    assert await pending_of_an_older_epoch(engine) == []


async def test_two_chats_that_become_one_while_a_person_takes_it_hold_up_nothing(
    engine, ledger, case, beside_a_claim
):
    await case(MOVED)
    await ledger.accept(arrival(incoming(id="m", chat=PUSHED)))
    turn = await ledger.begin(PUSHED, OWNER, NOON + 4, BOOK, 7)
    await ledger.settle(settlement(turn, answered(turn)))
    await beside_a_claim(partial(ledger.moved, PUSHED, MOVED, NOON + 9))
    assert await pending_of_an_older_epoch(engine) == []
