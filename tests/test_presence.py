"""Signs of life: told once, to those who watch, until the desk closes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot import presence as room
from bot.model import ConversationKey
from bot.presence import Presence, Sign
from tests.builders import CHAT, PUSHED


async def test_a_watcher_hears_its_own_chat_only():
    presence = Presence()
    with presence.watch(CHAT) as mine, presence.watch(PUSHED) as other:
        presence.show(CHAT, Sign.NEWS)
        assert await mine.next(0.1) is Sign.NEWS
        assert await other.next(0.01) is None


async def test_the_same_sign_waiting_is_told_once():
    presence = Presence()
    with presence.watch(CHAT) as watcher:
        for _ in range(5):
            presence.show(CHAT, Sign.NEWS)
        assert await watcher.next(0.1) is Sign.NEWS
        assert await watcher.next(0.01) is None
        presence.show(CHAT, Sign.NEWS)
        assert await watcher.next(0.1) is Sign.NEWS


async def test_who_comes_late_learns_that_typing_goes_on():
    presence = Presence()
    with presence.typing(CHAT), presence.watch(CHAT) as watcher:
        assert await watcher.next(0.1) is Sign.TYPING
    with presence.watch(CHAT) as watcher:
        assert await watcher.next(0.01) is None


async def test_typing_ends_even_when_the_answer_failed():
    presence = Presence()
    with presence.watch(CHAT) as watcher:
        try:
            with presence.typing(CHAT):
                raise ValueError
        except ValueError:
            pass
        assert [await watcher.next(0.1), await watcher.next(0.1)] == [Sign.TYPING, Sign.IDLE]


async def test_closing_lets_everybody_go_and_newcomers_too():
    presence = Presence()
    with presence.watch(CHAT) as watcher:
        presence.close()
        assert await watcher.next(0.1) is Sign.CLOSE
    with presence.watch(CHAT) as late:
        assert await late.next(0.1) is Sign.CLOSE


async def test_who_never_reads_gathers_no_heap():
    presence = Presence()
    with presence.watch(CHAT) as watcher:
        for _ in range(1000):
            presence.show(CHAT, Sign.TYPING)
            presence.show(CHAT, Sign.IDLE)
        presence.close()
        waiting = 0
        while await watcher.next(0.01) is not Sign.CLOSE:
            waiting += 1
        assert waiting <= 50


class Pushed:
    """A platform that is told of typing."""

    def __init__(self, monkeypatch) -> None:
        monkeypatch.setattr(room, "PUSH_AFTER", 0.05)
        monkeypatch.setattr(room, "PUSH_EVERY", 0.1)
        self.shown: list[ConversationKey] = []
        self.problem: Exception | None = None
        self.seconds = 0.0
        self.presence = Presence({PUSHED.channel: self.typing})

    async def typing(self, conversation: ConversationKey) -> None:
        self.shown.append(conversation)
        await asyncio.sleep(self.seconds)
        if self.problem:
            raise self.problem


@pytest.fixture
def pushed(monkeypatch) -> Pushed:
    return Pushed(monkeypatch)


async def others() -> set[asyncio.Task]:
    """Tasks left behind, once what was cancelled had a moment to end."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_typing_is_pushed_and_repeated_until_the_answer_is_there(pushed):
    with pushed.presence.typing(PUSHED), pushed.presence.typing(CHAT):
        await asyncio.sleep(0.03)
        assert pushed.shown == []
        await asyncio.sleep(0.25)
    assert pushed.shown == [PUSHED] * 3
    assert await others() == set()
    await asyncio.sleep(0.12)
    assert len(pushed.shown) == 3


async def test_a_quick_answer_needs_no_push(pushed):
    with pushed.presence.typing(PUSHED):
        await asyncio.sleep(0.01)
    assert await others() == set()
    assert pushed.shown == []


async def test_blocks_inside_each_other_push_once(pushed):
    with pushed.presence.typing(PUSHED):
        with pushed.presence.typing(PUSHED):
            await asyncio.sleep(0.07)
        await asyncio.sleep(0.1)
    assert len(pushed.shown) == 2
    assert await others() == set()


async def test_a_push_that_fails_disturbs_nobody_and_is_tried_again(pushed):
    pushed.problem = ValueError("platform")
    with pushed.presence.typing(PUSHED):
        await asyncio.sleep(0.2)
    assert len(pushed.shown) == 2
    assert await others() == set()


async def test_a_push_that_hangs_ends_with_the_turn(pushed):
    pushed.seconds = 60
    with suppress(KeyError), pushed.presence.typing(PUSHED):
        await asyncio.sleep(0.08)
        raise KeyError
    assert pushed.shown == [PUSHED]
    assert await others() == set()


async def test_closing_ends_all_pushes(pushed):
    with pushed.presence.typing(PUSHED):
        pushed.presence.close()
        assert await others() == set()
        with pushed.presence.typing(PUSHED):
            assert await others() == set()
    assert pushed.shown == []


def test_typing_is_seen_within_a_second():
    assert room.PUSH_AFTER < 1.0
    assert room.PUSH_EVERY < 5.0
