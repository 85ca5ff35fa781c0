"""The bars for people who write in pieces, held on both halves of the corpus."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.burst_replay import LANGUAGES, corpus
from benchmarks.bursts import MODELS, WAYS, held, run

*FIXED, PATIENT, FITTING = WAYS


@pytest.mark.parametrize("held_out", [False, True], ids=["train", "held out"])
@pytest.mark.parametrize("model", MODELS)
def test_the_bars_are_held(model: float, held_out: bool) -> None:
    tally = run(FITTING, model, held_out=held_out, times=4)
    assert tally.one_reply >= 0.95
    assert statistics.median(tally.waits_alone) <= 0.7
    assert tally.wasted <= 0.05
    assert min(tally.waits_alone + tally.waits_after) >= 0.0


def test_typists_get_one_reply_only_from_a_desk_that_is_patient() -> None:
    """The default answers before five seconds of silence are over; docs say what that costs."""
    patient, usual = (
        run(way, MODELS[0], held_out=True, brisk=False, times=4) for way in (PATIENT, FITTING)
    )
    assert patient.one_reply >= 0.93
    assert usual.one_reply < 0.5
    assert max(usual.waits_alone) <= 4.51 < max(patient.waits_alone)


@pytest.mark.parametrize("way", FIXED, ids=lambda way: way.name)
def test_a_fixed_pause_does_not_hold_them(way) -> None:
    assert not held(run(way, MODELS[0], held_out=True, times=2))


def test_the_corpus_is_large_and_its_halves_are_apart() -> None:
    train, rest = corpus(False), corpus(True)
    for language in LANGUAGES:
        both = [*train[language], *rest[language]]
        assert len(both) == len(set(both))
    everything = [each for half in (train, rest) for lines in half.values() for each in lines]
    bursts = [each for each in everything if len(each) > 1]
    assert len(everything) >= 300
    assert len(everything) - len(bursts) >= 150 <= len(bursts)


def test_the_same_seed_gives_the_same_figures() -> None:
    once, again = (run(FITTING, MODELS[0], held_out=True, times=1) for _ in range(2))
    assert once == again
