"""The figures of a period as an owner reads them, and as a program does. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from math import floor, log10
from typing import Any

from bot.figures import Figures, ModelFigures, Spread
from bot.prompt import NANO

NONE = "-"  # there is nothing to count from
_VOICES: Mapping[str, str] = {
    "rule": "rules",
    "staff": "people",
    "system": "the desk's own lines",
}
# Channels are named by the program; the names of reasons, checks and errors are its words too.
# Why a model was not called at all.
NOT_CALLED = frozenset({"breaker_open", "budget", "no_calls", "no_time", "not_loaded", "unpriced"})
NAMES_SHOWN = 6  # of reasons, checks and errors on one line


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Some rows under a title."""

    title: str
    rows: tuple[Row, ...]


def period(figures: Figures, zone: tzinfo, zone_name: str) -> str:
    """Which time is reported, in the business's time zone."""
    until = _moment(figures.until, zone)
    if figures.since is not None:
        return f"{_moment(figures.since, zone)} to {until} ({zone_name})"
    if figures.began is None:
        return f"everything up to {until} ({zone_name}): nothing yet"
    return f"everything: {_moment(figures.began, zone)} to {until} ({zone_name})"


def results(figures: Figures) -> Section:
    """The table of results."""
    each, response = figures.cost_per_message, figures.times.response
    unknown = f"{_calls(figures.unpriced)} of unknown price" if figures.unpriced else ""
    return Section(
        "Results",
        (
            Row("Messages", _n(figures.messages)),
            Row("Average response", _span(response.average), _over(response)),
            Row("Uptime", _share(figures.uptime), _downtime(figures)),
            Row("Cost per message", NONE if each is None else _dollars(each), unknown),
            Row("Satisfaction", "no ratings yet"),
            Row("Hallucinations caught", _n(figures.made_up)),
            Row("Abuse blocked", _n(figures.limited)),
            Row("Fallback activations", _n(figures.fallbacks)),
        ),
    )


def details(figures: Figures) -> tuple[Section, ...]:
    """What an owner asks next; sections with nothing in them are left out."""
    sections = (
        Section("Answered by", tuple(_answered(figures))),
        Section("Response time", tuple(_response(figures))),
        Section("Models", tuple(_models(figures))),
        Section("Besides", tuple(_besides(figures))),
    )
    return tuple(section for section in sections if section.rows)


def as_json(figures: Figures, zone: tzinfo, zone_name: str) -> dict[str, Any]:
    """Everything for programs: seconds, US dollars, shares from 0 to 1, null for what is unknown.

    Times are in the business's time zone, with their offset.
    """
    each = figures.cost_per_message
    return {
        "period": {
            "since": _iso(figures.since, zone),
            "until": _iso(figures.until, zone),
            "first": _iso(figures.began, zone),
            "timezone": zone_name,
        },
        "messages": figures.messages,
        "average_response_seconds": _rounded(figures.times.response.average),
        "uptime": figures.uptime,
        "cost_per_message_usd": None if each is None else each / NANO,
        "satisfaction": None,
        "hallucinations_caught": figures.made_up,
        "abuse_blocked": figures.limited,
        "fallback_activations": figures.fallbacks,
        "answered_by": dict(figures.answered_by),
        "response_seconds": _spread(figures.times.response),
        "stages_seconds": {
            "waiting": _spread(figures.times.waiting),
            "deciding": _spread(figures.times.deciding),
            "models": _spread(figures.times.models),
            "sending": _spread(figures.times.sending),
        },
        "minutes": {"up": figures.minutes_up, "all": figures.minutes},
        "cost_usd": figures.cost / NANO,
        "unpriced_calls": figures.unpriced,
        "models": [_model(model) for model in figures.models],
        "errors": dict(figures.errors),
        "checks_refused": dict(figures.checks),
        "cases_opened": dict(figures.cases),
        "turned_away": dict(figures.turned_away),
        "sends": {"failed": 0, "unknown": 0, **figures.sends},
        "dead": figures.dead,
        "erased": figures.erased,
    }


def _answered(figures: Figures) -> Iterator[Row]:
    whole = sum(figures.answered_by.values())
    by_model = figures.answered_by.get("model", 0)
    for model in figures.models:
        if model.answers:
            yield Row(model.name, _n(model.answers), _part(model.answers, whole))
            by_model -= model.answers
    if by_model > 0:
        yield Row("a model", _n(by_model), _part(by_model, whole))
    for voice, name in _VOICES.items():
        if n := figures.answered_by.get(voice, 0):
            yield Row(name, _n(n), _part(n, whole))


