"""One mistake: the shipped files, changed in one place, and what is said of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import PROJECT

SHOP, ORDERS, TALK = "rules/3_shop.yaml", "rules/2_orders.yaml", "rules/1_talk.yaml"


@dataclass(frozen=True)
class Case:
    """`at` is the text of the line that must be named: it stands in exactly that line."""

    name: str
    file: str  # "config.yaml", one of templates/, or "" where a variable is at fault
    old: str  # what is replaced; "" replaces the whole file
    new: str
    at: str  # the offending text; "" where the file itself is at fault
    message: str
    advice: str
    variables: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # the whole file, where it is no text
    beside: Mapping[str, str] = field(default_factory=dict)  # further files, beside config.yaml

    def __str__(self) -> str:
        return self.name

    def made(self, folder: Path) -> Path:
        """A copy of the shipped files with the mistake in it; the config.yaml to start with."""
        copied(folder)
        for name, text in self.beside.items():
            (folder / name).write_text(text, "utf-8")
        if not self.file:
            return folder / "config.yaml"
        path = self.path(folder)
        if self.raw is not None:
            path.write_bytes(self.raw)
        elif not self.old:
            path.write_text(self.new, "utf-8")
        else:
            text = path.read_text("utf-8")
            assert self.old in text, f"{self.file} no longer holds {self.old!r}"
            path.write_text(text.replace(self.old, self.new, 1), "utf-8")
        return folder / "config.yaml"

    def path(self, folder: Path) -> Path:
        return (
            folder / self.file if self.file == "config.yaml" else folder / "templates" / self.file
        )

    def place(self, folder: Path) -> str:
        """`file:line` of the offending text, counted in the broken file."""
        if not self.file:
            return next(iter(self.variables))
        if not self.at:
            return f"{self.file}:1"
        text = self.path(folder).read_text("utf-8", "replace")
        assert text.count(self.at) == 1, f"{self.at!r} does not stand there once"
        return f"{self.file}:{text.count(chr(10), 0, text.index(self.at)) + 1}"

    @property
    def excerpt(self) -> str:
        """What must be shown of the line."""
        return self.at.splitlines()[0].strip() if self.at else ""


def copied(folder: Path) -> None:
    """The shipped settings and templates, to be broken."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "config.yaml", folder)
    shutil.copytree(PROJECT / "templates", folder / "templates", dirs_exist_ok=True)
