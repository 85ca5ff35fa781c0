"""Reads the files of a rules folder: what customers ask, and the forms that some of it opens."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.book import ButtonSpec, FormSpec, Intent, Slot
from bot.words.names import COMMANDS
from bot.words.normalise import normalise
from bot.words.patterns import flaw_of
from bot.words.schema import FormFile, IntentFile, RulesFile
from bot.words.sentences import Path, Reader
from bot.yaml_source import Document

_SECTIONS = frozenset({"intents", "forms"})  # of a file


@dataclass(slots=True)
class Rules:
    """All rule files together, as they are read."""

    intents: list[Intent] = field(default_factory=list)
    forms: dict[str, FormSpec] = field(default_factory=dict)
    places: dict[str, tuple[Document, Path]] = field(default_factory=dict)  # of each intent
    buttons: list[tuple[Document, Path, str]] = field(default_factory=list)  # and their values
    seen: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # examples
    named: set[str] = field(default_factory=set)  # in files with a mistake in them: they exist
    unread: bool = False  # some file is no YAML or misspelt: nobody knows what it names


def read_rules(document: Document, rules: RulesFile, into: Rules, reader: Reader) -> None:
    """Add the forms and intents of one file."""
    for number, form in enumerate(rules.forms):
        _form(document, ("forms", number), form, into, reader)
    for number, intent in enumerate(rules.intents):
        _intent(document, ("intents", number), intent, into, reader)


def declared(data: object, into: Rules) -> None:
    """Note what a file names that cannot be used: what points there is not wrong too."""
    if not isinstance(data, dict) or not data.keys() <= _SECTIONS:
        into.unread = True
    for key in _SECTIONS:
        entries = data.get(key) if isinstance(data, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                into.named.add(str(entry.get("name")))


def _intent(document: Document, path: Path, file: IntentFile, into: Rules, reader: Reader) -> None:
    if file.name in into.places:
        other, place = into.places[file.name]
        advice = f"the other one is at {other.where((*place, 'name'))}; rename one of the two"
        message = f"the intent '{file.name}' exists twice"
        reader.flaws.append(document.flaw((*path, "name"), message, advice))
        return
    into.places[file.name] = (document, path)
    listed = file.examples if isinstance(file.examples, dict) else {"": file.examples}
    if not any(listed.values()):
        message = f"the intent '{file.name}' has no examples"
        advice = "add some sentences as customers write them"
        reader.flaws.append(document.flaw((*path, "examples"), message, advice))
    examples = reader.lines(document, (*path, "examples"), file.examples)
    for language, texts in listed.items():
        where = (*path, "examples", language) if language else (*path, "examples")
        _clashes(document, where, language, file.name, texts, into, reader)
    name = f"rules.{file.name}"
    reply = None
    if file.reply is not None:
        reply = reader.sentence(
            document, (*path, "reply"), file.reply, f"{name}.reply", reader.facts
        )
    into.intents.append(
        Intent(
            file.name, examples, reply,
            tuple(read_buttons(document, path, file.buttons, name, into, reader, "buttons")),
            file.form, file.hand_off, file.answer, document.where((*path, "name")),
        )
    )  # fmt: skip


def read_buttons(
    document: Document, path: Path, buttons: Iterable[object], name: str, into: Rules,
    reader: Reader, key: str,
) -> Iterable[ButtonSpec]:  # fmt: skip
    """The buttons under a sentence; what they say is checked once all rules are known."""
    for number, button in enumerate(buttons):
        where = (*path, key, number)
        label, value = getattr(button, "label", ""), str(getattr(button, "value", ""))
        into.buttons.append((document, (*where, "value"), value))
        yield reader.button(document, where, label, value, f"{name}.{key}.{number}")


def _clashes(
    document: Document, path: Path, language: str, intent: str, texts: Iterable[str],
    into: Rules, reader: Reader,
) -> None:  # fmt: skip
    for number, text in enumerate(texts):
        said = (language, normalise(text))
        where = (*path, number)
        if not said[1]:
            message = f"the example '{text}' has no words"
            reader.flaws.append(document.flaw(where, message, "remove it"))
            continue
        other, place = into.seen.setdefault(said, (intent, document.where(where)))
        if other != intent:
            message = f"'{text}' is an example of '{intent}' and of '{other}'"
            advice = f"keep one; the other is at {place}"
            reader.flaws.append(document.flaw(where, message, advice))


def _form(document: Document, path: Path, file: FormFile, into: Rules, reader: Reader) -> None:
    if file.name in into.forms:
        message = f"the form '{file.name}' exists twice"
        advice = f"the other one is at {into.forms[file.name].where}; rename one of the two"
        reader.flaws.append(document.flaw((*path, "name"), message, advice))
        return
    slots: list[Slot] = []
    for number, slot in enumerate(file.slots):
        where = (*path, "slots", number)
        known = [each.name for each in slots]  # only what was asked before can be shown
        if slot.name in known:
            message = f"the question '{slot.name}' exists twice in this form"
            reader.flaws.append(document.flaw((*where, "name"), message, "rename one of the two"))
        wrong = flaw_of(slot.pattern)
        if wrong:
            advice = 'for example "[0-9]{4,10}"; simpler is better'
            message = f"the pattern {wrong}"
            reader.flaws.append(document.flaw((*where, "pattern"), message, advice))
        name = f"forms.{file.name}.{slot.name}"
        slots.append(
            Slot(
                slot.name,
                slot.pattern,
                reader.sentence(document, (*where, "ask"), slot.ask, f"{name}.ask", known),
                reader.sentence(
                    document, (*where, "invalid"), slot.invalid, f"{name}.invalid", known
                ),
            )
        )
    done = None
    if file.done is not None:
        names = [slot.name for slot in slots]
        done = reader.sentence(
            document, (*path, "done"), file.done, f"forms.{file.name}.done", names
        )  # fmt: skip
    where_ = document.where((*path, "name"))
    into.forms[file.name] = FormSpec(file.name, tuple(slots), done, file.hand_off, where_)


def check_references(rules: Rules, reader: Reader) -> None:
    """Once all files are read: forms and buttons must lead somewhere."""
    if rules.unread:
        return
    for intent in rules.intents:
        if intent.form and intent.form not in rules.forms and intent.form not in rules.named:
            document, path = rules.places[intent.name]
            message = f"the form '{intent.form}' does not exist"
            advice = _near(intent.form, rules.forms)
            reader.flaws.append(document.flaw((*path, "form"), message, advice))
    said = {text for _, text in rules.seen}
    for document, path, value in rules.buttons:
        if value.removeprefix("/") in COMMANDS and value.startswith("/"):
            continue
        if (
            value in rules.places
            or value in rules.named
            or (not value.startswith("/") and normalise(value) in said)
        ):
            continue
        message = f"the button says '{value}', which is no command, intent or example"
        known: Mapping[str, object] = {**dict.fromkeys(f"/{c}" for c in COMMANDS), **rules.places}
        reader.flaws.append(document.flaw(path, message, _near(value, known)))


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known) or 'none'}"
