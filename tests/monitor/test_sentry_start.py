"""How Sentry is started, what may leave through it, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest
import sentry_sdk
import structlog
from structlog.testing import LogCapture

from bot.monitor import sentry as room
from bot.monitor.error_reports import ErrorReport, ErrorReports
from bot.monitor.sentry import report_to_sentry, start
from tests.monitor.canaries import (
    DSN,
    WORDS,
    raised,
    simple,
)


@pytest.fixture
def logged(monkeypatch):
    """What the room logs, whatever another test has made of the process's logging."""
    capture = LogCapture()
    every_level = structlog.make_filtering_bound_logger("debug")
    log = structlog.wrap_logger(None, processors=[capture], wrapper_class=every_level)
    monkeypatch.setattr(room, "log", log)
    return capture.entries


def test_every_way_out_is_closed_twice(sentry):
    """What is off sends nothing; and were it on, it would still be stopped at the door."""
    options = sentry_sdk.get_client().options
    for off in (
        "default_integrations",
        "auto_enabling_integrations",
        "include_local_variables",
        "include_source_context",
        "enable_logs",
        "enable_metrics",
        "stream_gen_ai_spans",
        "propagate_traces",
        "auto_session_tracking",
        "send_client_reports",
        "debug",
    ):
        assert options[off] is False, off
    assert (options["traces_sample_rate"], options["max_request_body_size"]) == (None, "never")
    assert options["server_name"] == ""
    for door in ("before_breadcrumb", "before_send_transaction", "before_send_log"):
        assert options[door]({"said": WORDS}, {}) is None, door
    assert options["before_send_metric"]({"said": WORDS}, {}) is None


def test_no_variable_of_the_environment_opens_a_second_way_out(monkeypatch, envelopes, capfd):
    monkeypatch.setenv("SENTRY_SPOTLIGHT", "1")
    monkeypatch.setenv("SENTRY_DEBUG", "1")
    sentry = start(DSN, "r", envelopes)
    sentry.report(ErrorReport("turn_failed", {}, raised(simple)))
    assert sentry_sdk.get_client().spotlight is None
    assert sentry_sdk.get_client().options["debug"] is False
    sentry.close()
    sentry_sdk.get_global_scope().set_client(None)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("wrong", ["nonsense", "http://x", "http://key@127.0.0.1/not-a-number"])
async def test_a_wrong_dsn_is_one_line_in_the_log_and_no_more(logged, wrong):
    assert await report_to_sentry(wrong, "r", ErrorReports()) is None
    assert logged == [{"event": "sentry_not_started", "log_level": "warning", "error": "BadDsn"}]


async def test_without_a_dsn_the_sdk_stays_out(monkeypatch, logged):
    monkeypatch.setenv("SENTRY_DSN", DSN)  # the SDK would read it by itself
    assert await report_to_sentry("", "r", ErrorReports()) is None
    assert (logged, sentry_sdk.get_client().is_active()) == ([], False)


async def test_reports_that_waited_are_handed_over(envelopes, monkeypatch):
    monkeypatch.setattr(room, "start", lambda dsn, release: start(dsn, release, envelopes))
    reports = ErrorReports()
    reports(None, "error", {"event": "early", "level": "error"})
    sentry = await report_to_sentry(DSN, "r", reports)
    assert sentry is not None
    assert [event["message"] for event in envelopes.events] == ["early"]
    await asyncio.to_thread(sentry.close)
    sentry_sdk.get_global_scope().set_client(None)


def test_a_report_that_cannot_be_made_does_not_raise(sentry, envelopes, monkeypatch):
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(WORDS)

    monkeypatch.setattr(sentry_sdk, "capture_event", broken)
    sentry.report(ErrorReport("turn_failed"))
    assert envelopes.sent == []


def test_closing_takes_no_longer_than_it_may():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, never answers
        sentry = start(f"http://key@127.0.0.1:{silent.getsockname()[1]}/7", "r")
        sentry.report(ErrorReport("it_failed"))
        began = time.monotonic()
        sentry.close(0.2)
        took = time.monotonic() - began
    sentry_sdk.get_global_scope().set_client(None)
    assert 0.1 < took < 2


def test_of_a_path_outside_only_the_end_is_told(sentry, envelopes):
    script = compile("raise ValueError", "/home/canary/deep/down/it/script.py", "exec")
    sentry.report(ErrorReport("it_failed", {}, raised(lambda: exec(script))))
    assert b"home/canary" not in envelopes.bytes
    frames = envelopes.events[0]["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["filename"] == "down/it/script.py"
