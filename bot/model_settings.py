"""The parts of config.yaml about models: which ones, what they may cost, what they are told."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from bot.section import Section
from bot.yaml_schema import wrong

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
# A channel, or one program at the API: "telegram", "api:crm".
Door = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(:[a-z0-9_-]{1,32})?$")]
# Where each kind's key is, unless an entry names another variable.
KEY_VARIABLE = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
Dollars = Annotated[float, Field(ge=0, le=10_000)]


class Price(Section):
    """US dollars for a million tokens."""

    input: Dollars
    output: Dollars
    cached: Dollars | None = None  # of the prompt, read from the provider's cache
    cache_write: Dollars | None = None
    as_of: date | None = None  # when somebody last looked


class ProviderEntry(Section):
    """One model that may be asked."""

    name: Name
    kind: Literal["openai", "anthropic"]
    model: str = Field(min_length=1, max_length=200)
    base_url: str = ""
    api_key_env: str | None = None
    price: Price | None = None
    effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    omit: tuple[str, ...] = ()

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not value:
            return value
        try:
            parts = urlsplit(value)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound or parts.username or parts.query or parts.fragment:
            raise wrong(f"'{value}' is no address", "write it like http://127.0.0.1:11434/v1")
        return value.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _a_variable(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Z][A-Z0-9_]{0,127}", value):
            # Not repeated: whoever writes the key itself here should not find it in a log.
            advice = "write the name of the variable that holds the key, such as OPENAI_API_KEY"
            raise wrong("is no name of an environment variable", advice)
        return value

    @property
    def key_variable(self) -> str:
        """The environment variable that holds its key."""
        return self.api_key_env or KEY_VARIABLE[self.kind]

    @property
    def needs_key(self) -> bool:
        """A server of one's own, with an address and no key's name, asks for none."""
        return not self.base_url or self.api_key_env is not None


BY_DEFAULT = (
    ProviderEntry(name="openai", kind="openai", model="gpt-6-luna", effort="low"),
    ProviderEntry(name="anthropic", kind="anthropic", model="claude-haiku-5-5", effort="low"),
)


class Budget(Section):
    """What the models may cost."""

    usd_per_day: float | None = Field(None, ge=0, le=1_000_000)
    unpriced: Literal["allow", "refuse"] = "refuse"
    calls_per_turn: int = Field(3, ge=1, le=10)
    answer_tokens: int = Field(800, ge=50, le=16_000)


class Memory(Section):
    """What a model is shown of the conversation."""

    tokens: int = Field(4000, ge=200, le=200_000)


class FactEntry(Section):
    """One thing that a source knows about a customer."""

    kind: Literal["text", "amount", "identifier", "date"] = "text"
    column: str = ""
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class FactSource(Section):
    """Where facts about customers are looked up."""

    name: Name
    kind: Literal["file", "sql"]
    path: str = Field(min_length=1)
    key: str = ""
    match: Literal["sender", "identity"] = "sender"
    query: str = ""
    channels: tuple[Door, ...] = ()  # whose people it knows; empty: it tells channels apart itself
    facts: dict[FactName, FactEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> FactSource:
        if self.kind == "file" and (not self.key or self.query):
            message = "a file needs 'key', the column that tells customers apart, no 'query'"
            raise wrong(message, "write key: and the name of the column, or kind: sql")
        if self.kind == "sql" and (not self.query or self.key):
            message = "sql needs 'query' with :sender or :identity in it, and no 'key'"
            raise wrong(message, "for example SELECT name FROM customers WHERE phone = :sender")
        return self
