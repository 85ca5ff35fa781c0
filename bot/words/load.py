"""Reads `templates/` into one frozen Book, or says everything that is wrong with it at once."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.book import Book, ButtonSpec, Hours, Sentence
from bot.errors import ConfigError, Flaw
from bot.words.hours import read_hours
from bot.words.hours_text import HOURS_FACT, hours_text
from bot.words.names import BUTTON_TEXTS, COMMANDS, TEXTS
from bot.words.rule_files import Rules, check_references, declared, read_buttons, read_rules
from bot.words.schema import (
    CommandsFile,
    HouseFile,
    PersonaFile,
    RulesFile,
    TextsFile,
    primary,
)
from bot.words.sentences import Reader, places
from bot.yaml_schema import validate
from bot.yaml_source import Document, read

HOUSE, TEXTS_FILE, COMMANDS_FILE, RULES = "house.yaml", "texts.yaml", "commands.yaml", "rules"
PERSONA = "persona.yaml"  # the only file that may be missing: a model is then told nothing of it
Schema = TypeVar("Schema", bound=BaseModel)


def load_book(
    folder: FilePath,
    languages: Sequence[str],
    default_language: str,
    timezone: str,
    facts: Iterable[str] | None = (),
) -> Book:
    """Read a whole folder of templates. `timezone` counts where house.yaml names none.

    `facts` are the names of what config.yaml says is known about customers: replies of rules may
    show them. None: nobody knows which, and any will do. Without `languages` sentences are read
    in whatever languages they have.

    Raises ConfigError with every flaw, each with `file:line`, the text and a suggestion.
    """
    if not folder.is_dir():  # one flaw, not one for each file in it
        advice = "set 'rules.templates' to the folder of texts.yaml, relative to config.yaml"
        raise ConfigError([Flaw(str(folder), "there is no such folder", advice=advice)])
    flaws: list[Flaw] = []
    codes = tuple(dict.fromkeys(map(primary, languages)))
    house_file = _file(folder / HOUSE, HOUSE, HouseFile, flaws)
    texts_file = _file(folder / TEXTS_FILE, TEXTS_FILE, TextsFile, flaws)
    commands_file = _file(folder / COMMANDS_FILE, COMMANDS_FILE, CommandsFile, flaws)
    hours, house = Hours(timezone, {}), dict[str, str]()
    known = None
    reader = Reader(codes, None, flaws, None if facts is None else frozenset(facts))
    if house_file:
        hours = read_hours(*house_file, timezone, flaws)
        house = _house(*house_file, reader)
        known = frozenset(name.partition(".")[0] for name in house) | {HOURS_FACT}
        house |= {f"{HOURS_FACT}.{code}": hours_text(hours, code) for code in codes}
    reader = replace(reader, house=known)
    persona = _persona(folder / PERSONA, reader)
    rules = _rules(folder / RULES, folder, reader)
    texts: dict[str, Sentence] = {}
    menu: tuple[ButtonSpec, ...] = ()
    if texts_file:
        document, file = texts_file
        texts = _texts(document, file, reader)
        menu = tuple(read_buttons(document, (), file.menu, "texts", rules, reader, "menu"))
    words = _words(*commands_file, reader) if commands_file else _NoWords()
    check_references(rules, reader)
    if flaws:
        raise ConfigError(_once(flaws))
    return Book(
        _version(folder), codes, primary(default_language), texts, tuple(rules.intents),
        rules.forms, words.commands, words.requests, words.noise, hours, house, menu,
        words.language_names, persona=persona,
    )  # fmt: skip


def load_rules(folder: FilePath, languages: Sequence[str] = ()) -> Book:
    """A book of a folder of rule files alone, to try rules without a whole house around them.

    Sentences may lack languages here. Without `languages` it speaks those of the examples.
    Raises ConfigError like `load_book`.
    """
    codes = tuple(dict.fromkeys(map(primary, languages)))
    reader = Reader((), None)  # a folder tried alone has no facts to show
    rules = _rules(folder, folder, reader)
    check_references(rules, reader)
    if reader.flaws:
        raise ConfigError(_once(reader.flaws))
    found = {language for intent in rules.intents for language in intent.examples if language}
    codes = codes or tuple(sorted(found)) or ("en",)
    return Book(
        _version(folder), codes, codes[0], {}, tuple(rules.intents), rules.forms, {}, {}, {},
        Hours("UTC", {}), {},
    )  # fmt: skip


def _file(
    path: FilePath, name: str, schema: type[Schema], flaws: list[Flaw]
) -> tuple[Document, Schema] | None:
    document = read(path, name)
    if isinstance(document, Flaw):
        flaws.append(document)
        return None
    if document.data is None:
        flaws.append(_empty(document))
        return None
    found = validate(schema, document)
    if isinstance(found, list):
        flaws.extend(found)
        return None
    return document, found


def _empty(document: Document) -> Flaw:
    advice = "restore it, or remove the file if it is one of your own rules"
    return Flaw(
        f"{document.name}:1", "is empty", document.source[0] if document.source else "", advice
    )


def _rules(folder: FilePath, root: FilePath, reader: Reader) -> Rules:
    rules = Rules()
    paths = _yaml_files(folder)
    if not paths:
        advice = "add a file such as hours.yaml that begins with 'intents:'"
        reader.flaws.append(Flaw(str(folder.name), "holds no rule files (*.yaml)", advice=advice))
    for path in paths:
        document = read(path, path.relative_to(root).as_posix())
        if isinstance(document, Flaw) or document.data is None:
            flaw = document if isinstance(document, Flaw) else _empty(document)
            reader.flaws.append(flaw)
            rules.unread = True
            continue
        found = validate(RulesFile, document)
        if isinstance(found, list):
            reader.flaws.extend(found)
            declared(document.data, rules)
        else:
            read_rules(document, found, rules, reader)
    return rules


def _yaml_files(folder: FilePath) -> list[FilePath]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))


def _house(document: Document, file: HouseFile, reader: Reader) -> dict[str, str]:
    facts: dict[str, str] = {}
    for name, told in file.facts.items():
        if name == HOURS_FACT:
            message = f"the fact '{name}' is taken: it is written from the table below"
            reader.flaws.append(document.flaw(("facts", name), message, "remove it or rename it"))
        elif isinstance(told, str):
            facts[name] = told
        else:
            known = {primary(language): text for language, text in told.items()}
            slips = [reader.language(document, ("facts", name, language)) for language in told]
            meant = frozenset[str]().union(known, *slips)
            lacking = [language for language in reader.languages if language not in meant]
            if lacking:
                message = f"the fact '{name}' says nothing in {', '.join(lacking)}"
                reader.flaws.append(document.flaw(("facts", name), message, "add them"))
            facts |= {f"{name}.{language}": text for language, text in known.items()}
    return facts


def _persona(path: FilePath, reader: Reader) -> Sentence | None:
    found = _file(path, PERSONA, PersonaFile, reader.flaws) if path.exists() else None
    return reader.persona(found[0], found[1].persona) if found else None


def _texts(document: Document, file: TextsFile, reader: Reader) -> dict[str, Sentence]:
    texts: dict[str, Sentence] = {}
    meant: set[str] = set()
    for name, said in file.texts.items():
        path = ("texts", name)
        if name not in TEXTS:
            lacking = [each for each in TEXTS if each not in file.texts]
            near = (
                difflib.get_close_matches(name, lacking, n=1, cutoff=0.6)
                or difflib.get_close_matches(name, TEXTS, n=1, cutoff=0.6)
            )  # fmt: skip
            meant.update(near)
            advice = f"did you mean '{near[0]}'?" if near else "remove it"
            message = f"'{name}' is no line that the bot says"
            reader.flaws.append(document.flaw(path, message, advice))
            continue
        texts[name] = reader.sentence(document, path, said, f"texts.{name}", TEXTS[name])
        if name in BUTTON_TEXTS:
            reader.label(document, path, said)
    for name in TEXTS:
        if name not in file.texts and name not in meant:
            message = f"the line '{name}' is missing"
            reader.flaws.append(document.flaw(("texts",), message, f"add '{name}:' to texts"))
    return texts


class _NoWords:
    """What commands.yaml says, once it was read."""

    def __init__(self) -> None:
        self.commands: dict[str, dict[str, tuple[str, ...]]] = {}
        self.requests: dict[str, tuple[str, ...]] = {}
        self.noise: dict[str, tuple[str, ...]] = {}
        self.language_names: dict[str, str] = {}


def _words(document: Document, file: CommandsFile, reader: Reader) -> _NoWords:
    words = _NoWords()
    taken: dict[str, tuple[str, str]] = {}
    for path, name, listed in _listed(file):
        found = reader.lines(document, path, listed)
        if path[0] != "commands":
            lacking = [language for language in reader.languages if language not in found]
            reader.missing(document, path, lacking)
        match path[0]:
            case "requests":
                words.requests = found
            case "noise":
                words.noise = found
            case _:
                words.commands[name] = found
        for where, word in places(path, listed) if path[0] == "commands" else ():
            mine = (name, document.where(where))
            other, place = taken.setdefault(word.casefold(), mine)
            if other != name:
                message = f"'{word}' means '{name}' and '{other}'"
                advice = f"keep one of the two; the other is at {place}"
                reader.flaws.append(document.flaw(where, message, advice))
    for code in reader.languages:
        language = next((file.languages[k] for k in file.languages if primary(k) == code), None)
        if language is None:
            reader.missing(document, ("languages",), [code])
            continue
        words.language_names[code] = language.name
        words.commands[f"language.{code}"] = {"": tuple(language.words)}
    return words


def _listed(file: CommandsFile) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    for name in COMMANDS:
        yield ("commands", name), name, getattr(file.commands, name)
    for name in ("yes", "no", "requests", "noise"):
        yield (name,), name, getattr(file, name)


def _version(folder: FilePath) -> str:
    """Twelve signs that change whenever any file of the folder does."""
    digest = hashlib.sha256()
    for path in _yaml_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _once(flaws: Sequence[Flaw]) -> list[Flaw]:
    return list(dict.fromkeys(flaws))
