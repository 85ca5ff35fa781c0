"""Each conversation has one worker, and only those of one that goes change hands."""

from __future__ import annotations

from bot.fleet.crew import Crew

CHATS = [f"web//{n}" for n in range(1_000)]
CREW = frozenset("abcd")


def serving(workers: frozenset[str]) -> dict[str, str]:
    served: dict[str, str] = {}
    for worker in workers:
        for chat in CHATS:
            if Crew(worker, workers).serves(chat):
                assert chat not in served, "two serve it"
                served[chat] = worker
    assert len(served) == len(CHATS), "somebody serves it"
    return served


def test_every_conversation_has_one_worker_and_work_is_shared_evenly():
    served = list(serving(CREW).values())
    assert all(200 < served.count(worker) < 300 for worker in CREW)


def test_when_one_goes_the_others_keep_theirs():
    before, after = serving(CREW), serving(CREW - {"b"})
    assert all(after[chat] == worker for chat, worker in before.items() if worker != "b")


def test_who_is_not_on_the_list_serves_nothing_that_others_could():
    assert not any(Crew("doors", CREW).serves(chat) for chat in CHATS)


def test_where_nobody_is_known_everybody_tries():
    assert Crew("first", frozenset()).serves(CHATS[0])
