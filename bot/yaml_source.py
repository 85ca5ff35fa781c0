"""YAML 1.2 files that remember the line of every value.

PyYAML's defaults turn `no`, `10:30` and `+55...` into other things, so the resolvers here are
those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema). Keys written
twice, tags and aliases (which can expand without end) are mistakes, not features.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from bot.errors import Flaw

Path_ = tuple[str | int, ...]  # the keys that lead to a value

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_DIGITS = 60  # signs of a number; Python itself refuses to read some thousands
_ALIAS = re.compile(r"(?:^|[\s:,\[{-])\*\w")


class _CoreLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]  # one of two bases, chosen by how PyYAML was built
    """Resolves plain scalars as YAML 1.2 does."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data, with the line of every value."""

    name: str  # how the file is called in messages
    data: Any
    lines: Mapping[Path_, int]  # 1-based
    source: tuple[str, ...]  # the file's lines

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest thing around it."""
        keys = tuple(path)
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def where(self, path: Sequence[str | int]) -> str:
        return f"{self.name}:{self.line(path)}"

    def flaw(self, path: Sequence[str | int], message: str, advice: str = "") -> Flaw:
        """A mistake at this place, with the text of its line."""
        line = self.line(path)
        excerpt = self.source[line - 1].strip() if line <= len(self.source) else ""
        return Flaw(f"{self.name}:{line}", message, excerpt[:120], advice)


class _Broken(Exception):
    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw


def read(path: Path, name: str | None = None) -> Document | Flaw:
    """Read one file; what cannot be read at all comes back as a Flaw."""
    name = name or path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Flaw(name, f"cannot be read: {error.strerror or error}", advice="check the path")
    if len(raw) > MAX_BYTES:
        return Flaw(name, f"is larger than {MAX_BYTES:,} bytes", advice="split it into files")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        excerpt = raw.splitlines()[line - 1].decode("utf-8", "replace").strip()[:120]
        return Flaw(f"{name}:{line}", "is not UTF-8 text", excerpt, "save the file as UTF-8")
    return parse(text, name)


def parse(text: str, name: str, *, numbers_as_written: bool = False) -> Document | Flaw:
    """Parse YAML text; the pure half of `read`.

    With `numbers_as_written` a number stays the text that stands there: 007 is "007".
    """
    source = tuple(text.splitlines())
    lines: dict[Path_, int] = {}
    try:
        loader = _CoreLoader(text)
        try:
            node = loader.get_single_node()
            builder = _Builder(name, source, lines, set(), numbers_as_written)
            data = None if node is None else builder.build(node, ())
        finally:
            loader.dispose()
    except _Broken as broken:
        return broken.flaw
    except yaml.reader.ReaderError as error:
        return _unseen(chr(error.character), text, name)
    except yaml.YAMLError as error:
        line = _line_of(error, len(source))
        text = source[line - 1] if source else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        return Flaw(
            f"{name}:{line}",
            f"is not valid YAML: {problem}",
            text.strip()[:120],
            _yaml_advice(text.rstrip()),
        )
    return Document(name, data, lines, source)


def _unseen(sign: str, text: str, name: str) -> Flaw:
    """A control character, which YAML does not allow and no editor shows."""
    before, _, after = text.partition(sign)
    line = before.rpartition("\n")[2] + "□" + after.partition("\n")[0]
    return Flaw(
        f"{name}:{before.count(chr(10)) + 1}",
        f"has a sign that cannot be seen (U+{ord(sign):04X})",
        "".join(each if each.isprintable() else "□" for each in line.strip())[:120],
        "remove it where the □ stands, or write the line anew",
    )


def _line_of(error: yaml.YAMLError, lines: int) -> int:
    """Where the mistake is. A bracket or quote left open is noticed much later than it stands."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    context = str(getattr(error, "context", None) or "")
    if "flow" in context or "quoted" in context:
        mark = getattr(error, "context_mark", None) or mark
    return min(mark.line + 1, max(lines, 1)) if mark else 1


def _yaml_advice(line: str) -> str:
    if "\t" in line:
        return "indent with spaces, not with tabs"
    if line.count('"') % 2:
        return "close the quotes on this line"
    if line.count(": ") > 1 or line.endswith(":"):
        return "put a text that contains ': ' between quotes"
    return "check indentation and quotes around this line"


@dataclass(slots=True)
class _Builder:
    """Turns nodes into plain data, noting where each value stands."""

    name: str
    source: Sequence[str]
    lines: dict[Path_, int]
    seen: set[int]  # nodes met so far: meeting one twice means an alias
    numbers_as_written: bool

    def build(self, node: yaml.Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            raise self.broken(line, "is nested too deeply", "flatten it")
        if not node.tag.startswith("tag:yaml.org,2002:"):
            raise self.broken(line, f"has a tag ({node.tag}) that is not allowed", "remove the tag")
        if id(node) in self.seen:
            line = self.alias_after(line)
            raise self.broken(line, "repeats a part with an alias (*)", "write the part out")
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        return self.scalar(node, line)

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.broken(line, "has a key that is not a word", "use a word as the key")
            key = str(key_node.value)
            if key in built:
                raise self.broken(line, f"names '{key}' twice", "keep one of the two")
            self.lines[(*path, key)] = line
            built[key] = self.build(value_node, (*path, key))
        return built

    def scalar(self, node: yaml.Node, line: int) -> Any:
        text = str(node.value)
        kind = node.tag.rsplit(":", 1)[1]
        if self.numbers_as_written and kind in ("int", "float"):
            return text
        if kind in ("int", "float") and len(text) > MAX_DIGITS:
            raise self.broken(line, "has a number that is far too long", "is it a text? Quote it")
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            case "str":
                return text
            case _:
                tag = node.tag.replace("tag:yaml.org,2002:", "!!")
                message = f"has a tag ({tag}) that is not allowed"
                raise self.broken(line, message, "remove the tag")

    def alias_after(self, line: int) -> int:
        """Where a part is repeated: the loader only tells where it stands the first time."""
        later = range(line, len(self.source))
        return next((n + 1 for n in later if _ALIAS.search(self.source[n])), line)

    def broken(self, line: int, message: str, advice: str) -> _Broken:
        excerpt = self.source[line - 1].strip()[:120] if line <= len(self.source) else ""
        return _Broken(Flaw(f"{self.name}:{line}", message, excerpt, advice))
