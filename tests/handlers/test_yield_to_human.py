"""While a person holds the chat the bot is silent."""

from __future__ import annotations

import pytest

from bot.model import Ownership
from bot.outcome import Outcome, Verdict
from handlers.yield_to_human import YieldToHuman
from tests.handlers.conftest import make_turn, said

step = YieldToHuman()
HELD = Outcome(Verdict.RELAYED, "held")


@pytest.mark.parametrize(
    "text", ["oi", "/help", "/human", "sim", "apagar meus dados", "/forget me not", "/forgetful"]
)
async def test_everything_is_said_to_the_person(text):
    assert await step(make_turn(text, ownership=Ownership.HUMAN)) == HELD


@pytest.mark.parametrize("text", ["/forget", "/FORGET", " /forget@desk_bot ", "/forget yes"])
async def test_a_literal_forget_goes_to_the_bot(text):
    assert await step(make_turn(text, ownership=Ownership.HUMAN)) is None


async def test_the_buttons_of_forget_go_to_the_bot():
    pressed = said("Sim", button="/forget yes")
    assert await step(make_turn(messages=(pressed,), ownership=Ownership.HUMAN)) is None


async def test_a_forget_among_other_messages_is_still_obeyed():
    turn = make_turn("meu nome é Rui", "/forget", ownership=Ownership.HUMAN)
    assert await step(turn) is None


async def test_when_the_bot_has_the_chat_it_goes_on():
    assert await step(make_turn("oi")) is None
