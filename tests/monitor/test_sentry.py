"""Nothing that anybody said, and no key, reaches Sentry. Every byte of every envelope is read."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.transport import Transport
from structlog.testing import LogCapture

from bot.monitor import sentry as room
from bot.monitor.error_reports import ErrorReport, ErrorReports
from bot.monitor.sentry import report_to_sentry, start
from tests.monitor.models_stand_in import model_server

DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/7"
WORDS = "o saldo da Dona Canária é um segredo"
CANARIES = (
    WORDS,
    "Canária",
    "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "sk-ant-api03-CaNaRyCaNaRy",
    "98765-4321",
    "987654321",
    "ana.canary@casa.com",
    "123.456.789-09",
    "0123456789abcdef0123456789abcdef",
)
EVERYTHING = " | ".join(
    (WORDS, f"https://x/bot1:{CANARIES[2]}/y", *CANARIES[3:6], *CANARIES[6:8], DSN)
)


class Envelopes(Transport):
    """Keeps what would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent.append(envelope)

    @property
    def bytes(self) -> bytes:
        return b"\n".join(
            json.dumps(envelope.headers, default=str).encode()
            + json.dumps(item.headers, default=str).encode()
            + item.payload.get_bytes()
            for envelope in self.sent
            for item in envelope.items
        )

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(item.payload.get_bytes()) for e in self.sent for item in e.items]


@pytest.fixture
def envelopes():
    return Envelopes()


@pytest.fixture
def sentry(envelopes):
    sentry = start(DSN, "nightdesk@1.2.3", envelopes)
    yield sentry
    sentry.close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def logged(monkeypatch):
    """What the room logs, whatever another test has made of the process's logging."""
    capture = LogCapture()
    every_level = structlog.make_filtering_bound_logger("debug")
    log = structlog.wrap_logger(None, processors=[capture], wrapper_class=every_level)
    monkeypatch.setattr(room, "log", log)
    return capture.entries


def found_in(data: bytes) -> list[str]:
    """Which canaries sing there, also as JSON writes them."""
    text = data.decode()
    return [c for c in CANARIES if c in text or json.dumps(c)[1:-1] in text]


def test_the_search_finds_what_is_there():
    assert found_in(json.dumps({"x": EVERYTHING}).encode()) == list(CANARIES)


def raised(make: Any) -> BaseException:
    local = f"{EVERYTHING} in a variable"
    try:
        make()
    except BaseException as error:  # noqa: BLE001  # whatever it raises is what we want
        return error
    raise AssertionError(local)


def simple() -> None:
    raise ValueError(EVERYTHING)


def chained() -> None:
    try:
        simple()
    except ValueError as error:
        raise RuntimeError(EVERYTHING) from error


def in_context() -> None:
    try:
        simple()
    except ValueError:
        {}[EVERYTHING]


def grouped() -> None:
    errors = [raised(simple), raised(chained)]
    raise ExceptionGroup(EVERYTHING, [*errors, ExceptionGroup(WORDS, [raised(in_context)])])


def noted() -> None:
    error = ValueError("x")
    error.add_note(EVERYTHING)
    raise error


def odd() -> None:
    raise OSError(5, EVERYTHING, f"/home/{WORDS}")


