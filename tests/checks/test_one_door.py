"""Outgoing is built in one file: whatever is sent has passed `bot/checks/approve.py`.

Rows read back from the database are no exception; they have a type of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOOR = ROOT / "bot" / "checks" / "approve.py"


def built(source: str) -> Iterator[int]:
    """The lines that make an Outgoing, under any name it was given."""
    tree = ast.parse(source)
    names = {"Outgoing"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {a.asname for a in node.names if a.name == "Outgoing" and a.asname}
        if isinstance(node, ast.Assign) and _name(node.value) in names:
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_name(base) in names for base in node.bases):
            yield node.lineno
        if not isinstance(node, ast.Call):
            continue
        if _name(node.func) in names or (
            _name(node.func) not in {"isinstance", "fields"}
            and any(_name(argument) in names for argument in node.args)
        ):
            yield node.lineno


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def test_outgoing_is_built_in_one_place_only():
    files = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")]
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        if file != DOOR
        for number in built(file.read_text(encoding="utf-8"))
    ]
    assert len(files) > 10
    assert found == []


def test_the_door_itself_builds_it():
    assert len(list(built(DOOR.read_text(encoding="utf-8")))) == 6


@pytest.mark.parametrize(
    "source",
    [
        "Outgoing(to, 'hi', 'model')",
        "model.Outgoing(to=key, text='hi', author='rule')",
        "from bot.model import Outgoing as Row\nRow(*row)",
        "Sent = Outgoing\nSent(*row)",
        "make = partial(Outgoing, key)",
        "[*map(Outgoing, rows)]",
        "class Mine(Outgoing): pass",
    ],
)
def test_every_way_round_the_door_is_seen(source):
    assert list(built(source))


@pytest.mark.parametrize(
    "source",
    ["def f(o: Outgoing) -> Outgoing: ...", "isinstance(x, Outgoing)", "x: list[Outgoing]"],
)
def test_speaking_of_it_is_allowed(source):
    assert not list(built(source))
