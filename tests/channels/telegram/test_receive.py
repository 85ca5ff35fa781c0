"""From bytes to rows: after `take` returns nothing is lost, and nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from bot.channels.telegram import receive
from bot.channels.telegram.heard import NotYet
from bot.clock import Clock
from bot.errors import LedgerError
from bot.model import ConversationKey
from bot.outcome import Outgoing
from tests.channels.telegram.payloads import (
    ANA,
    BOT,
    GROUP_CHAT,
    OTHER_BOT,
    PRIVATE_CHAT,
    STAFF_CHAT,
    STAFF_GROUP,
    STRANGER,
    at_desk,
    body,
    in_group,
    member,
    mention,
    message,
    ours,
    poison,
    press,
    said,
    theirs,
    update,
)
from tests.channels.telegram.rig import CHAT, IN_GROUP, SURFACE, until

BUTTONS = json.dumps(
    [{"label": "Horário", "value": "qual o horário?"}, {"label": "Pessoa", "value": "/human"}]
)
CARD = ours(50, "#c1 Ana: chegou quebrado")


# Customers


async def test_a_message_is_stored_whole_and_rings_the_line(rig):
    await rig.take(said("e amanhã?", reply_to_message=ours()))
    [row] = await rig.messages()
    assert {name: row[name] for name in ("conversation", "external_id", "identity", "text")} == {
        "conversation": str(CHAT),
        "external_id": "11",
        "identity": "telegram:812345678",
        "text": "e amanhã?",
    }
    assert (row["quoted"], row["kind"], row["state"]) == ("Posso ajudar?", "text", "waiting")
    [chat] = await rig.rows("SELECT name, public, language FROM conversations")
    assert chat == {"name": "Ana Souza", "public": 0, "language": "pt"}
    assert rig.rung == [(CHAT, True)]


async def test_a_repeat_changes_nothing(rig):
    raw = said("oi")
    await rig.take(raw, raw)
    await asyncio.gather(*(rig.receiver.take(raw) for _ in range(20)))
    assert len(await rig.messages()) == 1
    assert rig.rung == [(CHAT, False)]


async def test_two_texts_under_one_update_id_are_shown_to_somebody(rig):
    await rig.take(said("oi"), said("tchau"))
    assert [row["text"] for row in await rig.messages()] == ["oi"]
    [kept] = await rig.quarantined()
    assert (kept["reason"], kept["conversation"]) == ("conflict", str(CHAT))


async def test_what_is_not_for_us_leaves_no_trace(rig):
    nobody = update(my_chat_member={"chat": GROUP_CHAT, "new_chat_member": {"status": "member"}})
    await rig.take(
        in_group("bom dia"),
        said("oi", **{"from": OTHER_BOT}),
        said(pinned_message=ours()),
        at_desk("eu cuido", reply_to_message=theirs()),
        nobody,
    )
    assert set((await rig.counts()).values()) == {0}


async def test_the_id_of_a_message_may_repeat_in_another_chat(rig):
    other = {"id": 5, "type": "private"}
    await rig.take(said("oi", number=1), said("oi", number=2, chat=other))
    assert len(await rig.messages()) == 2


async def test_when_nothing_can_be_stored_the_delivery_fails(rig):
    await rig.ledger.close()
    for raw in (said("oi"), b"{", press(), at_desk("/resolve 7"), update(edited_message=message())):
        if b"edited" in raw:
            continue  # an edit of no text is nothing
        with pytest.raises(LedgerError):
            await rig.receiver.take(raw)
    assert rig.answered == []


async def test_a_call_that_takes_our_name_waits_for_it(rig):
    from bot.channels.telegram.account import Account

    nameless = replace(rig.receiver, me=Account(str(BOT), [], {}).me)
    text = "@CasaDeskBot oi"
    with pytest.raises(NotYet):
        await nameless.take(in_group(text, entities=mention(text)))
    assert set((await rig.counts()).values()) == {0}


# Poison


async def test_every_poison_body_is_kept_once_and_the_next_good_one_goes_through(rig):
    bodies = poison()
    for number, raw in enumerate(bodies):
        await rig.take(raw)
        if number % 40 == 0:
            await rig.take(said(f"boa {number}", number=9_000 + number, id=number + 1))
    kept = await rig.quarantined()
    assert len(kept) == len(bodies) == 200
    assert [row["body"] for row in kept] == [raw[:65_536] for raw in bodies]
    assert {row["reason"] for row in kept} == {"not_json", "wrong_shape", "unknown_kind"}
    assert [row["text"] for row in await rig.messages()] == [f"boa {n}" for n in range(0, 200, 40)]


async def test_what_breaks_us_is_kept_out_of_the_way(rig, monkeypatch):
    def breaks(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(receive, "parse", breaks)
    await rig.take(said("oi"))
    [kept] = await rig.quarantined()
    assert (kept["reason"], kept["conversation"], kept["body"]) == (
        "failed",
        str(CHAT),
        said("oi"),
    )


# Edits


def edit(text: str, number: int = 101) -> bytes:
    return update(number, edited_message=message(text, edit_date=1_795_000_060))


async def test_an_edit_takes_the_place_of_what_nobody_has_read(rig):
    await rig.take(said("qual o horaro?"), edit("qual o horário?"))
    [row] = await rig.messages()
    assert (row["text"], row["state"]) == ("qual o horário?", "waiting")
    assert rig.rung == [(CHAT, True), (CHAT, True)]


async def test_an_edit_to_a_command_does_not_wait(rig):
    await rig.take(said("/hlep"), edit("/help"))
    [row] = await rig.messages()
    assert (row["text"], row["kind"]) == ("/help", "command")
    assert rig.rung[-1] == (CHAT, True)


async def test_an_edit_of_what_was_answered_is_kept_beside_it_and_staff_are_told(rig):
    await rig.take(said("oi"))
    await rig.engine.write(lambda c: c.exec_driver_sql("UPDATE messages SET state = 'done'"))
    await rig.case(ConversationKey("telegram", str(BOT), "5"))  # another customer's
    await rig.put(
        "cases", conversation=str(CHAT), status="waiting", reason="x", details="{}", opened_at=1.0
    )
    rig.notice = Outgoing(SURFACE, "changed", "system")
    await rig.take(edit("olá"), edit("olá"))
    [row] = await rig.messages()
    assert (row["text"], [each["text"] for each in json.loads(row["edits"])]) == ("oi", ["olá"])
    assert await rig.told() == ["changed"]
    assert len(rig.rung) == 1


async def test_an_edit_of_something_we_never_had_is_nothing(rig):
    await rig.take(edit("olá"))
    assert await rig.messages() == []
    assert rig.rung == []


# Buttons


async def test_a_press_means_what_stood_behind_the_button_and_is_answered(rig):
    seq = await rig.sent(buttons=BUTTONS)
    await rig.take(press(f"{seq}.0", keyboard=[[{"text": "Horário", "callback_data": f"{seq}.0"}]]))
    [row] = await rig.messages()
    assert (row["kind"], row["text"], row["button"]) == ("button", "Horário", "qual o horário?")
    assert rig.rung == [(CHAT, True)]
    assert rig.answered == [("4382bfdwdsb323b2d9", "")]


async def test_a_press_whose_label_is_not_shown_says_its_value(rig):
    seq = await rig.sent(buttons=BUTTONS)
    await rig.take(press(f"{seq}.1", message={"chat": PRIVATE_CHAT, "message_id": 50, "date": 0}))
    [row] = await rig.messages()
    assert (row["kind"], row["text"], row["button"]) == ("command", "/human", "/human")


async def test_two_presses_are_two_and_a_repeat_is_one(rig):
    seq = await rig.sent(buttons=BUTTONS)
    first, second = press(f"{seq}.0", id="a", number=1), press(f"{seq}.0", id="b", number=2)
    await rig.take(first, second, first)
    assert len(await rig.messages()) == 2
    assert [callback for callback, _ in rig.answered] == ["a", "b", "a"]


async def test_a_repeat_of_a_press_whose_button_is_gone_meanwhile_is_just_answered(rig):
    seq = await rig.sent(buttons=BUTTONS)
    await rig.take(press(f"{seq}.0"))
    await rig.engine.write(
        lambda c: c.exec_driver_sql("DELETE FROM messages WHERE direction = 'out'")
    )
    await rig.take(press(f"{seq}.0"))
    assert rig.answered == [("4382bfdwdsb323b2d9", "")] * 2


GARBAGE = (
    "",
    ".",
    "1",
    "1.",
    ".1",
    "-1.0",
    "1.-1",
    "1.2.3",
    "x.y",
    "١.٠",
    "1.0 ",
    "9" * 30 + ".0",
    "1." + "9" * 30,
    "1.99",
    "99.0",
    "nd_1.0",
    "1.0' OR 1=1",
)


async def test_a_button_of_another_chat_or_of_none_means_nothing_here(rig):
    theirs_only = await rig.sent(IN_GROUP, buttons=BUTTONS)
    plain = await rig.sent()
    for data in (*GARBAGE, f"{theirs_only}.0", f"{plain}.0"):
        rig.answered.clear()
        await rig.take(press(data))
        assert rig.answered == [("4382bfdwdsb323b2d9", "Já passou")], data
    assert await rig.messages() == []
    assert (await rig.counts())["deliveries"] == 0


async def test_a_dead_button_says_so_in_the_senders_language(rig):
    await rig.take(press("9.9", sender={**ANA, "language_code": "en-US"}))
    await rig.take(press("9.9", sender={**ANA, "language_code": "fr"}))
    await rig.take(press("9.9", message=None, inline_message_id="AQ"))
    await rig.take(press("9.9", chat=STAFF_GROUP))
    assert [words for _, words in rig.answered] == ["Gone", "Já passou", "Já passou", "Já passou"]


async def test_a_press_that_cannot_be_answered_counts_all_the_same(rig):
    rig.press_fails = True
    seq = await rig.sent(buttons=BUTTONS)
    await rig.take(press(f"{seq}.0"))
    assert len(await rig.messages()) == 1


async def test_the_answer_to_a_press_does_not_hold_up_the_delivery(rig):
    async def forever(*_: str) -> None:
        await asyncio.sleep(60)

    seq = await rig.sent(buttons=BUTTONS)
    slow = replace(rig.receiver, answer_press=forever)
    begun = time.perf_counter()
    await slow.take(press(f"{seq}.0"))
    assert time.perf_counter() - begun < 10
    await asyncio.sleep(0)
    for task in tuple(slow._afterwards):
        task.cancel()


# Chats


def _membership(status: str) -> bytes:
    return update(my_chat_member={"chat": PRIVATE_CHAT, "new_chat_member": {"status": status}})


async def test_who_shuts_us_out_is_left_alone_until_they_let_us_in(rig):
    await rig.take(said("oi"))
    await rig.sent(state="pending")
    await rig.take(_membership("kicked"))
    [chat] = await rig.rows("SELECT blocked_at FROM conversations")
    assert chat["blocked_at"] is not None
    [out] = await rig.messages("out")
    assert (out["state"], out["failure"]) == ("failed", "blocked")
    await rig.take(_membership("member"))
    [chat] = await rig.rows("SELECT blocked_at FROM conversations")
    assert chat["blocked_at"] is None


async def test_a_group_keeps_its_conversation_under_its_new_id(rig):
    old = {"id": -55, "title": "Vizinhos", "type": "group"}
    await rig.take(said("oi", chat=old, reply_to_message=ours()))
    after = {"number": 102, "id": 13}
    await rig.take(
        said(chat=old, migrate_to_chat_id=GROUP_CHAT["id"], number=101, id=12),
        said(chat=GROUP_CHAT, migrate_from_chat_id=-55, **after),
    )
    assert [row["conversation"] for row in await rig.messages()] == [str(IN_GROUP)]


async def test_the_staff_chat_moves_and_is_followed(rig):
    case = await rig.case()
    await rig.put("conversations", key=str(SURFACE), last_in_at=1.0)
    new = {"id": -100777, "title": "Equipe", "type": "supergroup"}
    await rig.take(said(chat=new, migrate_from_chat_id=STAFF_CHAT))
    assert rig.account.staff_chat == "-100777"
    after = ConversationKey("telegram_staff", str(BOT), "-100777")
    assert await rig.ledger.home_of(SURFACE) == after
    await rig.take(at_desk(f"/resolve {case}", chat=new), at_desk("oi", number=301))
    by_number, from_the_old_one = await rig.messages("act")
    assert by_number["conversation"] == str(CHAT)
    assert json.loads(by_number["act"])["surface"] == str(after)
    assert json.loads(from_the_old_one["act"])["why"] == "not_a_reply"


# Staff


async def act_of(rig) -> dict[str, object]:
    [row] = await rig.messages("act")
    return {"line": row["conversation"], "text": row["text"], **json.loads(row["act"])}


async def test_a_reply_goes_into_the_line_of_the_customer_whose_message_was_replied_to(rig):
    other = ConversationKey("web", "", "bia")
    first, second = await rig.case(), await rig.case(other)
    await rig.shown(first, 50)
    await rig.shown(second, 60)
    await rig.take(at_desk("Para Bia.", reply_to_message=ours(60, "#c2 Bia: oi")))
    assert await act_of(rig) == {
        "line": str(other),
        "text": "Para Bia.",
        "case": second,
        "agent": "Rita",
        "action": "reply",
        "surface": str(SURFACE),
        "message": "71",
    }
    assert rig.rung == [(other, True)]


async def test_a_reply_to_a_message_of_ours_that_shows_no_case_reaches_nobody(rig):
    await rig.case()
    await rig.sent(SURFACE, external_id="50", author="system")
    await rig.take(at_desk("Já enviamos.", reply_to_message=CARD))
    found = await act_of(rig)
    assert (found["line"], found["action"], found["why"]) == (str(SURFACE), "aside", "not_a_reply")
    assert found["case"] is None


async def test_the_same_message_id_elsewhere_shows_nothing_here(rig):
    case = await rig.case()
    await rig.sent(CHAT, external_id="50", case_id=case)
    await rig.take(at_desk("Já enviamos.", reply_to_message=CARD))
    assert (await act_of(rig))["why"] == "not_a_reply"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/note 1 caro", True),
        ("/note #c2 caro", False),
        ("/resolve 2", False),
        ("#c1 oi", True),
        ("#c2 oi", False),
    ],
)
async def test_a_number_beside_a_reply_has_to_agree(rig, text, meant):
    case = await rig.case()
    await rig.case(IN_GROUP)
    await rig.shown(case)
    await rig.take(at_desk(text, reply_to_message=CARD))
    found = await act_of(rig)
    assert found["line"] == (str(CHAT) if meant else str(SURFACE))
    assert found.get("why", "") == ("" if meant else "not_a_reply")


async def test_a_number_alone_names_the_case(rig):
    case = await rig.case()
    await rig.take(at_desk(f"/resolve {case}"))
    found = await act_of(rig)
    assert (found["line"], found["action"]) == (str(CHAT), "resolve")


async def test_a_case_that_does_not_exist_is_answered_in_the_staff_chat(rig):
    await rig.take(at_desk("/resolve 99"))
    found = await act_of(rig)
    assert (found["line"], found["case"]) == (str(SURFACE), 99)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (at_desk("oi"), "not_a_reply"),
        (at_desk("oi", sender=member(STRANGER), reply_to_message=CARD), "stranger"),
        (at_desk("/help"), "help"),
        (at_desk("/wat", reply_to_message=CARD), "unknown_command"),
    ],
)
async def test_asides_stay_in_the_staff_chats_own_line(rig, raw, why):
    await rig.shown(await rig.case())
    await rig.take(raw)
    found = await act_of(rig)
    assert (found["line"], found["action"], found["why"]) == (str(SURFACE), "aside", why)
    assert rig.rung == [(SURFACE, True)]


async def test_a_repeated_act_is_done_once(rig):
    await rig.shown(await rig.case())
    raw = at_desk("Já enviamos.", reply_to_message=CARD)
    await rig.take(raw, raw)
    await act_of(rig)
    assert await rig.told() == ["claimed 1"]


async def test_a_claim_is_confirmed_and_so_is_the_first_reply_but_no_other(rig):
    await rig.shown(await rig.case())
    await rig.take(at_desk("/claim", reply_to_message=CARD, number=1))
    assert await rig.told() == ["claimed 1"]
    assert rig.woken == 1
    await rig.take(
        at_desk("oi", reply_to_message=CARD, number=2),
        at_desk("/note x", reply_to_message=CARD, number=3),
        at_desk("/release", reply_to_message=CARD, number=4),
    )
    assert await rig.told() == ["claimed 1"]


async def test_the_first_invitation_is_confirmed_as_a_claim(rig):
    await rig.shown(await rig.case())
    await rig.take(at_desk("/template", reply_to_message=CARD, number=1))
    assert await rig.told() == ["claimed 1"]
    await rig.take(at_desk("/template", reply_to_message=CARD, number=2))
    assert await rig.told() == ["claimed 1"]


async def test_a_claim_of_no_case_is_not_confirmed(rig):
    await rig.take(at_desk("/claim 99"))
    assert await rig.told() == []


async def test_a_claim_is_confirmed_only_once_nothing_is_on_its_way(rig):
    await rig.shown(await rig.case())
    now = [1_000.0]
    rested = asyncio.Event()

    async def sleep(seconds: float) -> None:
        rested.set()
        await asyncio.sleep(0.005)

    on_its_way = await rig.sent(state="sending")
    patient = replace(rig.receiver, clock=Clock(now=lambda: now[0], sleep=sleep))
    await patient.take(at_desk("/claim", reply_to_message=CARD))
    await asyncio.wait_for(rested.wait(), 2)
    assert await rig.told() == []
    await rig.engine.write(
        lambda c: c.exec_driver_sql(f"UPDATE messages SET state = 'sent' WHERE seq = {on_its_way}")
    )
    await patient.close()
    assert await rig.told() == ["claimed 1"]


async def test_and_not_later_than_a_send_may_take(rig):
    await rig.shown(await rig.case())
    now = [1_000.0]

    async def sleep(seconds: float) -> None:
        now[0] += 1.0

    await rig.sent(state="sending")
    patient = replace(rig.receiver, clock=Clock(now=lambda: now[0], sleep=sleep))
    await patient.take(at_desk("/claim", reply_to_message=CARD))
    assert await until(lambda: not patient._afterwards)
    assert await rig.told() == ["claimed 1"]


# What it costs


def test_the_hook_can_be_read_before_the_library_is_loaded():
    """Its import takes as long as half a thousand messages."""
    rooms = "bot.web.hooks, bot.channels.telegram.receive, bot.channels.telegram.account"
    program = f"import sys, {rooms}; sys.exit('telegram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


# Secrets


async def test_what_customers_say_reaches_no_log(rig, capsys, monkeypatch):
    import structlog

    structlog.reset_defaults()
    await rig.take(
        said("segredo"),
        edit("segredo maior"),
        said("segredo", number=1, **{"from": {"id": "segredo"}}),
        body({"update_id": 1, "segredo": 1}),
        press("segredo"),
        at_desk("segredo"),
        said("segredo outro"),
    )
    captured = capsys.readouterr()
    assert "telegram_quarantined" in captured.out + captured.err
    assert "segredo" not in captured.out + captured.err
