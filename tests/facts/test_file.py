"""Files of facts: a mistake is told by its line, and a broken new version changes nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.facts import file
from bot.facts.file import FileSource, flaws_of
from bot.facts.sender import Customer
from bot.facts.table import MOST_FLAWS, Table, read_table
from bot.model_settings import FactSource

FACTS = {"tier": {}, "due": {"kind": "amount"}, "since": {"kind": "date"}}
ANA = Customer("whatsapp", "whatsapp:+5531999990000", "+5531999990000")


def entry(path: str = "vips.csv", **changes: Any) -> FactSource:
    return FactSource(**{"name": "vips", "kind": "file", "path": path, "key": "phone",
                         "facts": FACTS, **changes})  # fmt: skip


def table(text: str | bytes, path: str = "vips.csv", **changes: Any) -> Table:
    raw = text if isinstance(text, bytes) else text.encode()
    found = read_table(raw, entry(path, **changes))
    assert isinstance(found, Table), found
    return found


def flaws(text: str | bytes, path: str = "vips.csv", **changes: Any) -> list[tuple[str, str, str]]:
    raw = text if isinstance(text, bytes) else text.encode()
    found = read_table(raw, entry(path, **changes))
    assert isinstance(found, list), found
    assert all(flaw.excerpt == "" for flaw in found)
    return [(flaw.where, flaw.message, flaw.advice) for flaw in found]


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_as_spreadsheets_write_it(mark, bom, end):
    lines = ["phone,tier,due,since,extra", '" 123 ","gold, ""big""",47.15,2026-03-01,x', ",,,,", "",
             '124,"two', 'lines",,,']  # fmt: skip
    text = end.join(lines).replace(",", mark).replace(f"gold{mark}", "gold,")
    found = table(bom + text.encode())
    assert found.rows == {
        "123": {"tier": 'gold, "big"', "due": "47.15", "since": "2026-03-01"},
        "124": {"tier": "two lines"},
    }


def test_yaml_numbers_are_kept_as_they_are_written():
    text = "- {phone: 007, tier: 00481, due: 47.10, since: 2026-03-01}\n- {phone: +5531999990000}\n"
    found = table(text + "- {phone: null, tier: x}\n", "vips.yaml")
    assert found.rows == {
        "007": {"tier": "00481", "due": "47.1", "since": "2026-03-01"},
        "+5531999990000": {},
    }
    assert found.of("7", as_number=True) == {}


def test_an_empty_yaml_file_knows_nobody():
    assert table("# nobody yet\n", "vips.yaml").rows == {}
    assert table("[]", "vips.yaml").rows == {}


@pytest.mark.parametrize(
    ("text", "where", "message", "advice"),
    [
        ("fone,tier,due,since\n", 1, "no column 'phone'", "'fone'"),
        ("phone,tear,due,since\n", 1, "no column 'tier'", "'tear'"),
        ("", 1, "no names of columns", "first line"),
        (" ; ;\n", 1, "no names of columns", "first line"),
        ("phone,tier,due,since,tier\n", 1, "two columns are called 'tier'", "rename"),
        ("phone,tier,due,since\n1,a,,\n2,b,,\n1,c,,\n", 4, "stands in line 2 as well", "keep one"),
        ("phone,tier,due,since\n1,a\n", 2, "has 2 fields, the first line has 4", ""),
        ("phone,tier,due,since\n1,a,b, 2, c\n", 2, "has 5 fields", "between quotes"),
        ('phone,tier,due,since\n1,"a"b,,\n', 2, "no valid CSV", "quotes"),
        ('phone,tier,due,since\n1,a,,\n2,"a\nb,,\n', 3, "no valid CSV", "quotes"),
        ("phone,tier,due,since\n1,,R$ 5,\n", 2, "'due' is no plain number", ""),
        ("phone,tier,due,since\n1,,1.234,\n", 2, "'due' could be thousands or decimals", ""),
        ("phone,tier,due,since\n1,,,03/04/2026\n", 2, "'since' is no date", ""),
        (b"phone,tier,due,since\n1,caf\xe9,,\n", 2, "is not UTF-8", "CSV UTF-8"),
        ("phone,tier,due,since\n+55 (31) 99999-0000,,,\n5531999990000,,,\n", 3, "line 2", "keep"),
        ("phone,tier,due,since\n553199990000,,,\n+5531999990000,,,\n", 3, "line 2", "keep"),
    ],
)  # fmt: skip
def test_a_mistake_in_csv_is_named_with_its_line(text, where, message, advice):
    (flaw,) = flaws(text)
    assert flaw[0] == f"vips.csv:{where}"
    assert message in flaw[1]
    assert advice in flaw[2]


@pytest.mark.parametrize(
    ("text", "where", "message", "advice"),
    [
        ("vips", 1, "no list of records", "- phone:"),
        ("- 5", 1, "is no record", "phone"),
        ("- {phone: 1, tier: a, due: 1, since: 2026-01-01}\n- {fone: 2}", 2, "'phone'", "'fone'"),
        ("- phone: 1\n  tear: x\n  due: 1\n  since: 2026-01-01", 1, "no column 'tier'", "'tear'"),
        ("a: {tier: x, due: 1, since: 2026-01-01}\na: {}", 2, "names 'a' twice", "keep one"),
        ("- phone: 1\n  tier: true\n  due: 1\n  since: 2026-01-01", 2, "'tier' is yes or no", ""),
        ("- phone: 1\n  tier: [a]\n  due: 1\n  since: 2026-01-01", 2, "neither a text", ""),
        ("- phone: 1\n  tier: a\n  due: x\n  since: 2026-01-01", 3, "'due' is no plain number", ""),
        ("- phone: [1]\n  tier: a\n  due: 1\n  since: 2026-01-01", 1, "'phone' is no text", ""),
        ("- phone: 1\n\ttier: a", 2, "not valid YAML", ""),
    ],
)  # fmt: skip
def test_a_mistake_in_yaml_is_named_with_its_line(text, where, message, advice):
    (flaw,) = flaws(text, "vips.yaml")
    assert flaw[0] == f"vips.yaml:{where}"
    assert message in flaw[1]
    assert advice in flaw[2]