def _response(figures: Figures) -> Iterator[Row]:
    stages = (
        ("response", figures.times.response),
        ("waiting for a line", figures.times.waiting),
        ("deciding", figures.times.deciding),
        ("of it models", figures.times.models),
        ("sending", figures.times.sending),
    )
    for name, spread in stages:
        if spread.count:
            yield Row(name, _span(spread.p50), f"95 of 100 within {_span(spread.p95)}")


def _models(figures: Figures) -> Iterator[Row]:
    for model in figures.models:
        tokens = f"{_n(model.read)} tokens read ({_part(model.cached, model.read)} cached)"
        cost = _dollars(model.cost) if model.unpriced < model.calls or model.cost else "unknown"
        note = f"{_calls(model.calls)}, {tokens}, {_n(model.written)} written"
        yield Row(model.name, cost, note)
    if figures.models:
        yield Row("together", _dollars(figures.cost))
    if figures.unpriced:
        yield Row("unknown price", _n(figures.unpriced), "calls; see `price:` in config.yaml")
    failed = {kind: n for kind, n in figures.errors.items() if kind not in NOT_CALLED}
    passed_over = {kind: n for kind, n in figures.errors.items() if kind in NOT_CALLED}
    if failed:
        yield Row("failed calls", _n(sum(failed.values())), _named(failed))
    if passed_over:
        yield Row("passed over", _n(sum(passed_over.values())), _named(passed_over))


def _besides(figures: Figures) -> Iterator[Row]:
    counts = (
        ("drafts refused", figures.checks),
        ("cases opened", figures.cases),
        ("turned away unstored", figures.turned_away),
        ("sends gone wrong", figures.sends),
    )
    for name, found in counts:
        if found:
            yield Row(name, _n(sum(found.values())), _named(found))
    if figures.dead:
        yield Row("not answered", _n(figures.dead), "broke the program; a person got them")
    if figures.erased:
        yield Row("erased since", _n(figures.erased), "messages, at their customers' wish")


def _named(counts: Mapping[str, int]) -> str:
    shown = [f"{name} {_n(n)}" for name, n in list(counts.items())[:NAMES_SHOWN]]
    more = len(counts) - len(shown)
    return ", ".join((*shown, *([f"{more} more"] if more else [])))


def _model(model: ModelFigures) -> dict[str, Any]:
    return {
        "name": model.name,
        "answers": model.answers,
        "calls": model.calls,
        "failed": model.failed,
        "tokens_read": model.read,
        "tokens_cached": model.cached,
        "tokens_written": model.written,
        "cost_usd": model.cost / NANO,
        "unpriced_calls": model.unpriced,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "count": spread.count,
        "average": _rounded(spread.average),
        "p50": _rounded(spread.p50),
        "p95": _rounded(spread.p95),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)


def _over(spread: Spread) -> str:
    return f"over {_n(spread.count)} answers" if spread.count != 1 else "over 1 answer"


def _downtime(figures: Figures) -> str:
    down = figures.minutes - figures.minutes_up
    if not figures.minutes:
        return "no heartbeat yet"
    return f"{_n(down)} of {_n(figures.minutes)} minutes closed" if down else ""


def _share(share: float | None) -> str:
    """Never rounded up to 100 %: one minute missing is not none."""
    if share is None:
        return NONE
    return "100 %" if share == 1 else f"{min(share * 100, 99.99):.2f} %"


def _part(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else NONE


def _span(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"


def _dollars(nano: float) -> str:
    """Cents, and where that says too little the first three digits that say something."""
    dollars = nano / NANO
    if not nano or dollars >= 0.1:
        return f"${dollars:,.2f}"
    digits = 2 - floor(log10(dollars))
    whole, _, cents = f"{dollars:.{digits}f}".rstrip("0").partition(".")
    return f"${whole}.{cents:0<2}"


def _calls(n: int) -> str:
    return f"{_n(n)} call{'' if n == 1 else 's'}"


def _n(number: int) -> str:
    return f"{number:,}"


def _moment(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def _iso(at: float | None, zone: tzinfo) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).astimezone(zone).isoformat(timespec="seconds")
