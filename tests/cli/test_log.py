"""The log of a whole process: what libraries say is named, never repeated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANARY = "o saldo da Dona Canária"
KEY = "sk-ant-api03-CaNaRyCaNaRy"


def lines_of(program: str, **environment: str) -> list[dict[str, object]]:
    """What a process writes on standard error, each line of which must be an event of ours."""
    start = (
        "import logging, warnings, asyncio\n"
        "from bot.cli.log import configure_logging\n"
        "import structlog\n"
        "log = structlog.get_logger()\n"
        f"CANARY, KEY = {CANARY!r}, {KEY!r}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    for private in (CANARY, "Canária", KEY, "98765-4321"):
        assert private not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_models_are_asked_without_a_word_in_the_log_even_when_debugging_is_asked_for():
    program = """
configure_logging("info")
import anthropic, openai
from tests.monitor.models_stand_in import model_server
logging.getLogger("openai").setLevel(logging.DEBUG)
logging.getLogger("anthropic._base_client").setLevel(logging.DEBUG)
logging.getLogger("httpx2").setLevel(logging.DEBUG)

async def ask(status):
    async with model_server(CANARY, status) as url:
        said = [{"role": "user", "content": CANARY}]
        async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as a:
            try:
                await a.chat.completions.create(model="m", messages=said)
            except openai.APIError:
                pass
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as b:
            try:
                await b.messages.create(model="m", max_tokens=5, messages=said)
            except anthropic.APIError:
                pass

assert logging.getLogger().handlers[1:] == []
import os
assert not {"OPENAI_LOG", "ANTHROPIC_LOG"} & os.environ.keys()
asyncio.run(ask(200))
asyncio.run(ask(429))
log.info("done")
"""
    found = lines_of(program, OPENAI_LOG="debug", ANTHROPIC_LOG="debug")
    assert [each["event"] for each in found] == ["done"]


def test_what_a_library_says_is_named_by_place_and_error():
    program = """
configure_logging("info")
library = logging.getLogger("httpx2.inside")
library.info("HTTP Request: %s", CANARY)
library.warning("could not read %s", CANARY)
library.error(f"failed with {CANARY} and {KEY}")
try:
    raise ValueError(CANARY)
except ValueError:
    library.exception(CANARY)
logging.critical(CANARY)
"""
    found = lines_of(program)
    assert [each["event"] for each in found] == ["library_said"] * 4
    assert [each["level"] for each in found] == ["warning", "error", "error", "critical"]
    assert [each["library"] for each in found] == ["httpx2.inside"] * 3 + ["root"]
    assert found[2]["error"] == "ValueError"
    assert all(str(each["where"]).startswith("<string>:") for each in found)


def test_a_task_that_nobody_asked_after_and_a_warning_are_named_too():
    program = """
configure_logging("info")

async def main():
    async def fails():
        raise ValueError(CANARY)
    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task
    import gc; gc.collect()

asyncio.run(main())
warnings.warn(f"did not expect {CANARY}", UserWarning)
"""
    task, warning = lines_of(program)
    assert (task["event"], task["library"], task["error"]) == (
        "library_said",
        "asyncio",
        "ValueError",
    )
    assert (warning["event"], warning["warning"]) == ("library_warned", "UserWarning")


def test_our_own_events_lose_exceptions_and_secrets_and_keep_the_rest():
    program = """
configure_logging("info")
try:
    raise ValueError(CANARY)
except ValueError as error:
    log.error("turn_failed", turn=7, exc_info=True)
    log.error("turn_failed", turn=7, exc_info=error)
    log.exception("turn_failed", turn=7)
    log.error("turn_failed", turn=7, error="LedgerError", exc_info=error, stack_info=True)
    log.error("turn_failed", said=error)
log.info("call", to=f"https://x/?key={KEY}", who="+55 11 98765-4321", model="gpt-6-luna")
log.info("telegram_in_group", chat="-1001234567890", status="member")
"""
    found = lines_of(program)
    assert [each.get("error") for each in found[:4]] == ["ValueError"] * 3 + ["LedgerError"]
    for each in found[:4]:
        assert each.keys() == {"event", "level", "timestamp", "turn", "error"}
    assert found[4]["said"] == "[ValueError]"
    assert (found[5]["to"], found[5]["who"]) == ("https://x/?key=[secret]", "[number]")
    assert found[5]["model"] == "gpt-6-luna"
    assert str(found[5]["timestamp"]).startswith("20")
    assert found[6]["chat"] == "-1001234567890"


def test_a_library_that_breaks_is_reported_as_an_error_with_its_exception():
    program = """
from bot.monitor.error_reports import ErrorReports
reports = ErrorReports()
taken = []
reports.hand_to(taken.append)
configure_logging("info", reports)
try:
    raise ValueError(CANARY)
except ValueError as error:
    kept = error
logging.getLogger("sqlalchemy").error(CANARY, exc_info=kept)  # as asyncio does, when all is over
log.error("own", turn=1)
[first, second] = taken
assert type(first.error) is ValueError and first.name == "library_said", first
assert second.name == "own" and dict(second.fields) == {"turn": 1}, second
"""
    assert len(lines_of(program)) == 2


@pytest.mark.parametrize("times", [1, 3])
def test_configuring_again_says_everything_once(times):
    program = f"""
for _ in range({times}):
    configure_logging("info")
logging.getLogger("x").warning("y")
"""
    assert len(lines_of(program)) == 1


def test_where_a_person_types_only_errors_are_shown():
    program = """
configure_logging("error")
logging.getLogger("x").warning("y")
warnings.warn("z")
log.warning("w")
log.error("e")
"""
    assert [each["event"] for each in lines_of(program)] == ["e"]


def test_on_a_terminal_no_traceback_is_shown_either():
    program = """
import io, sys
class Terminal(io.StringIO):
    def isatty(self): return True
real, sys.stderr = sys.stderr, Terminal()
configure_logging("info")
try:
    raise ValueError(CANARY)
except ValueError:
    log.exception("turn_failed")
written, sys.stderr = sys.stderr.getvalue(), real
assert "turn_failed" in written and "ValueError" in written, written
assert "Traceback" not in written and CANARY not in written, written
"""
    assert lines_of(program) == []
