"""Noise needs no answer, unless a question is waiting for one."""

from __future__ import annotations

import pytest

from bot.model import Form, Kind, Limit, Ownership
from bot.outcome import Outcome, Verdict
from handlers.ignore_noise import IgnoreNoise
from handlers.open_form import FORGET, HUMAN, question
from tests.handlers.conftest import MONDAY_10, make_turn, said

step = IgnoreNoise()
IGNORED = Outcome(Verdict.IGNORED, "noise")
LATER = MONDAY_10 + 60


@pytest.mark.parametrize("texts", [("ok",), ("ok", "obrigado"), ("thanks",)])
async def test_a_burst_of_noise_is_ignored(texts):
    assert await step(make_turn(*texts)) == IGNORED


async def test_noise_said_to_a_person_is_ignored_too():
    assert await step(make_turn("ok", ownership=Ownership.HUMAN)) == IGNORED


async def test_one_real_message_makes_the_burst_real():
    assert await step(make_turn("ok", "e o meu pedido?")) is None


async def test_a_button_is_never_noise():
    assert await step(make_turn(messages=(said("ok", button="ok"),))) is None


async def test_a_command_is_never_noise():
    assert await step(make_turn(messages=(said("ok", kind=Kind.COMMAND),))) is None


async def test_a_sticker_needs_no_answer_and_a_voice_note_does():
    sticker = said("", kind=Kind.MEDIA, media=("sticker",))
    voice = said("", kind=Kind.MEDIA, media=("voice",))
    captioned = said("cadê meu pedido", kind=Kind.MEDIA, media=("sticker",))
    assert await step(make_turn(messages=(sticker,))) == IGNORED
    assert await step(make_turn(messages=(voice,))) is None
    assert await step(make_turn(messages=(captioned,))) is None


@pytest.mark.parametrize(
    "form",
    [
        question(FORGET, make_turn()),
        question(HUMAN, make_turn()),
        Form("order", "order_number", {}, "v1", LATER),
    ],
)
async def test_ok_may_be_the_answer_to_a_question(form):
    assert await step(make_turn("ok", form=form)) is None


async def test_a_question_that_has_expired_waits_for_nothing():
    form = Form("order", "order_number", {}, "v1", expires=MONDAY_10)
    assert await step(make_turn("ok", form=form)) == IGNORED


async def test_the_notice_about_the_limit_is_not_lost_on_an_ok():
    assert await step(make_turn("ok", limit=Limit.NOTICE)) is None
