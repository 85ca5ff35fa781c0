"""Telegram's limits under any mix of chats: never too much, and staff never at customers' cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from bot.channels.telegram import CHANNEL, STAFF
from bot.channels.telegram.send import IN_ALL, TelegramSender
from bot.channels.whatsapp.send import rate_of
from bot.delivery.pace import Pace
from bot.delivery.ports import Rate
from bot.model import ConversationKey

NOON = 1_800_000_000.0
SLOTS = 8  # delivery.senders
TEAM = ConversationKey(STAFF, "7", "-100")
PEOPLE = [ConversationKey(CHANNEL, "7", str(n)) for n in range(1, 60)]
TOPICS = [ConversationKey(CHANNEL, "7", "-200", thread) for thread in ("", "1", "2", "3")]


class Platform:
    """Rates alone: nothing is sent here."""

    def __init__(self, rates: Callable[[ConversationKey], dict[str, Rate]]) -> None:
        self.rates = rates

    async def send(self, parcel: Any) -> str:
        raise AssertionError


def telegram() -> Platform:
    return Platform(lambda to: dict(TelegramSender.rates(None, to)))  # type: ignore[arg-type]


def drive(
    pace: Pace, rows: Sequence[ConversationKey], seconds: float = 3_600.0
) -> list[tuple[float, ConversationKey]]:
    """What leaves when: as the courier asks, one row of a chat at a time, in order of urgency."""
    waiting, left, now = list(rows), [], NOON
    while waiting and now < NOON + seconds:
        resting = pace.resting(now)
        channels, most = pace.may_take(SLOTS, now)
        heads = [to for n, to in enumerate(waiting) if to not in waiting[:n]]
        heads.sort(key=lambda to: to.channel == STAFF)
        taken = [to for to in heads if to.channel in channels and to not in resting][:most]
        for to in taken:
            if pace.ready_at(to, now) <= now:
                pace.spend(to, now)
                left.append((now, to))
                waiting.remove(to)
            else:
                pace.hold(to)
        if not taken:
            now = max(pace.next_ready(now) or 0.0, now + 0.02)
        else:
            now += 0.001
    return left


def most_in(times: list[float], seconds: float) -> int:
    """The most of them in any window of so many seconds."""
    return max((sum(at <= t < at + seconds for t in times) for at in times), default=0)


MIX = some.lists(some.sampled_from([TEAM, *TOPICS, *PEOPLE[:12]]), max_size=90)


@settings(max_examples=40, deadline=None)
@given(MIX)
def test_no_window_of_telegrams_holds_too_much(rows):
    sender = telegram()
    left = drive(Pace({CHANNEL: sender, STAFF: sender}), rows)
    assert len(left) == len(rows)
    assert most_in([at for at, _ in left], 1.0) <= 30
    for group in ("-100", "-200"):  # topics of a group are one chat to Telegram
        times = [at for at, to in left if to.chat == group]
        assert most_in(times, 60.0) <= 20
        assert most_in(times, 3.0) <= 3
    for person in PEOPLE[:12]:
        assert most_in([at for at, to in left if to == person], 3.0) <= 3


def test_what_staff_are_shown_never_takes_the_customers_budget():
    """However much is mirrored: of 27 messages in a second, at least 24 are the customers'."""
    sender = telegram()
    pace = Pace({CHANNEL: sender, STAFF: sender})
    mirrors = drive(pace, [TEAM] * 200, seconds=120.0)
    assert most_in([at for at, _ in mirrors], IN_ALL.seconds) <= IN_ALL.most - 24
    assert most_in([at for at, _ in mirrors], 60.0) <= 20


def test_a_hundred_customers_are_answered_as_if_there_were_no_mirrors():
    def last(rows: list[ConversationKey]) -> float:
        sender = telegram()
        left = drive(Pace({CHANNEL: sender, STAFF: sender}), rows)
        return max(at for at, to in left if to.channel == CHANNEL) - NOON

    crowd = [ConversationKey(CHANNEL, "7", str(n)) for n in range(1, 101)]
    alone, beside = last(crowd), last([TEAM] * 20 + crowd)
    assert alone < 5.0
    assert beside < alone + 0.5


def test_each_whatsapp_sender_has_a_budget_of_its_own():
    rate = rate_of(10.0)
    platform = Platform(lambda to: {to.account: rate})
    rows = [ConversationKey("whatsapp", f"+{n % 2}", str(n)) for n in range(60)]
    left = drive(Pace({"whatsapp": platform}), rows)
    assert len(left) == 60
    for account in ("+0", "+1"):
        assert most_in([at for at, to in left if to.account == account], 1.0) <= 10


def test_a_chat_that_asks_for_time_gets_it_and_the_others_go_on():
    sender = telegram()
    pace = Pace({CHANNEL: sender, STAFF: sender})
    pace.spend(PEOPLE[0], NOON)
    pace.spend(PEOPLE[1], NOON)
    pace.delayed(PEOPLE[0], NOON + 17)
    left = drive(pace, [PEOPLE[0], *PEOPLE[1:20]])
    assert next(at for at, to in left if to == PEOPLE[0]) >= NOON + 17
    assert max(at for at, to in left if to != PEOPLE[0]) < NOON + 5
