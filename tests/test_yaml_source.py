"""YAML as admins write it: what they mean is what is read, and every mistake has its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from bot.errors import Flaw
from bot.yaml_schema import validate
from bot.yaml_source import Document, parse, read


def data(text: str):
    found = parse(text, "f.yaml")
    assert isinstance(found, Document), found
    return found.data


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("10:30", "10:30"),
        ("2026-01-01", "2026-01-01"),
        ("08", 8),
        ("1_000", "1_000"),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("'5'", "5"),
        ("+55 85 0000", "+55 85 0000"),
        (".inf", float("inf")),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written, meant):
    assert data(f"a: {written}") == {"a": meant}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3", 3, "names 'a' twice"),
        ("a: 1\nb: c: d", 2, "not valid YAML"),
        ("a:\n\t- 1", 2, "not valid YAML"),
        ("a: 1\nb: !!python/name:os.system x", 2, "tag (!!python/name:os.system)"),
        ("a: !mine x", 1, "tag"),
        ("a: &x [1]\nb: *x", 2, "alias"),
        ("? [a]\n: 1", 1, "not a word"),
        ("a: " + "[" * 60 + "]" * 60, 1, "too deeply"),
        ("a: [1", 1, "not valid YAML"),
    ],
)
def test_mistakes_name_their_line(text, line, says):
    flaw = parse(text, "f.yaml")
    assert isinstance(flaw, Flaw)
    assert flaw.where == f"f.yaml:{line}"
    assert says in flaw.message
    assert flaw.advice


def test_files_that_cannot_be_read_are_named(tmp_path):
    missing = read(tmp_path / "none.yaml")
    assert isinstance(missing, Flaw)
    assert "cannot be read" in missing.message
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    latin = read(tmp_path / "latin.yaml")
    assert isinstance(latin, Flaw)
    assert (latin.where, latin.message) == ("latin.yaml:2", "is not UTF-8 text")
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_100_000)
    assert isinstance(read(tmp_path / "big.yaml"), Flaw)
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    bom = read(tmp_path / "bom.yaml")
    assert isinstance(bom, Document)
    assert bom.data == {"a": 1}


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pause_seconds: float
    name: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inbox: Inner
    several: tuple[Inner, ...] = ()


def test_a_schema_reports_every_mistake_with_line_text_and_advice():
    document = parse(
        "inbox:\n  pause_second: 1\n  name: 5\nseveral:\n  - pause_seconds: soon\nextra: 1\n", "f"
    )
    assert isinstance(document, Document)
    flaws = validate(Outer, document)
    assert isinstance(flaws, list)
    said = {flaw.where: flaw for flaw in flaws}
    assert {flaw.where for flaw in flaws} == {"f:2", "f:3", "f:5", "f:6"}
    assert said["f:2"].advice == "did you mean 'pause_seconds'?"
    assert said["f:5"].excerpt == "- pause_seconds: soon"
    assert str(said["f:2"]).count("\n") == 2


def test_what_is_missing_is_told_unless_it_stands_there_misspelt():
    document = parse("inbox:\n  name: x\n", "f")
    assert isinstance(document, Document)
    (flaw,) = validate(Outer, document)
    assert (flaw.where, flaw.message) == ("f:1", "'inbox.pause_seconds' is missing")


def test_an_empty_file_is_an_empty_mapping():
    document = parse("", "f")
    assert isinstance(document, Document)
    flaws = validate(Outer, document)
    assert isinstance(flaws, list)
    assert [flaw.where for flaw in flaws] == ["f:1"]
    fine = parse("inbox: {pause_seconds: 1}", "f")
    assert isinstance(fine, Document)
    assert validate(Outer, fine) == Outer(inbox=Inner(pause_seconds=1))


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_raise(text):
    assert isinstance(parse(text, "f"), Document | Flaw)
