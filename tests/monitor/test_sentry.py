"""Nothing that anybody said, and no key, reaches Sentry. Every byte of every envelope is read."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path

import pytest
import sentry_sdk
import structlog

from bot.monitor.error_reports import ErrorReport, ErrorReports
from tests.monitor.canaries import (
    CANARIES,
    EVERYTHING,
    WORDS,
    chained,
    found_in,
    grouped,
    in_context,
    noted,
    odd,
    raised,
    simple,
)
from tests.monitor.models_stand_in import model_server


def test_the_search_finds_what_is_there():
    assert found_in(json.dumps({"x": EVERYTHING}).encode()) == list(CANARIES)


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
        "tests/monitor/canaries.py",
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
