"""Figures for Prometheus: they add up, are well formed, and no label is anybody's word."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import LedgerError
from bot.monitor import levels as room
from bot.monitor.labels import MOST_WORDS
from bot.monitor.levels import Gauges, Levels
from bot.monitor.metrics import NO_LEVELS, Metrics
from bot.prompt import NANO, Attempt, Shown, Usage
from bot.record import FENCED, Record
from tests.builders import NOON

LEVELS = Levels(
    backlog={"waiting": 3, "in_turn": 1},
    cases={"waiting": 2},
    spent=3 * NANO // 2,
    cap=10 * NANO,
    breakers={"openai": "open", "anthropic": "closed"},
    platforms={"telegram": False},
)


def record(**values: Any) -> Record:
    """A rule's answer on the web chat, a second and a half after the question."""
    usual = {
        "turn": 1,
        "channel": "web",
        "verdict": "answered",
        "reason": "rule",
        "step": "MatchRule",
        "messages": 1,
        "accepted_at": NOON,
        "opened_at": NOON + 0.6,
        "settled_at": NOON + 1.5,
        "answered_by": "rule",
        "model": "",
        "fallback": False,
        "attempts": (),
        "refused": (),
        "shown": Shown(),
    }
    return Record(**(usual | values))


@pytest.fixture
def metrics():
    return Metrics("1.2.3", models=("openai", "anthropic"), pulled=("web", "api"))


@pytest.fixture
def value(metrics) -> Callable[..., float | None]:
    """One sample, as a Prometheus would read it."""

    def found(name: str, levels: Levels = NO_LEVELS, **labels: str) -> float | None:
        text, _ = metrics.render(levels)
        for family in text_string_to_metric_families(text.decode()):
            for sample in family.samples:
                if sample.name == f"nightdesk_{name}" and sample.labels == labels:
                    return sample.value
        return None

    return found


def test_a_turn_is_counted(metrics, value):
    metrics.observe(record(messages=3))
    metrics.observe(record(channel="telegram", answered_by="", verdict="ignored"))
    assert value("messages_total", channel="web") == 3
    assert value("turns_total", channel="web", verdict="answered") == 1
    assert value("turns_total", channel="telegram", verdict="ignored") == 1
    assert value("answers_total", answered_by="rule") == 1
    assert value("answers_total", answered_by="nobody") == 1
    assert value("fallbacks_total") == 0