@pytest.mark.parametrize("make", [simple, chained, in_context, grouped, noted, odd])
def test_an_exception_leaves_as_its_type_and_its_place(sentry, envelopes, make):
    fields = {
        "turn": 7,
        "error": "ValueError",
        "said": EVERYTHING,
        "deep": {"a": [WORDS, 5, True], "c": "Canária", EVERYTHING: 1},
        "number": 987654321000,
        WORDS: 1,
        "token": "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    }
    sentry.report(ErrorReport("turn_failed", fields, raised(make), unreported=3))
    assert found_in(envelopes.bytes) == []
    [event] = envelopes.events
    assert event["message"] == "turn_failed"
    assert event["tags"]["event"] == "turn_failed"
    assert event["tags"]["error"] == "ValueError"
    assert (event["extra"]["turn"], event["extra"]["unreported"]) == (7, 3)
    assert event["extra"]["deep"]["a"] == ["[text]", 5, True]
    assert event["release"] == "nightdesk@1.2.3"
    last = event["exception"]["values"][-1]
    assert "value" not in last
    frame = last["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["filename"]) == (
        make.__name__,
        "tests/monitor/test_sentry.py",
    )
    assert frame["lineno"] > 0
    assert not {"vars", "context_line", "pre_context", "abs_path"} & frame.keys()


def test_each_exception_of_a_chain_and_of_a_group_is_there(sentry, envelopes):
    sentry.report(ErrorReport("a", {}, raised(chained)))
    sentry.report(ErrorReport("b", {}, raised(grouped)))
    chain, group = (
        [each["type"] for each in event["exception"]["values"]] for event in envelopes.events
    )
    assert chain == ["ValueError", "RuntimeError"]
    assert {"ExceptionGroup", "ValueError", "RuntimeError", "KeyError"} <= set(group)


def test_a_sentence_is_no_name_of_an_event(sentry, envelopes):
    sentry.report(ErrorReport(EVERYTHING, {"a": "Canária", "b": "one word too many"}))
    assert found_in(envelopes.bytes) == []
    [event] = envelopes.events
    assert event["message"] == "[text]"
    assert event["tags"] == {"event": "[text]", "a": "[text]", "b": "[text]"}


def test_nothing_names_this_machine_or_its_owner(sentry, envelopes):
    sentry.report(ErrorReport("turn_failed", {}, raised(simple)))
    for private in (socket.gethostname(), str(Path.home()), os.getcwd(), "server_name"):
        assert private.encode() not in envelopes.bytes


def test_what_the_log_reports_leaves_without_words(sentry, envelopes):
    reports = ErrorReports()
    reports.hand_to(sentry.report)
    log = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[reports, structlog.processors.JSONRenderer()]
    )
    with capture_nothing():
        try:
            chained()
        except RuntimeError:
            log.error("turn_failed", said=EVERYTHING)
            log.exception(WORDS)
    assert found_in(envelopes.bytes) == []
    first, second = envelopes.events
    assert (first["message"], second["message"]) == ("turn_failed", "[text]")
    assert [each["type"] for each in second["exception"]["values"]] == [
        "ValueError",
        "RuntimeError",
    ]


def capture_nothing():
    import contextlib
    import io

    return contextlib.redirect_stdout(io.StringIO())


def test_whoever_speaks_to_the_sdk_directly_is_cleaned_too(sentry, envelopes):
    sentry_sdk.add_breadcrumb(message=EVERYTHING, data={"x": EVERYTHING})
    sentry_sdk.set_user({"id": "1", "email": "ana.canary@casa.com"})
    sentry_sdk.set_context("chat", {"said": EVERYTHING})
    sentry_sdk.set_tag("said", EVERYTHING)
    sentry_sdk.set_extra("said", {"x": [EVERYTHING]})
    sentry_sdk.capture_message(EVERYTHING)
    sentry_sdk.capture_exception(raised(grouped))
    sentry_sdk.get_isolation_scope().clear()
    sentry_sdk.get_current_scope().clear()
    assert found_in(envelopes.bytes) == []
    assert len(envelopes.events) >= 2


def test_a_thread_that_dies_is_reported_without_what_it_says(sentry, envelopes):
    thread = threading.Thread(target=simple)
    quiet, threading.excepthook = threading.excepthook, lambda *_: None
    try:
        thread.start()
        thread.join()
    finally:
        threading.excepthook = quiet
    assert found_in(envelopes.bytes) == []
    [event] = envelopes.events
    assert event["exception"]["values"][0]["type"] == "ValueError"


async def test_asking_models_leaves_no_trace_of_the_prompt(sentry, envelopes):
    """The SDK's integrations for both SDKs stay off, and nothing is traced even when asked for."""
    import anthropic
    import openai

    async with model_server(WORDS) as url:
        with sentry_sdk.start_transaction(op="turn", name=WORDS):
            said = [{"role": "user", "content": EVERYTHING}]
            async with openai.AsyncOpenAI(api_key="sk-x", base_url=f"{url}/v1") as client:
                await client.chat.completions.create(model="m", messages=said)
            async with anthropic.AsyncAnthropic(api_key="sk-x", base_url=url) as client:
                await client.messages.create(model="m", max_tokens=5, messages=said)
            from sentry_sdk import logger, metrics

            logger.error(WORDS)
            metrics.count(WORDS, 1)
    sentry.report(ErrorReport("turn_failed", {}, raised(simple)))
    sentry_sdk.flush()
    assert found_in(envelopes.bytes) == []
    assert [event.get("type") for event in envelopes.events] == [None]
    client = sentry_sdk.get_client()
    assert set(client.integrations) == {"atexit", "dedupe", "excepthook", "threading"}


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
