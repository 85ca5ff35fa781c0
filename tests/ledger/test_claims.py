"""Claims: from the transaction of the claim on, the bot says nothing in that chat."""

from __future__ import annotations

import pytest

from bot.intake.ports import Opened
from bot.model import Action, Ownership
from bot.outcome import CloseCase, OpenCase, Outcome, Outgoing, ReleaseCase, Verdict
from tests.builders import CHAT, NOON, PUSHED, act, answered, arrival, incoming, settlement


@pytest.fixture
def case(ledger, open_turn):
    """A chat whose case waits for a person."""

    async def opened(chat=CHAT):
        await ledger.accept(arrival(incoming("quero uma pessoa", id="first", chat=chat)))
        turn = await open_turn(chat=chat)
        await ledger.settle(settlement(turn, answered(turn, "vou chamar", OpenCase("asked"))))

    return opened


async def test_a_claim_takes_the_chat_and_fences_the_running_turn(ledger, case, open_turn, rows):
    await case()
    await ledger.accept(arrival(incoming("alô?", id="2")))
    running = await open_turn()
    accepted = await ledger.accept_act(act(Action.CLAIM), NOON + 5)
    late = await ledger.settle(settlement(running, answered(running, "do robô")))

    assert (accepted.case, accepted.conversation) == (1, CHAT)
    assert late.fenced
    assert await rows("SELECT text FROM messages WHERE text = 'do robô'") == []
    turn = (await open_turn()).turn
    assert turn.ownership is Ownership.HUMAN
    assert [m.text for m in turn.messages] == ["alô?"]


async def test_a_claim_silences_what_the_bot_had_not_sent_yet(ledger, case, rows):
    await case(PUSHED)
    await ledger.accept_act(act(Action.CLAIM), NOON + 5)

    out = await rows("SELECT state FROM messages WHERE direction = 'out'")
    assert out == [{"state": "superseded"}]
    assert await ledger.take("w", NOON + 6, NOON + 20, 10, ["wire"]) == ()
    came = await rows("SELECT answered_by, verdict FROM messages WHERE direction = 'in'")
    assert came == [{"answered_by": None, "verdict": "relayed"}]


async def test_a_staff_reply_still_leaves_after_a_second_claim(ledger, case, open_turn):
    await case(PUSHED)
    await ledger.accept_act(act(Action.REPLY, text="já vejo", id="r"), NOON + 5)
    turn = await open_turn(chat=PUSHED)
    reply = Outgoing(PUSHED, "já vejo", "staff", answers=turn.turn.unanswered)
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "reply", (reply,))))
    await ledger.accept_act(act(Action.CLAIM, id="c", agent="Bruno"), NOON + 6)

    (parcel,) = await ledger.take("w", NOON + 7, NOON + 20, 10, ["wire"])
    assert (parcel.text, parcel.author) == ("já vejo", "staff")


async def test_an_answer_that_comes_back_after_a_claim_holds_up_no_reply(
    ledger, case, open_turn, rows
):
    """Telegram was out of reach, and while the courier tried, a person took the chat."""
    await case(PUSHED)
    (bot,) = await ledger.take("w", NOON + 1, NOON + 20, 10, ["wire"])
    await ledger.accept_act(act(Action.REPLY, text="já vejo", id="r"), NOON + 5)
    turn = await open_turn(chat=PUSHED)
    reply = Outgoing(PUSHED, "já vejo", "staff", answers=turn.turn.unanswered)
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "reply", (reply,))))
    await ledger.delayed(bot.seq, "w", NOON + 6)

    (parcel,) = await ledger.take("w", NOON + 7, NOON + 20, 10, ["wire"])
    assert (parcel.text, parcel.author) == ("já vejo", "staff")
    assert await rows("SELECT state FROM messages WHERE text = 'vou chamar'") == [
        {"state": "superseded"}
    ]
    assert await rows("SELECT answered_by FROM messages WHERE direction = 'in'") == [
        {"answered_by": None}
    ]


async def test_a_reply_that_comes_back_after_another_claim_still_leaves(ledger, case, open_turn):
    await case(PUSHED)
    await ledger.accept_act(act(Action.REPLY, text="já vejo", id="r"), NOON + 5)
    turn = await open_turn(chat=PUSHED)
    reply = Outgoing(PUSHED, "já vejo", "staff", answers=turn.turn.unanswered)
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "reply", (reply,))))
    (parcel,) = await ledger.take("w", NOON + 6, NOON + 20, 10, ["wire"])
    await ledger.accept_act(act(Action.CLAIM, id="c", agent="Bruno"), NOON + 6)
    await ledger.delayed(parcel.seq, "w", NOON + 7)

    (again,) = await ledger.take("w", NOON + 7, NOON + 20, 10, ["wire"])
    assert again.text == "já vejo"


async def test_a_reply_to_an_unclaimed_case_claims_it_and_goes_into_the_customers_line(
    ledger, case, open_turn, rows
):
    await case()
    await ledger.accept(arrival(incoming("alô?", id="2")))
    accepted = await ledger.accept_act(act(Action.REPLY, text="Oi, sou a Rita"), NOON + 5)

    assert accepted.conversation == CHAT
    assert await rows("SELECT status, agent FROM cases") == [{"status": "claimed", "agent": "Rita"}]
    relayed = await open_turn()
    await ledger.settle(settlement(relayed, Outcome(Verdict.RELAYED, "held")))
    turn = (await open_turn()).turn
    assert turn.act == act(Action.REPLY, text="Oi, sou a Rita")
    assert turn.messages == ()
    assert turn.unanswered == (3,)  # "alô?", and not what the bot had answered before


