"""One frozen version of everything an admin has written: sentences, rules, forms, hours.

Plain data. `words/` and `rules/` read it from YAML; handlers and engines only look at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

Language = str  # "pt", "en", "es"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What to say, in each language; several variants are chosen between by the turn's seed."""

    name: str  # "texts.welcome", "rules.opening_hours.reply"
    variants: Mapping[Language, tuple[str, ...]]
    where: str = ""  # "texts.yaml:12"


@dataclass(frozen=True, slots=True)
class ButtonSpec:
    """A button under a sentence."""

    label: Sentence
    value: str  # what pressing it says: a command ("/human") or a sentence


class Answer(StrEnum):
    """When a rule speaks."""

    ALWAYS = "always"  # before the models
    SILENT = "when_models_are_silent"


@dataclass(frozen=True, slots=True)
class Intent:
    """Something customers ask, and what to do about it. Without a reply it only classifies."""

    name: str
    examples: Mapping[Language, tuple[str, ...]]  # "" holds examples of no stated language
    reply: Sentence | None = None
    buttons: tuple[ButtonSpec, ...] = ()
    form: str = ""  # the form that this intent opens
    hand_off: bool = False  # always a person
    answer: Answer = Answer.SILENT
    where: str = ""

    @property
    def decides(self) -> bool:
        """Whether it does anything beyond classifying."""
        return bool(self.reply or self.form or self.hand_off)


@dataclass(frozen=True, slots=True)
class Slot:
    """One question of a form."""

    name: str
    pattern: str  # a regular expression, searched in the answer; the match is the value
    ask: Sentence
    invalid: Sentence  # said once when the answer does not fit


@dataclass(frozen=True, slots=True)
class FormSpec:
    """Questions asked one after the other, and what follows."""

    name: str
    slots: tuple[Slot, ...]
    done: Sentence | None  # may use the slots as variables
    hand_off: bool = False  # the answers go to a person
    where: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """One range of a day; several make a lunch break."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are at the desk."""

    timezone: str
    week: Mapping[int, tuple[Opening, ...]]  # 0 is Monday
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Book:
    """All of `templates/`, read once; a turn sees exactly one version of it."""

    version: str  # changes whenever any file changes
    languages: tuple[Language, ...]
    default_language: Language
    texts: Mapping[str, Sentence]  # the bot's own lines, by name: "welcome", "limited" ...
    intents: tuple[Intent, ...]
    forms: Mapping[str, FormSpec]
    commands: Mapping[str, Mapping[Language, tuple[str, ...]]]  # "help" -> words per language
    requests: Mapping[Language, tuple[str, ...]]  # ways of asking for a person
    noise: Mapping[Language, tuple[str, ...]]  # "ok", "thanks": needs no answer
    hours: Hours
    house: Mapping[str, str]  # facts about the business, usable in every sentence
    menu: tuple[ButtonSpec, ...] = ()  # the buttons of the welcome
    language_names: Mapping[Language, str] = field(default_factory=dict)  # "pt" -> "Português"
    threshold: float = 0.5  # a match below it is no answer
    persona: Sentence | None = None  # who a model is to be; None: it is told nothing of that
