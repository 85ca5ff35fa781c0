"""Holding a YAML document against a schema: what does not fit, in plain words, at its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.errors import Flaw
from bot.yaml_source import Document, Path_

Model = TypeVar("Model", bound=BaseModel)

LIKE = 0.6  # how much two names have in common when one may be a slip for the other
_SHOWN = 60  # signs of a value that does not fit
_PLAIN = {
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number with an end",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must hold names and values, one a line",
    "model_type": "must hold names and values, one a line",
    "string_too_short": "must not be empty",
}
_OF_TEXT = "string_type"


def validate(schema: type[Model], document: Document) -> Model | list[Flaw]:
    """The document as the schema has it, or every mistake in it, each with its line."""
    try:
        return schema.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        return [
            document.flaw(place_of(document.data, details), *explain(schema, details))
            for details in mistakes(document.data, error)
        ]


def wrong(message: str, advice: str, at: Sequence[str | int] = ()) -> PydanticCustomError:
    """For a validator to raise; `at` leads to the part of its value that is at fault."""
    return PydanticCustomError(
        "wrong", "{said}", {"said": message, "advice": advice, "at": tuple(at)}
    )


def mistakes(data: Any, error: ValidationError) -> list[ErrorDetails]:
    """What was found, once for each place: where a value may be of several kinds, pydantic tells
    of every kind that it is not.
    """
    kept: dict[tuple[str | int, ...], ErrorDetails] = {}
    found = error.errors()
    strange = [details["loc"] for details in found if details["type"] == "extra_forbidden"]
    for details in found:
        if details["type"] == "missing" and _is_slip(details["loc"], strange):
            continue
        at = place_of(data, details)
        missing = details["loc"][-1:] if details["type"] == "missing" else ()
        kept.setdefault((*at, *missing), details)
    return list(kept.values())


def _is_slip(missing: Sequence[str | int], strange: Sequence[Sequence[str | int]]) -> bool:
    """Whether what is missing stands there under a name that is nearly right."""
    beside = [str(loc[-1]) for loc in strange if loc[:-1] == missing[:-1]]
    return bool(difflib.get_close_matches(str(missing[-1]), beside, n=1, cutoff=LIKE))


def place_of(data: Any, details: ErrorDetails) -> Path_:
    """The keys that lead to a mistake: pydantic puts the names of kinds between them."""
    loc = (*details["loc"], *details.get("ctx", {}).get("at", ()))
    path: list[str | int] = []
    found = data
    for step in loc:
        inside_list = isinstance(found, list) and isinstance(step, int) and step < len(found)
        if inside_list or (isinstance(found, dict) and step in found):
            found = found[step]
            path.append(step)
    return tuple(path)


def explain(schema: type[BaseModel], details: ErrorDetails) -> tuple[str, str]:
    """Say in plain words what pydantic found, and what to do about it."""
    name = ".".join(str(part) for part in details["loc"]) or "the file"
    if details["type"] == "extra_forbidden":
        return f"'{name}' is not a setting that exists", _meant(schema, details["loc"])
    if details["type"] == "missing":
        return f"'{name}' is missing", "add it"
    if details["type"] == "wrong":
        context = details.get("ctx", {})
        return f"'{name}': {context['said']}", str(context["advice"])
    shown = _shown(details.get("input"))
    if details["type"] == "string_pattern_mismatch":
        name = name.removesuffix(".[key]")
        if "A-Z]{3}" in str(details.get("ctx", {}).get("pattern")):
            return f"'{name}' is no currency", f"{shown}; write its three letters, such as BRL"
        advice = "rename it: small letters, digits and _, a letter first"
        return f"'{name}' is no name that can be used", advice
    if details["type"] == "literal_error":
        known = str(details.get("ctx", {}).get("expected", ""))
        near = difflib.get_close_matches(
            str(details.get("input")), known.replace("'", "").replace(" or ", ", ").split(", "), n=1
        )
        return f"'{name}' must be {known}", f"did you mean '{near[0]}'?" if near else shown
    if details["type"] == _OF_TEXT:
        advice = f"{shown}; put it between quotes" if _is_plain(details.get("input")) else shown
        return f"'{name}' must be a text", advice
    said = _PLAIN.get(details["type"]) or _lowered(
        details["msg"].removeprefix("Value error, ")
    ).replace("input should", "must")
    return f"'{name}': {said}", shown


def _lowered(message: str) -> str:
    return message[0].lower() + message[1:] if message else "is not valid"


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float))


def _shown(value: Any) -> str:
    if value is None:
        return "it says nothing"
    shown = repr(value)
    return "it says " + (shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "...")


def _meant(schema: type[BaseModel], loc: Sequence[str | int]) -> str:
    """What a name that does not exist may have been meant for: first of all, in its own section."""
    key = str(loc[-1])
    here = _names_at(schema, loc[:-1])
    if near := difflib.get_close_matches(key, here, n=1, cutoff=LIKE):
        return f"did you mean '{near[0]}'?"
    elsewhere = dict(_everywhere(schema))
    if near := difflib.get_close_matches(key, list(elsewhere), n=1, cutoff=0.8):
        return f"did you mean '{elsewhere[near[0]]}'?"
    return f"remove it; known here: {', '.join(here)}" if 0 < len(here) <= 12 else "remove it"


def _names_at(schema: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The names that may stand where `loc` leads; keys and numbers of a list lead no deeper."""
    models = [schema]
    for step in loc:
        inner = [
            model
            for each in models
            for name, field in each.model_fields.items()
            if step in (name, field.alias)
            for model in _models_in(field.annotation)
        ]
        models = inner or models
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _everywhere(
    schema: type[BaseModel], path: str = "", seen: frozenset[type] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Every name with the whole path to it."""
    for name, field in schema.model_fields.items():
        known = field.alias or name
        yield known, f"{path}{known}"
        for inner in _models_in(field.annotation):
            if inner not in seen:
                yield from _everywhere(inner, f"{path}{known}.", seen | {schema, inner})


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
