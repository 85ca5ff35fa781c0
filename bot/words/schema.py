"""What may stand in the files of `templates/`. Unknown keys are mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from bot.book import Answer
from bot.yaml_schema import wrong

NAME = r"^[a-z][a-z0-9_]{0,63}$"


LONGEST = 4096  # signs of one sentence


def primary(language: str) -> str:
    """ "pt-BR" and "PT" are "pt"."""
    return language.replace("_", "-").split("-")[0].lower()


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST


def _is_lines(value: Any) -> bool:
    return _is_line(value) or (
        isinstance(value, list) and bool(value) and all(map(_is_line, value))
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_line, value))


def _first_wrong(value: Any, fits: Callable[[Any], bool]) -> tuple[str | int, ...]:
    """The keys that lead to the first part of a value that is at fault; () for all of it."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts, fits = enumerate(value), _is_line
    for key, part in parts:
        if not fits(part):
            return (key, *_first_wrong(part, _is_line if isinstance(part, list) else _never))
    return ()


def _never(value: Any) -> bool:
    return True


def _checked(value: Any, fits: Callable[[Any], bool], wanted: str, *, bare: bool = True) -> Any:
    """The value if it fits, or is a mapping of languages to what fits."""
    if bare and fits(value):
        return value
    if isinstance(value, dict) and value and all(map(fits, value.values())):
        return value
    advice = "put texts that look like numbers, or hold ': ', between quotes"
    raise wrong(wanted, advice, _first_wrong(value, fits))


def _said(value: Any) -> Any:
    wanted = (
        f"is no sentence: write a text of at most {LONGEST} signs, a list of variants, "
        "or one of these for each language"
    )
    return _checked(value, _is_lines, wanted)


def _listed(value: Any) -> Any:
    if value == {}:
        return value
    return _checked(value, _is_list, "write a list of texts, or such a list for each language")


def _per_language(value: Any) -> Any:
    if value == {}:
        return value
    return _checked(value, _is_list, "write a list of texts for each language", bare=False)


def _persona(value: Any) -> Any:
    wanted = f"is no description: write a text of at most {LONGEST} signs, or one for each language"
    return _checked(value, _is_line, wanted)


def _told(value: Any) -> Any:
    wanted = f"is no fact: write a text of at most {LONGEST} signs, or one for each language"
    return _checked(value, _is_line, wanted)


Line = Annotated[StrictStr, Field(min_length=1, max_length=LONGEST)]
Name = Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Said = Annotated[Any, BeforeValidator(_said)]
Examples = Annotated[Any, BeforeValidator(_listed)]
Words = Annotated[Any, BeforeValidator(_per_language)]
Told = Annotated[Any, BeforeValidator(_told)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ButtonFile(Strict):
    label: Said
    value: Line  # "/human", the name of an intent, or one of its examples


class IntentFile(Strict):
    name: Name
    examples: Examples
    reply: Said | None = None
    buttons: list[ButtonFile] = Field(default_factory=list, max_length=10)
    form: StrictStr = ""
    hand_off: StrictBool = False
    answer: Annotated[Answer, Field(strict=False)] = Answer.SILENT


class SlotFile(Strict):
    name: Annotated[StrictStr, Field(pattern=NAME)]
    pattern: Line
    ask: Said
    invalid: Said


class FormFile(Strict):
    name: Name
    slots: list[SlotFile] = Field(min_length=1, max_length=10)
    done: Said | None = None
    hand_off: StrictBool = False


class RulesFile(Strict):
    intents: list[IntentFile] = Field(default_factory=list)
    forms: list[FormFile] = Field(default_factory=list)


class TextsFile(Strict):
    texts: dict[str, Said]
    menu: list[ButtonFile] = Field(default_factory=list, max_length=10)


class LanguageFile(Strict):
    name: Line
    words: list[Line] = Field(default_factory=list)


class CommandWords(Strict):
    start: Words = Field(default_factory=dict)
    help: Words = Field(default_factory=dict)
    human: Words = Field(default_factory=dict)
    language: Words = Field(default_factory=dict)
    forget: Words = Field(default_factory=dict)


class CommandsFile(Strict):
    commands: CommandWords
    yes: Words
    no: Words
    requests: Words
    noise: Words
    languages: dict[str, LanguageFile]


class PersonaFile(Strict):
    persona: Annotated[Any, BeforeValidator(_persona)]


class HouseFile(Strict):
    facts: dict[Annotated[StrictStr, Field(pattern=NAME)], Told]
    hours: dict[str, list[StrictStr]]
    holidays: list[StrictStr] = Field(default_factory=list)
    timezone: StrictStr | None = None
