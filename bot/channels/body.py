"""Strict JSON bodies: what does not fit is refused with a sentence that says what to mend."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from bot.errors import Unreadable

MAX_TEXT = 4_096  # characters
MAX_ID = 128  # characters

Model = TypeVar("Model", bound=BaseModel)


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain the character U+0000")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID), AfterValidator(_storable)]
Text = Annotated[
    str,
    StringConstraints(max_length=MAX_TEXT),
    AfterValidator(_storable),
    AfterValidator(_not_blank),
]


class Body(BaseModel):
    """A JSON object: types are not guessed, fields we do not know are ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


def read(schema: type[Model], body: bytes) -> Model:
    """Decode and check a body. Raises Unreadable; its message never repeats what was sent."""
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    raise Unreadable(_sentence(first["type"], first["loc"], first["msg"]))


def _sentence(kind: str, loc: tuple[int | str, ...], message: str) -> str:
    if kind == "json_invalid":
        return "the body is not valid JSON in UTF-8"
    if not loc:
        return "the body must be a JSON object"
    name = ".".join(str(part) for part in loc)
    if kind == "missing":
        return f"'{name}' is missing"
    message = message.removeprefix("Value error, ")
    return f"'{name}': {message[0].lower()}{message[1:]}"