async def test_release_and_resolve_give_the_chat_back(ledger, case, open_turn, rows):
    await case()
    for action, change, status in (
        (Action.RELEASE, ReleaseCase(1), "waiting"),
        (Action.RESOLVE, CloseCase(1), "resolved"),
    ):
        await ledger.accept_act(act(Action.CLAIM, id=f"c-{action}"), NOON + 5)
        await ledger.accept_act(act(action, id=f"a-{action}"), NOON + 6)
        turn = await open_turn()
        await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, action, (), (change,))))
        assert await rows("SELECT status FROM cases") == [{"status": status}]
        assert await rows("SELECT ownership FROM conversations") == [{"ownership": "bot"}]


async def test_a_resolved_case_can_be_taken_up_again_by_a_reply(ledger, case, open_turn, rows):
    await case()
    await ledger.accept_act(act(Action.RESOLVE), NOON + 5)
    turn = await open_turn()
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "resolve", (), (CloseCase(1),))))
    await ledger.accept_act(act(Action.REPLY, text="esqueci", id="r"), NOON + 9)

    assert await rows("SELECT status FROM cases") == [{"status": "claimed"}]
    assert await rows("SELECT ownership FROM conversations") == [{"ownership": "human"}]


async def test_taking_up_an_old_case_joins_the_one_that_is_open_meanwhile(
    ledger, case, open_turn, rows
):
    await case()
    await ledger.accept_act(act(Action.RESOLVE), NOON + 5)
    turn = await open_turn()
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "resolve", (), (CloseCase(1),))))
    await ledger.accept(arrival(incoming("de novo", id="2")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "chamo", OpenCase("asked"))))
    accepted = await ledger.accept_act(act(Action.REPLY, text="oi", id="r"), NOON + 9)

    assert accepted.case == 2
    assert [r["status"] for r in await rows("SELECT status FROM cases ORDER BY id")] == [
        "resolved",
        "claimed",
    ]


async def test_the_same_act_again_does_nothing(ledger, case, rows):
    await case()
    first = await ledger.accept_act(act(Action.NOTE, text="vip"), NOON + 5)
    again = await ledger.accept_act(act(Action.NOTE, text="vip"), NOON + 6)

    assert (first.duplicate, again.duplicate) == (False, True)
    assert len(await rows("SELECT seq FROM messages WHERE direction = 'act'")) == 1


@pytest.mark.parametrize("number", [None, 99])
async def test_an_act_without_a_case_goes_into_the_agents_own_line(
    ledger, case, open_turn, rows, number
):
    await case()
    lost = act(Action.REPLY, number, "para quem?")
    accepted = await ledger.accept_act(lost, NOON + 5)

    assert accepted.case is None
    assert accepted.conversation == lost.surface
    turn = await open_turn(chat=lost.surface)
    assert isinstance(turn, Opened)
    assert (turn.turn.act, turn.turn.case) == (lost, None)
    assert await rows("SELECT ownership FROM conversations WHERE key LIKE 'web%'") == [
        {"ownership": "bot"}
    ]


async def test_an_invitation_takes_the_chat_as_a_reply_does(ledger, case, open_turn, rows):
    await case()
    accepted = await ledger.accept_act(act(Action.INVITE), NOON + 5)

    assert (accepted.case, accepted.conversation, accepted.holder) == (1, CHAT, "")
    assert await rows("SELECT status, agent FROM cases") == [{"status": "claimed", "agent": "Rita"}]
    assert await rows("SELECT ownership FROM conversations") == [{"ownership": "human"}]
    assert (await open_turn()).turn.act == act(Action.INVITE)

    other = await ledger.accept_act(act(Action.INVITE, id="2", agent="Bruno"), NOON + 6)
    assert other.holder == "Rita"
    assert await rows("SELECT agent FROM cases") == [{"agent": "Rita"}]


async def test_an_empty_reply_takes_nobodys_chat(ledger, case, rows):
    await case()
    await ledger.accept_act(act(Action.REPLY, text=" \n"), NOON + 5)

    assert await rows("SELECT ownership FROM conversations") == [{"ownership": "bot"}]
    assert await rows("SELECT status FROM cases") == [{"status": "waiting"}]


@pytest.fixture
async def reopened(ledger, case, open_turn):
    """Case 1 is resolved, and the same chat has opened case 2."""
    await case()
    await ledger.accept_act(act(Action.RESOLVE, id="first"), NOON + 5)
    turn = await open_turn()
    await ledger.settle(settlement(turn, Outcome(Verdict.RELAYED, "resolve", (), (CloseCase(1),))))
    await ledger.accept(arrival(incoming("de novo", id="2")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "chamo", OpenCase("asked"))))


@pytest.mark.parametrize("action", [Action.REPLY, Action.INVITE])
async def test_speaking_to_an_old_number_is_carried_out_on_the_open_case(
    ledger, reopened, open_turn, action
):
    accepted = await ledger.accept_act(act(action, 1, "oi"), NOON + 9)

    assert accepted.case == 2
    turn = (await open_turn()).turn
    assert turn.act is not None
    assert turn.case is not None
    assert turn.act.case == turn.case.id == 2


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.RELEASE, Action.NOTE])
async def test_an_old_number_never_closes_or_marks_a_newer_case(
    ledger, reopened, open_turn, action
):
    await ledger.accept_act(act(action, 1, "x", id="late"), NOON + 9)

    turn = (await open_turn()).turn
    assert turn.act is not None
    assert turn.case is not None
    assert (turn.act.case, turn.case.id) == (1, 2)  # RelayStaff tells the agent, nobody else


async def test_an_agent_learns_who_held_the_chat(ledger, case):
    await case()
    assert (await ledger.accept_act(act(Action.CLAIM), NOON)).holder == ""
    taken = await ledger.accept_act(act(Action.CLAIM, agent="Bruno", id="b"), NOON)
    assert taken.holder == "Rita"
