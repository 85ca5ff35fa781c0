"""What a colleague at a terminal reads of WhatsApp's 24 hours."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from bot.cli.desk import HELP, Desk

CASE = {
    "id": 7,
    "status": "waiting",
    "agent": "",
    "why": "asked for a person",
    "waiting": "1 min",
    "channel": "whatsapp",
    "language": "pt",
    "last_text": "oi",
    "last_at": 0.0,
    "window": "3 h 20 min",
    "window_closes_at": 12.0,
}


class Answers:
    """A desk that says what a test wants."""

    def __init__(self, told: str = "", **cases: Any) -> None:
        self.posted: list[dict[str, Any]] = []
        self.cases = list(cases.get("cases", ()))
        self.told = told
        self.window = ""

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        if path == "/desk/cases":
            return {"cases": self.cases, "total": len(self.cases)}
        if path == "/desk/answers":
            line = {"seq": 5, "text": self.told}
            return {"answers": [line] if self.told and self.posted else []}
        return {"state": "done"}

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.posted.append(body)
        done = {"case": 7, "act": 12, "confirmed": True, "reached": True, "holder": ""}
        return {**done, "window": self.window}


def at(answers: Answers) -> tuple[Desk, io.StringIO]:
    screen = io.StringIO()
    client: Any = answers
    return Desk(client, "Rita", Console(file=screen, width=100)), screen


async def test_the_list_shows_the_time_left():
    closed = {**CASE, "id": 8, "window": "closed"}
    web = {**CASE, "id": 9, "window": "", "window_closes_at": None}
    desk, screen = at(Answers(cases=[CASE, closed, web]))
    await desk.list_cases(everything=False, as_json=False)
    heading, first, second, third = screen.getvalue().splitlines()
    assert "to answer" in heading
    assert "3 h 20 min" in first
    assert second.split()[:4] == ["8", "1", "min", "waiting"]
    assert "closed" in second
    assert "min" not in third.partition("waiting")[2]
    assert all("asked for a person" in line for line in (first, second, third))


async def test_a_list_without_such_a_time_has_no_column_for_it():
    desk, screen = at(Answers(cases=[{**CASE, "window": ""}]))
    await desk.list_cases(everything=False, as_json=False)
    assert "to answer" not in screen.getvalue()


async def test_template_sends_an_invitation_and_says_what_was_sent():
    answers = Answers()
    desk, screen = at(answers)
    assert await desk.act("template", 7, "") is True
    assert [(each["action"], each["case"]) for each in answers.posted] == [("invite", 7)]
    assert "asks the customer of case 7 to write again" in " ".join(screen.getvalue().split())


@pytest.mark.parametrize(("window", "kept"), [("closed", True), ("3 h 20 min", False), ("", False)])
async def test_a_reply_that_has_to_wait_is_not_called_sent(window, kept):
    answers = Answers()
    answers.window = window
    desk, screen = at(answers)
    assert await desk.act("reply", 7, "oi") is True
    said = " ".join(screen.getvalue().split())
    assert ("kept for the customer of case 7" in said) is kept
    assert ("sent to the customer" in said) is not kept
    assert await desk.act("note", 7, "x")
    assert "noted on case 7" in screen.getvalue()


async def test_a_template_that_there_is_not_fails_and_says_why():
    desk, screen = at(Answers(told="Caso 7: nada foi enviado."))
    assert await desk.act("template", 7, "") is False
    assert screen.getvalue() == "Caso 7: nada foi enviado.\n"


@pytest.mark.parametrize("word", ["claim", "reply", "note", "template", "release", "resolve"])
async def test_help_names_every_act_and_every_act_is_known_to_the_desk(word):
    assert f"\n  {word} N" in HELP
    answers = Answers()
    desk, screen = at(answers)
    assert await desk.act(word, 7, "x")
    assert "7" in screen.getvalue()
