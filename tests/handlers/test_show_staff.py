"""The staff chat sees what it needs of a decision, and nothing that was erased."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Action, ConversationKey, Edit, Ownership, Said
from bot.outcome import (
    CloseCase,
    Erase,
    OpenCase,
    Outcome,
    Outgoing,
    ReleaseCase,
    SetLanguage,
    SetTries,
    Urgency,
    Verdict,
)
from bot.pipeline import dead, decide, road
from handlers.relay_staff import RelayStaff
from handlers.show_staff import confirm_claim, edited, show_staff
from tests.handlers.conftest import BOOK, CASE, CHAT, DESK, MONDAY_10, Desk, act, make_turn, said

STAFF = ConversationKey("telegram_staff", "99", "-100")
ROAD = road(Desk())
ANSWER = Outgoing(CHAT, "Vou ver.", "rule", answers=(1,))
ANSWERED = Outcome(Verdict.ANSWERED, "rule", sends=(ANSWER,), changes=(SetTries(0),))
HELD = {"case": CASE, "ownership": Ownership.HUMAN}


def seen(text, *, shows_case=True, urgency=Urgency.INSIDE):
    return Outgoing(STAFF, text, "system", urgency=urgency, shows_case=shows_case)


def added(turn, outcome):
    """What was added for staff; all the rest must be as it was."""
    shown = show_staff(turn, outcome, STAFF)
    assert replace(shown, sends=outcome.sends) == outcome
    assert shown.sends[: len(outcome.sends)] == outcome.sends
    return shown.sends[len(outcome.sends) :]


# Where there is nothing to show


@pytest.mark.parametrize(
    ("turn", "outcome", "staff"),
    [
        (make_turn("oi", case=CASE), ANSWERED, None),
        (make_turn("oi"), ANSWERED, STAFF),
        (make_turn(act=act(Action.ASIDE), conversation=STAFF), ANSWERED, STAFF),
        (make_turn("oi", conversation=STAFF, case=CASE), ANSWERED, STAFF),
        (make_turn("oi", conversation=DESK, case=CASE), ANSWERED, STAFF),
    ],
    ids=["no staff chat", "no case", "staff's own line", "never itself", "a desk's line"],
)
def test_nothing_is_shown(turn, outcome, staff):
    assert show_staff(turn, outcome, staff) is outcome


# A case opens


async def test_a_case_that_opens_is_shown_as_a_card():
    history = (Said("customer", "oi", 0.0), Said("rule", "Olá!", 0.0))
    turn = make_turn("/human", name="Ana", history=history)
    outcome = await decide(turn, ROAD)
    assert added(turn, outcome) == (
        seen(
            "🔔 Ana · Web · Português\nPediu alguém\n\n"
            "› oi\n↳ robô: Olá!\n› /human\n↳ robô: Alguém já vem.\n\nResponda aqui.",
            urgency=Urgency.CARD,
        ),
    )


async def test_a_card_shows_what_a_form_collected_and_the_language_just_found():
    opening = Outcome(
        Verdict.HANDED_OFF,
        "form",
        sends=(ANSWER,),
        changes=(SetLanguage("en"), OpenCase("form", {"order_number": "12345"})),
    )
    (card,) = added(make_turn("12345"), opening)
    assert card.text == (
        "🔔 customer-1 · Web · English\nFormulário\nInformou:\n› order number: 12345\n\n"
        "› 12345\n↳ robô: Vou ver.\n\nResponda aqui."
    )


WHATSAPP = replace(CHAT, channel="whatsapp")
WINDOWS = {"whatsapp": 86_100.0}
OPENED = Outcome(Verdict.HANDED_OFF, "x", changes=(OpenCase("asked"),))


def card_of(turn, windows=WINDOWS):
    return show_staff(turn, OPENED, STAFF, windows).sends[-1].text.splitlines()


def test_a_card_says_until_when_a_reply_gets_through_by_the_clock_of_the_house():
    """Monday 10:00 in Sao Paulo, less a second; counted from the last message of a burst."""
    first = replace(said("oi"), received_at=MONDAY_10 - 3_600)
    turn = make_turn(conversation=WHATSAPP, messages=(first, said("alô?", 2)), language="en")
    assert card_of(turn)[-2:] == ["Até terça-feira, 24/11, 09:54", "Responda aqui."]


@pytest.mark.parametrize(("late", "line"), [(86_100, "Só /template"), (86_099, "Até segunda")])
def test_a_card_that_comes_too_late_says_so(late, line):
    old = replace(said("oi"), received_at=MONDAY_10 - late)
    assert card_of(make_turn(conversation=WHATSAPP, messages=(old,)))[-2].startswith(line)


def test_a_card_is_silent_of_time_where_none_runs_out():
    for turn, windows in ((make_turn("oi"), WINDOWS), (make_turn("oi", conversation=WHATSAPP), {})):
        assert not any("Até" in line or "/template" in line for line in card_of(turn, windows))


def test_a_mirrored_message_says_nothing_of_time():
    turn = make_turn("oi", conversation=WHATSAPP, name="Ana", **HELD)
    shown = show_staff(turn, Outcome(Verdict.RELAYED, "held"), STAFF, WINDOWS)
    assert [each.text for each in shown.sends] == ["👤 Ana: oi"]


def test_a_name_said_with_the_message_is_better_than_a_number():
    message = replace(said("oi"), name="Bia")
    (card,) = added(
        make_turn(messages=(message,)), Outcome(Verdict.HANDED_OFF, "x", changes=(OpenCase("x"),))
    )
    assert card.text.startswith("🔔 Bia · Web")


def test_a_turn_that_died_is_shown_too():
    turn = make_turn("oi", name="Ana")
    (card,) = added(turn, dead(turn))
    assert card.text.splitlines()[1] == "Falhamos"


# A case is open


def test_what_is_said_to_an_open_case_is_mirrored_with_the_bots_answer():
    turn = make_turn("e agora?", "alô", case=CASE, name="Ana")
    assert added(turn, ANSWERED) == (seen("👤 Ana: e agora?\n› alô\n↳ robô: Vou ver."),)


def test_a_button_is_mirrored_as_it_reads():
    turn = make_turn(messages=(said("Meu pedido", button="order"),), case=CASE, name="Ana")
    assert added(turn, ANSWERED) == (seen("👤 Ana: Meu pedido\n↳ robô: Vou ver."),)


def test_details_that_join_an_open_case_are_in_the_mirror():
    joined = replace(ANSWERED, changes=(OpenCase("form", {"order_number": "12345"}),))
    (mirror,) = added(make_turn("12345", case=CASE, name="Ana"), joined)
    assert mirror.text == "👤 Ana: 12345\n↳ robô: Vou ver.\nInformou:\n› order number: 12345"


@pytest.mark.parametrize("held", [True, False])
async def test_an_ok_is_mirrored_only_to_the_person_who_waits_for_it(held):
    turn = make_turn("ok", **(HELD if held else {"case": CASE}), name="Ana")
    outcome = await decide(turn, ROAD)
    assert outcome.verdict is Verdict.IGNORED
    assert added(turn, outcome) == ((seen("👤 Ana: ok"),) if held else ())


async def test_what_is_said_to_a_person_is_mirrored():
    turn = make_turn("help", **HELD, name="Ana")
    assert added(turn, await decide(turn, ROAD)) == (seen("👤 Ana: help"),)


def test_a_message_that_died_while_a_person_holds_the_chat_is_seen_all_the_same():
    turn = make_turn("oi", **HELD, name="Ana")
    assert added(turn, dead(turn)) == (seen("👤 Ana: oi"),)


# Erasing


def test_of_an_erased_chat_nothing_is_repeated():
    erasing = replace(ANSWERED, changes=(Erase(),))
    turn = make_turn("meu segredo", "/forget yes", case=CASE, name="Ana")
    assert added(turn, erasing) == (seen("Apagou a conversa."),)
    assert added(replace(turn, case=None), erasing) == ()
    both = replace(ANSWERED, changes=(Erase(), OpenCase("asked")))
    assert added(replace(turn, case=None), both) == ()


# Staff acts


def relayed(action, text="oi", *, surface=DESK, case=CASE):
    turn = make_turn(act=replace(act(action, text), surface=surface), case=case)
    return turn, RelayStaff()(turn)


@pytest.mark.parametrize(
    ("action", "surface", "shown"),
    [
        (Action.REPLY, DESK, seen("💬 ana: oi")),
        (Action.REPLY, STAFF, None),
        (Action.NOTE, DESK, seen("📝 ana (nota): oi")),
        (Action.NOTE, STAFF, seen("Anotado.")),
        (Action.RELEASE, DESK, seen("O robô voltou: 7.")),
        (Action.RELEASE, STAFF, seen("O robô voltou: 7.")),
        (Action.RESOLVE, DESK, seen("Encerrado: 7.", shows_case=False)),
        (Action.RESOLVE, STAFF, seen("Encerrado: 7.", shows_case=False)),
        (Action.CLAIM, DESK, None),
        (Action.ASIDE, STAFF, None),
    ],
)
async def test_an_act_is_shown_to_those_who_did_not_see_it(action, surface, shown):
    turn, outcome = relayed(action, surface=surface)
    assert added(turn, await outcome) == ((shown,) if shown else ())


@pytest.mark.parametrize("surface", [DESK, STAFF])
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("case", [None, replace(CASE, id=8)])
async def test_an_act_that_did_nothing_is_not_shown_as_done(action, surface, case):
    turn, outcome = relayed(action, "segredo", surface=surface, case=case)
    assert added(turn, await outcome) == ()


@pytest.mark.parametrize("action", [Action.REPLY, Action.NOTE])
async def test_an_empty_act_is_not_shown_as_done(action):
    turn, outcome = relayed(action, " ")
    assert added(turn, await outcome) == ()


@pytest.mark.parametrize("action", list(Action))
def test_an_act_that_died_is_not_shown_as_done(action):
    turn = make_turn(act=act(action, "oi"), case=CASE)
    assert added(turn, dead(turn)) == ()


def test_what_closes_or_frees_a_case_counts_whoever_decided_it():
    turn = make_turn(act=act(Action.RESOLVE), case=CASE)
    done = Outcome(Verdict.RELAYED, "resolve", changes=(CloseCase(7),))
    freed = Outcome(Verdict.RELAYED, "release", changes=(ReleaseCase(7),))
    assert [send.text for send in added(turn, done)] == ["Encerrado: 7."]
    assert [send.text for send in added(turn, freed)] == ["O robô voltou: 7."]


# Notices that belong to no turn


def test_a_claim_is_confirmed_and_an_edit_is_shown():
    assert confirm_claim(7, BOOK, STAFF) == seen("É seu: 7.")
    edit = Edit("1.edit", CHAT, "5", "pedido 12346", 0.0)
    assert edited(edit, BOOK, STAFF) == seen("Agora diz:\n› pedido 12346")


@pytest.mark.parametrize("make", [
    lambda: confirm_claim(7, BOOK, CHAT),
    lambda: edited(Edit("1", CHAT, "5", "x", 0.0), BOOK, CHAT),
    lambda: show_staff(make_turn("oi", case=CASE), ANSWERED, replace(CHAT, chat="other")),
])  # fmt: skip
def test_a_customer_is_no_staff_chat(make):
    with pytest.raises(ValueError, match="not a staff surface"):
        make()