def test_a_thousand_mistakes_are_twenty_and_a_number():
    rows = "\n".join(f"{n},,secret,secret" for n in range(1000))
    found = flaws(f"phone,tier,due,since\n{rows}\n")
    assert len(found) == MOST_FLAWS + 1
    assert found[-1][1] == "has 1980 more mistakes"
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("written", "sender", "same"),
    [
        ("+55 (31) 99999-0000", "+5531999990000", True),
        ("5531999990000", "+5531999990000", True),
        ("0055 31 99999.0000", "5531999990000", True),
        ("+55 31 9999-0000", "+5531999990000", True),  # WhatsApp leaves out the ninth digit
        ("+55 31 3333-0000", "+5531933330000", False),  # a landline has none
        ("+52 1 55 1234 5678", "+525512345678", True),
        ("+1 (202) 555-0142", "12025550142", True),
        ("+5531999990001", "+5531999990000", False),
        ("1234-5678", "12345678", False),  # may be any number
        ("+55 31 99999-0000", "x5531999990000", False),
    ],
)
def test_telephone_numbers_are_compared_by_their_digits(written, sender, same):
    found = table(f"phone,tier,due,since\n{written},gold,,\n")
    assert found.of(sender, as_number=True) == ({"tier": "gold"} if same else {})
    assert found.of(written, as_number=False) == {"tier": "gold"}
    if written != sender:
        assert found.of(sender, as_number=False) == {}


async def test_a_number_of_telegram_is_no_telephone_number(tmp_path):
    (tmp_path / "vips.csv").write_text("phone,tier,due,since\n+1 (202) 555-0142,gold,,\n")
    source = FileSource.opened(entry(), tmp_path, Clock(now=lambda: 0.0))
    assert await source.read(Customer("telegram", "telegram:12025550142", "12025550142"), 1) == {}
    assert await source.read(Customer("api", "api:k:12025550142", "12025550142"), 1)


async def test_an_identity_is_compared_whole(tmp_path):
    (tmp_path / "vips.csv").write_text("phone,tier,due,since\nwhatsapp:+5531999990000,gold,,\n")
    by_identity = entry(match="identity")
    source = FileSource.opened(by_identity, tmp_path, Clock(now=lambda: 0.0))
    assert await source.read(ANA, 1) == {"tier": "gold"}
    assert await source.read(Customer("x", "+5531999990000", "whatsapp:+5531999990000"), 1) == {}
    two = "phone,tier,due,since\n+5531999990000,a,,\n5531999990000,b,,\n"
    assert len(table(two, match="identity").rows) == 2


class Ticking:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.clock = Clock(now=lambda: self.at)


async def test_a_broken_new_version_changes_nothing_and_is_said_once(tmp_path, capsys):
    path = tmp_path / "vips.csv"
    good = "phone,tier,due,since\n+5531999990000,{},,\n"
    path.write_text(good.format("gold"))
    time = Ticking()
    source = FileSource.opened(entry(), tmp_path, time.clock)
    path.write_text(good.format("secret,tier") + "oops")
    for _ in range(3):
        time.at += 1
        assert await source.read(ANA, 1) == {"tier": "gold"}
    out = capsys.readouterr().out
    assert out.count("fact_file_refused") == 1
    assert "vips" in out
    assert "secret" not in out
    path.unlink()
    time.at += 1
    assert await source.read(ANA, 1) == {"tier": "gold"}
    path.write_text(good.format("platinum"))
    time.at -= 5000  # the clock was set back
    for _ in range(3):
        assert await source.read(ANA, 1) == {"tier": "platinum"}
        time.at += 1
    assert capsys.readouterr().out.count("fact_file_read ") == 1  # what has not changed stays


async def test_the_file_is_looked_at_once_a_second_at_most(tmp_path, monkeypatch):
    (tmp_path / "vips.csv").write_text("phone,tier,due,since\n1,gold,,\n")
    time = Ticking()
    source = FileSource.opened(entry(), tmp_path, time.clock)
    looks: list[Path] = []
    real = file._mark
    monkeypatch.setattr(file, "_mark", lambda path: looks.append(path) or real(path))
    for _ in range(30):
        await source.read(ANA, 1)
        time.at += 0.1
    assert 2 <= len(looks) <= 3


async def test_a_disk_that_hangs_holds_nobody_up_for_long(tmp_path, monkeypatch):
    (tmp_path / "vips.csv").write_text("phone,tier,due,since\n+5531999990000,gold,,\n")
    time = Ticking()
    source = FileSource.opened(entry(), tmp_path, time.clock)
    hanging, entered = threading.Event(), []
    monkeypatch.setattr(file, "_mark", lambda path: entered.append(1) or hanging.wait(5) or (0,))
    for _ in range(3):
        time.at += 1
        assert await source.read(ANA, 0.1) == {"tier": "gold"}
    assert len(entered) == 1  # one thread hangs, not one a second
    hanging.set()


def test_what_is_no_file_of_a_known_kind_is_a_flaw(tmp_path):
    (tmp_path / "vips.txt").write_text("phone")
    assert "no known kind" in flaws_of(entry("vips.txt"), tmp_path)[0].message
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no file" in flaws_of(entry("pipe.csv"), tmp_path)[0].message
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_000_001)
    assert "is larger than 1,000,000" in flaws_of(entry("big.yaml"), tmp_path)[0].message