def test_of_a_turn_decided_in_vain_only_what_models_did_counts(metrics, value):
    """Its messages are answered by another turn, which is counted too."""
    asked = (Attempt("openai", "answered", 1.0, Usage(100, 40, 0, 20), NANO // 4),)
    said = {"answered_by": "model", "attempts": asked, "refused": (("amount",),), "fallback": True}
    metrics.observe(record(verdict=FENCED, **said))
    assert value("model_calls_total", model="openai", result="answered") == 1
    assert value("cost_usd_total", model="openai") == 0.25
    assert (value("drafts_made_up_total"), value("fallbacks_total")) == (1, 0)
    assert value("messages_total", channel="web") is None
    assert value("turns_total", channel="web", verdict="other") is None
    assert value("answers_total", answered_by="model") is None
    assert value("response_seconds_count", channel="web") is None
    assert value("stage_seconds_count", stage="deciding") is None


def test_what_models_did_is_counted_by_model(metrics, value):
    asked = (
        Attempt("openai", "timeout", 2.0, Usage(), None),
        Attempt("openai", "answered", 1.0, Usage(100, 40, 0, 20), NANO // 4),
        Attempt("anthropic", "breaker_open", called=False),
    )
    refused = (("amount", "email"), ("length",))
    metrics.observe(
        record(answered_by="model", model="openai", attempts=asked, refused=refused, fallback=True)
    )
    assert value("model_calls_total", model="openai", result="timeout") == 1
    assert value("model_calls_total", model="openai", result="answered") == 1
    assert value("model_skips_total", model="anthropic", result="breaker_open") == 1
    assert value("model_calls_total", model="anthropic", result="breaker_open") is None
    assert value("model_seconds_sum", model="openai") == 3
    assert value("model_tokens_total", model="openai", kind="read") == 100
    assert value("model_tokens_total", model="openai", kind="cached") == 40
    assert value("model_tokens_total", model="openai", kind="written") == 20
    assert value("cost_usd_total", model="openai") == 0.25
    assert value("unpriced_calls_total", model="openai") == 1
    assert value("drafts_refused_total", check="amount") == 1
    assert value("drafts_refused_total", check="length") == 1
    assert value("drafts_made_up_total") == 1
    assert value("fallbacks_total") == 1
    assert value("stage_seconds_sum", stage="models") == 3


def test_the_time_of_an_answer_is_that_of_its_stages(metrics, value):
    metrics.observe(record())
    assert value("response_seconds_sum", channel="web") == 1.5
    assert value("stage_seconds_sum", stage="waiting") == pytest.approx(0.6)
    assert value("stage_seconds_sum", stage="deciding") == pytest.approx(0.9)
    assert value("response_seconds_bucket", channel="web", le="1.0") == 0
    assert value("response_seconds_bucket", channel="web", le="1.5") == 1
    assert value("stage_seconds_count", stage="models") is None


def test_where_a_platform_is_called_the_answer_has_arrived_when_it_left(metrics, value):
    metrics.observe(record(channel="telegram"))
    assert value("response_seconds_count", channel="telegram") is None
    metrics.responded("telegram", 2.0, 0.5)
    assert value("response_seconds_sum", channel="telegram") == 2
    assert value("stage_seconds_sum", stage="sending") == 0.5


@pytest.mark.parametrize(
    "silent", [{"accepted_at": None}, {"answered_by": ""}], ids=["a staff act", "no answer"]
)
def test_what_answers_nobody_has_no_response_time(metrics, value, silent):
    metrics.observe(record(**silent))
    assert value("response_seconds_count", channel="web") is None


def test_a_clock_that_went_back_makes_no_negative_time(metrics, value):
    metrics.observe(record(opened_at=NOON - 5, settled_at=NOON - 9))
    assert value("response_seconds_sum", channel="web") == 0
    assert value("stage_seconds_sum", stage="waiting") == 0


def test_limited_and_refused_messages_are_counted(metrics, value):
    metrics.observe(record(verdict="limited", answered_by="system", messages=1))
    metrics.limited("web")
    metrics.refused("api")
    assert value("limited_messages_total", channel="web") == 2
    assert value("messages_total", channel="web") == 2
    assert value("refused_messages_total", channel="api") == 1


def test_no_label_is_anybodys_word(metrics):
    """Whatever stands in a record, only so many series come of it."""
    for n in range(500):
        canary = f"Dona Canária {n}"
        asked = (Attempt(canary, canary, cost=None), Attempt("openai", f"word_{n}"))
        metrics.observe(
            record(
                channel=canary,
                verdict=canary,
                reason=canary,
                step=canary,
                answered_by=canary,
                model=canary,
                attempts=asked,
                refused=((canary, f"check_{n}"),),
            )
        )
        metrics.responded(canary, 1, 1)
        metrics.limited(canary)
        metrics.refused(canary)
    text = metrics.render(Levels(backlog={"Canária": 1}, cases={"Canária": 1}))[0].decode()
    assert "Can" not in text
    assert 'channel="other"' in text
    assert len(re.findall(r"nightdesk_model_calls_total\{", text)) <= MOST_WORDS + 2
    assert len(text.splitlines()) < 500


def test_present_figures_are_gauges(value):
    assert value("backlog_messages", LEVELS, state="waiting") == 3
    assert value("backlog_messages", LEVELS, state="sending") == 0
    assert value("open_cases", LEVELS, status="waiting") == 2
    assert value("open_cases", LEVELS, status="claimed") == 0
    assert value("spent_today_usd", LEVELS) == 1.5
    assert value("budget_day_usd", LEVELS) == 10
    assert value("breaker_state", LEVELS, model="openai", state="open") == 1
    assert value("breaker_state", LEVELS, model="openai", state="closed") == 0
    assert value("breaker_state", LEVELS, model="anthropic", state="closed") == 1
    assert value("platform_up", LEVELS, platform="telegram") == 0
    assert value("budget_day_usd", replace(LEVELS, cap=None)) is None
    assert value("build_info", version="1.2.3") == 1


def gauges(**values: Any) -> Gauges:
    async def counts() -> dict[str, int]:
        return {"waiting": 1}

    async def spent() -> int:
        return NANO

    usual = {
        "backlog": counts,
        "cases": counts,
        "spent": spent,
        "cap": None,
        "breakers": dict,
        "platforms": lambda: {"telegram": True},
    }
    return Gauges(**(usual | values))


async def test_what_the_ledger_does_not_tell_is_left_out_and_the_rest_is_there(metrics):
    async def down() -> Any:
        raise LedgerError("cannot read: SQLITE_BUSY")

    read = await gauges(backlog=down, spent=down).read()
    assert read == Levels(None, {"waiting": 1}, None, None, {}, {"telegram": True})
    text = metrics.render(read)[0].decode()
    assert "nightdesk_backlog" not in text
    assert "nightdesk_spent" not in text
    assert 'nightdesk_platform_up{platform="telegram"} 1.0' in text


async def test_a_ledger_that_hangs_holds_up_no_scrape(monkeypatch):
    monkeypatch.setattr(room, "READ_SECONDS", 0.02)

    async def hangs() -> Any:
        await asyncio.sleep(30)

    async with asyncio.timeout(2):
        read = await gauges(cases=hangs).read()
    assert (read.cases, read.backlog) == (None, {"waiting": 1})


async def test_a_mistake_of_ours_is_not_taken_for_a_silent_ledger():
    async def wrong() -> Any:
        raise TypeError

    with pytest.raises(TypeError):
        await gauges(cases=wrong).read()


def test_the_page_is_well_formed(metrics):
    """As promtool would have it: help and type for all, units last, counters end in _total."""
    metrics.observe(record(attempts=(Attempt("openai", "answered"),), refused=(("amount",),)))
    metrics.limited("web")
    metrics.refused("api")
    text, content_type = metrics.render(LEVELS)
    assert content_type.startswith("text/plain; version=")
    page = text.decode()
    assert page.endswith("\n")
    families = list(text_string_to_metric_families(page))
    names = [family.name for family in families]
    assert len(names) == len(set(names)) >= 20
    for family in families:
        assert family.name.startswith("nightdesk_")
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        assert f"# HELP {family.name}" in page
        assert f"# TYPE {family.name}" in page
        assert not re.search(r"_(ms|milliseconds|minutes|cents|percent)$", family.name)
        assert not family.name.endswith(("_count", "_sum", "_bucket", "_created"))
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
    assert "_created" not in page


def test_two_desks_in_one_process_count_apart(metrics, value):
    other = Metrics("1", models=())
    other.observe(record())
    assert value("messages_total", channel="web") is None
    assert not [family for family in REGISTRY.collect() if family.name.startswith("nightdesk_")]
