"""What leaves first when a platform takes few: customers, then cards, then the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, delete, insert

from bot.ledger.migrate import migrate
from bot.ledger.outbox import CARDS_FIRST_SECONDS, finish, take
from bot.ledger.sqlite import writing_engine
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey
from bot.outcome import Urgency
from tests.builders import NOON, PUSHED
from tests.ledger.conftest import STAFF

ANA, BIA, CAIO = (replace(PUSHED, chat=name) for name in ("ana", "bia", "caio"))
CHANNELS = ("wire", "telegram_staff")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = writing_engine(tmp_path_factory.mktemp("urgency") / "x.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def outbox(engine):
    with engine.begin() as connection:
        yield connection
        connection.rollback()


def put(
    outbox: Connection,
    text: str,
    to: ConversationKey,
    urgency: Urgency = Urgency.REPLY,
    at: float = NOON,
) -> None:
    key = str(to)
    if not outbox.execute(conversations.select().where(conversations.c.key == key)).first():
        outbox.execute(insert(conversations), {"key": key, "last_in_at": NOON})
    row = {"conversation": key, "direction": "out", "state": "pending", "author": "system"}
    row |= {"text": text, "at": at, "inside": urgency.is_inside, "can_wait": urgency.can_wait}
    outbox.execute(insert(messages), row)


def leaves(outbox: Connection, most: int = 1, at: float = NOON + 1) -> list[str]:
    """All that waits, in the order in which it leaves, so many at a time."""
    said = []
    while parcels := take(outbox, "w", at, at + 9, most, CHANNELS):
        for parcel in parcels:
            said.append(parcel.text)
            finish(outbox, parcel.seq, "w", f"x{parcel.seq}", at)
    return said


@pytest.mark.parametrize("most", [1, 8])
def test_customers_first_then_what_can_wait_then_cards_then_mirrors(outbox, most):
    put(outbox, "mirror", STAFF, Urgency.INSIDE)
    put(outbox, "closing", ANA, Urgency.ROUTINE)
    put(outbox, "card", STAFF, Urgency.CARD)
    put(outbox, "answer", BIA)
    put(outbox, "reply", CAIO)
    assert leaves(outbox, most)[:3] == ["answer", "reply", "closing"]


def test_a_card_goes_before_what_was_said_in_known_cases(outbox):
    for n in range(3):
        put(outbox, f"mirror {n}", STAFF, Urgency.INSIDE)
    put(outbox, "card 1", STAFF, Urgency.CARD)
    put(outbox, "card 2", STAFF, Urgency.CARD)
    assert leaves(outbox) == ["card 1", "card 2", "mirror 0", "mirror 1", "mirror 2"]


def test_no_stream_of_cards_holds_a_mirror_back_for_ever(outbox):
    put(outbox, "mirror", STAFF, Urgency.INSIDE, NOON)
    for n in range(3):
        put(outbox, f"card {n}", STAFF, Urgency.CARD, NOON + 10 * n)
    late = NOON + CARDS_FIRST_SECONDS
    (first,) = take(outbox, "w", late - 1, late + 9, 1, CHANNELS)
    finish(outbox, first.seq, "w", "x1", late)
    (second,) = take(outbox, "w", late, late + 9, 1, CHANNELS)
    assert (first.text, second.text) == ("card 0", "mirror")


def test_what_is_urgent_pulls_along_what_stands_before_it_in_its_chat(outbox):
    """A chat keeps its order: the closing line leaves first, but with the answer's urgency."""
    put(outbox, "other", BIA, Urgency.ROUTINE)
    put(outbox, "closing", ANA, Urgency.ROUTINE)
    put(outbox, "answer", ANA)
    assert leaves(outbox) == ["closing", "answer", "other"]


def test_rows_of_an_older_version_leave_in_their_order(outbox):
    """They know of no cards: nothing of theirs can wait."""
    for n in range(3):
        put(outbox, str(n), STAFF, Urgency.CARD)
    assert leaves(outbox) == ["0", "1", "2"]


ROWS = some.lists(
    some.tuples(
        some.sampled_from([ANA, BIA, STAFF]),
        some.booleans(),
        some.floats(-300, 0, allow_nan=False),
    ),
    max_size=14,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(ROWS, some.integers(1, 4))
def test_everything_leaves_once_and_customers_chats_keep_their_order(outbox, rows, most):
    """Whatever the clock says: a time of writing decides nothing in a customer's chat."""
    outbox.execute(delete(messages))
    for n, (to, can_wait, ago) in enumerate(rows):
        kinds = (Urgency.CARD, Urgency.INSIDE) if to == STAFF else (Urgency.REPLY, Urgency.ROUTINE)
        put(outbox, f"{to.chat} {n}", to, kinds[can_wait], NOON + ago)
    said = leaves(outbox, most)
    assert sorted(said) == sorted(f"{to.chat} {n}" for n, (to, _, _) in enumerate(rows))
    for chat in ("ana", "bia"):
        numbers = [int(text.split()[1]) for text in said if text.startswith(chat)]
        assert numbers == sorted(numbers)
