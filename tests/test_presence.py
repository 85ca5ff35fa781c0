"""Signs of life: told once, to those who watch, until the desk closes."""

from __future__ import annotations

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
