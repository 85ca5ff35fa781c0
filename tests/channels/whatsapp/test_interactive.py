"""What is told in JSON only is read for what a person would see in it."""

from __future__ import annotations

import json

import pytest

from bot.channels.whatsapp.heard import Came, Pressed
from bot.channels.whatsapp.parse import parse
from bot.model import Incoming, Media
from tests.channels.whatsapp.payloads import NOW, form, said


def came(fields: dict) -> Came:
    parsed = parse(form(fields), "", NOW, lambda code: ("refused", None))
    assert isinstance(parsed, Came)
    return parsed


def message(fields: dict) -> Incoming:
    return came(fields).message


@pytest.mark.parametrize(
    ("data", "pressed"),
    [
        (
            {"type": "list_reply", "list_reply": {"id": "4", "title": "Trocas"}},
            Pressed("4", "Trocas"),
        ),
        ({"interactive": {"button_reply": {"id": 7, "title": "Sim"}}}, Pressed("", "Sim")),
        ([{"a": '{"title": "Sim", "id": "1"}'}], Pressed("1", "Sim")),
        ({"title": "S\x00\ud83d im"}, Pressed("", "S\ufffd? im")),
    ],
)
def test_a_choice_that_is_told_in_json_only(data, pressed):
    fields = said("", MessageType="interactive", InteractiveData=json.dumps(data))
    assert came(fields).pressed == pressed
    assert message(fields).text == pressed.label
    assert came({**fields, "Body": "oi"}).pressed is None


def test_what_was_filled_in_is_readable():
    data = {"screen": "S", "flow_token": "t", "nome_completo": "Ana", "idade": 31, "ok": True,
            "more": {"rua": "A\nB"}, "none": None, "blank": " "}  # fmt: skip
    fields = said("", MessageType="flow", FlowData=json.dumps(data))
    assert message(fields).text == "nome completo: Ana\nidade: 31\nok: True\nrua: A B"
    many = said("", FlowData=json.dumps({f"f{n}": "x" * 9_000 for n in range(200)}))
    assert len(message(many).text) <= 4_096


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[" * 5_000,
        '{"a":' * 900 + "1" + "}" * 900,
        "null",
        '"x"',
        "{}",
        "[1]",
        "x" * 99_999,
        '{"a":' * 3_000,
        '{"title": "oi"}' + " " * 99_999,
    ],
)
def test_json_that_says_nothing_is_something_that_cannot_be_shown(data):
    fields = said("", MessageType="interactive", InteractiveData=data, FlowData=data)
    assert message(fields).media == (Media("other", detail="interactive"),)
