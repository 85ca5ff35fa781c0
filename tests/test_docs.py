"""The documents are true: their code runs, their commands and files exist."""

from __future__ import annotations

import asyncio
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from bot.app import opened
from bot.clock import SYSTEM
from bot.config import PROJECT
from bot.errors import Unreadable
from bot.model import ConversationKey
from bot.outcome import Verdict
from bot.plan import read_plan
from tests.builders import incoming

EXTENDING = (PROJECT / "docs" / "extending.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL)


def run(source: str) -> dict[str, Any]:
    module = ModuleType("docs_example")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(source, "extending.md", "exec"), module.__dict__)
    return module.__dict__


async def test_the_channel_of_the_docs_carries_a_conversation(monkeypatch, tmp_path):
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 40
    sms = run(EXAMPLES[0])
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    monkeypatch.setenv("NIGHTDESK__INBOX__PAUSE_SECONDS", "0.05")
    sent: list[tuple[str, str]] = []
    answers = iter((200, 410, 500))

    async def post(number: str, text: str) -> int:
        sent.append((number, text))
        return next(answers)

    class Request:
        async def body(self) -> bytes:
            return self.form

    async with opened(read_plan(), senders={"sms": sms["Gateway"](post)}) as app:
        receive = sms["door"](app.intake, SYSTEM, "0800")
        for n, number in enumerate(("111", "222", "333")):
            request = Request()
            request.form = f"id=m{n}&from={number}&text=qual+o+hor%C3%A1rio%3F".encode()
            for _ in range(2):  # the gateway repeats itself
                assert (await receive(request)).status_code == 200
        async with asyncio.timeout(6):
            while await app.ledger.backlog() or len(sent) < 3:
                await asyncio.sleep(0.02)
        state = {}
        for number in ("111", "222", "333"):
            key = ConversationKey("sms", "0800", number)
            rows = await app.ledger.since(key, 0)
            state[number] = [line.state for line in rows if line.direction == "out"]
    assert sorted(number for number, _ in sent) == ["111", "222", "333"]
    assert state == {"111": ["sent"], "222": [], "333": []}  # only what was sent is shown
    with pytest.raises(Unreadable):
        sms["parse"](b"id=1", "0800", 0.0)


async def test_the_step_of_the_docs_decides(monkeypatch):
    from tests.handlers.conftest import make_turn

    step = run(EXAMPLES[1])["SayGoodNight"]
    turn = make_turn("oi")
    hour = int(turn.now % 86_400 // 3_600)
    assert await step(hour + 1)(turn) is None
    assert (await step(0)(turn)).verdict is Verdict.ANSWERED
    assert incoming().text == "oi"


@pytest.mark.parametrize(
    "document", ["README.md", "docs/architecture.md", "docs/extending.md", "CHANGELOG.md"]
)
def test_every_file_that_a_document_names_exists(document):
    text = (PROJECT / document).read_text()
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    named = re.findall(r"`((?:bot|handlers|templates|tests|docs|benchmarks)/[\w./-]+)`", text)
    base = (PROJECT / document).parent
    missing = [each for each in linked if not (base / each).exists()]
    missing += [each for each in named if not (PROJECT / each).exists()]
    assert missing == []


def test_every_command_that_the_readme_names_exists():
    from typer.main import get_command

    from bot.__main__ import app

    commands = get_command(app).commands
    text = (PROJECT / "README.md").read_text()
    named = set(re.findall(r"bin/nightdesk (\w+)", text))
    assert named
    assert named <= set(commands)
    makefile = (PROJECT / "Makefile").read_text()
    for target in set(re.findall(r"`make (\w+)", text)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_public_variable_stands_in_the_example_environment():
    from bot.environment import Environment

    example = (PROJECT / ".env.example").read_text()
    for name in Environment.model_fields:
        assert re.search(rf"^# ?{name.upper()}=", example, re.MULTILINE), name
