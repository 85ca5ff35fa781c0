"""The documents are true: their code runs, their commands and files exist."""

from __future__ import annotations

import asyncio
import re
import sys
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import opened
from bot.clock import SYSTEM
from bot.config import PROJECT
from bot.errors import ConfigError, Unreadable
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
    "document",
    [
        "README.md",
        "CHANGELOG.md",
        *(f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.md")),
    ],
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


@pytest.mark.parametrize("document", ["operations.md", "whatsapp.md", "telegram.md"])
def test_every_command_that_operators_are_told_exists(document):
    from typer.main import get_command

    from bot.__main__ import app

    commands = get_command(app).commands
    text = (PROJECT / "docs" / document).read_text()
    named = re.findall(r"(?:`|^|/)nightdesk ([a-z]+)((?: --[a-z-]+)*)", text, re.MULTILINE)
    assert named
    for name, options in named:
        assert name in commands
        known = {option for each in commands[name].params for option in each.opts}
        assert set(options.split()) <= known, name


def test_the_table_of_variables_is_whole_and_its_defaults_are_true():
    from bot.environment import Environment

    text = (PROJECT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|[^|]+\|[^|]+\|$", text, re.MULTILINE))
    assert list(rows) == [name.upper() for name in Environment.model_fields]
    defaults = Environment.model_construct()
    for name, told in rows.items():
        default = getattr(defaults, name.lower())
        is_set = isinstance(default, (str, int)) and default != ""
        assert (f"`{default}`" in told) if is_set else "`" not in told.split()[0], name


def test_what_check_is_said_to_print_is_what_it_prints(monkeypatch, tmp_path):
    from tests.broken.case import copied

    copied(tmp_path)
    for file, old, new in (
        (tmp_path / "config.yaml", "\nlimits:", "\nlimit:"),
        (tmp_path / "templates" / "texts.yaml", "robô da {{ house.name", "robô da {{ house.nane"),
    ):
        file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    text = (PROJECT / "docs" / "operations.md").read_text()
    shown = text.partition("2 things to mend.\n\n")[2].partition("```")[0]
    with pytest.raises(ConfigError) as caught:
        read_plan()
    assert str(caught.value) == shown.strip()


def test_every_code_of_a_refused_number_is_explained():
    """Those of the fact table that both this document and the sender know."""
    text = (PROJECT / "docs" / "whatsapp.md").read_text()
    for code in (63016, 63018, 63017, 63038, 63001, 20003, 63003, 63024, 21211, 21614, 63007,
                 63005, 63013, 63021, 63014, 21610, 63015, 63019, 21620, 63032, 63049, 63051,
                 21611, 30001, 20429, 30008):  # fmt: skip
        assert re.search(rf"^\|[^|]*\b{code}\b", text, re.MULTILINE), code


def test_every_public_variable_stands_in_the_example_environment():
    from bot.environment import Environment

    example = (PROJECT / ".env.example").read_text()
    for name in Environment.model_fields:
        assert re.search(rf"^# ?{name.upper()}=", example, re.MULTILINE), name


async def test_the_model_of_the_docs_answers_in_the_chain():
    from bot.model_settings import Budget, Price
    from bot.prompt import Prompt, Speaker, Spoken
    from bot.providers.loading import Sources
    from bot.providers.ports import Access
    from bot.providers.room import ModelRoom

    assert len(EXAMPLES[2].splitlines()) <= 40
    parrot = run(EXAMPLES[2])["Parrot"]
    free = Access("polly", "openai", "parrot", SecretStr("none"), price=Price(input=0, output=0))
    room = ModelRoom((free,), Budget(), 8.0, None, SYSTEM, str, Sources({"openai": lambda: parrot}))
    room.open()
    prompt = Prompt("", "", (Spoken(Speaker.CUSTOMER, "Bom dia!"),), 100)
    reply = await room.ask(prompt, deadline=SYSTEM.now() + 8, calls=3)
    await room.close()
    assert reply.completion is not None
    assert (reply.completion.text, reply.attempts[0].result) == ("Bom dia!", "answered")


async def test_the_source_of_the_docs_is_asked_for_one_customer():
    from bot.facts.sources import FactSources
    from bot.model import Fact, Missing
    from bot.model_settings import FactSource
    from tests.handlers.conftest import make_turn

    assert len(EXAMPLES[3].splitlines()) <= 40
    entry = FactSource(name="points", kind="file", path="-", key="-", facts={"points": {}})
    source = run(EXAMPLES[3])["Loyalty"](entry, {"123": 70})
    sources = FactSources((source,), SYSTEM, 1.5)
    now = SYSTEM.now()
    turn = make_turn("oi", identity="telegram:123", now=now, deadline=now + 8)
    found = await sources.for_turn(turn).get("points")
    assert isinstance(found, Fact)
    assert found.value == "70"
    other = make_turn("oi", identity="telegram:124", now=now, deadline=now + 8)
    assert isinstance(await sources.for_turn(other).get("points"), Missing)


def test_the_check_of_the_docs_minds_what_it_should():
    from bot.outcome import Draft, Origin, Span
    from tests.handlers.conftest import make_turn

    check = run(EXAMPLES[4])["no_shouting"]
    turn = make_turn("oi")

    def minded(text: str) -> list[str]:
        draft = Draft((Span(text, Origin.MODEL),), author="model")
        return [problem.check for problem in check(draft, turn)]

    assert minded("WE ARE OPEN ALL NIGHT LONG") == ["shouting"]
    assert minded("We are open all night long") == []
