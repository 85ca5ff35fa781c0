"""The nouns of asking a model: what it is shown, what it answered, what that took. Frozen.

A prompt is data on its way out of the house, so it holds nothing but what a model may see. Tokens
are counted in one manner whoever the provider is: `read` is the whole prompt, `cached` the part of
it that the provider had read before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

NANO = 1_000_000_000  # money is counted in billionths of a US dollar, which are whole numbers

MOST_DRAFTS = 3  # drafts that were not let out, kept for the person who takes over


class Speaker(StrEnum):
    """Who says a line of the conversation that a model is shown."""

    CUSTOMER = "customer"
    DESK = "desk"  # the bot or a person: to a model they are one voice


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the conversation."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown. What changes least stands first, so that providers can cache it."""

    standing: str  # persona, house facts, approved answers: the same for every customer
    personal: str  # what is known about this customer, the language to answer in
    said: tuple[Spoken, ...]  # oldest first; begins and ends with the customer
    answer_tokens: int  # the most that the answer may have
    asks: int = 1  # the last lines, of which the question is made

    def shortened(self) -> Prompt:
        """The same question without what was said before it."""
        return replace(self, said=self.said[-self.asks :])


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    read: int = 0  # of the prompt, cached ones included
    cached: int = 0  # of these, read from the provider's cache
    cache_written: int = 0  # of these, written to the provider's cache
    written: int = 0  # of the answer, with what was thought before it


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer that is complete and is text. Whether it is true, nobody has looked yet."""

    text: str
    model: str  # the name that config.yaml gives the model
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that was made, or one that was not and why."""

    model: str
    result: str  # "answered", or a stable word of `errors.ProviderError`
    seconds: float = 0.0
    usage: Usage = Usage()
    cost: int | None = 0  # billionths of a US dollar; None: nobody knows this model's price
    called: bool = True  # whether a request left the house


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking the models, one after the other."""

    completion: Completion | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class RefusedDraft:
    """An answer of a model that was not let out: for the person who takes over, nobody else."""

    text: str
    checks: tuple[str, ...]  # the checks that refused it, by name
    excerpts: tuple[str, ...]  # the words that each of them minded
    at: float  # Unix time


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model was shown of the conversation, in numbers."""

    lines: int = 0  # of what was said before
    left_out: int = 0  # that did not fit
    tokens: int = 0  # of the whole prompt, estimated
    facts: tuple[str, ...] = ()  # the names of the facts of this customer that it was told


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that asking the models took in one turn, whoever answered in the end."""

    first: str  # the first model of config.yaml
    attempts: tuple[Attempt, ...] = ()
    refused: tuple[RefusedDraft, ...] = ()
    shown: Shown = Shown()
    answered_by: str = ""  # the model whose answer went out; "" if none did


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact that some source may know about a customer."""

    name: str
    kind: str = "text"  # "text", "amount", "identifier", "date"
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language: "balance"
