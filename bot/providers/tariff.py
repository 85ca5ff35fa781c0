"""What one model costs, exactly: whole billionths of a US dollar, rounded up once a call."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal

from bot.model_settings import Price
from bot.prompt import Prompt, Usage

# A dollar for a million tokens is a thousand billionths for one.
NANO_PER_TOKEN = 1_000
# Both providers ask a quarter more for writing their cache than for reading anew (prompt-caching
# pages of OpenAI and Anthropic, November 2026). Counts where config.yaml states no price for it.
CACHE_WRITE = Decimal("1.25")
# What a line of the conversation takes beside its words: its speaker, its borders.
TOKENS_PER_LINE = 16
# The tokenizer of the newer Claude models makes about 30 % more of a text (Anthropic models page,
# November 2026). A tokenizer over bytes never makes more tokens than there are bytes.
TOKENS_PER_TEN_BYTES = {"openai": 10, "anthropic": 14}
BYTES_PER_TOKEN = 4  # of ordinary text, for estimates

_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal
    cache_write: Decimal

    @property
    def most_for_reading(self) -> Decimal:
        return max(self.input, self.cached, self.cache_write)


@dataclass(frozen=True, slots=True)
class Tier:
    """Rates of every token of a call whose prompt has more than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates of one model; tiers, if any, by rising thresholds."""

    base: Rates
    tiers: tuple[Tier, ...] = ()

    def cost(self, usage: Usage) -> int:
        """What a call with that usage costs."""
        rates = self.base
        for tier in self.tiers:
            if usage.read > tier.above:
                rates = tier.rates
        plain = max(usage.read - usage.cached - usage.cache_written, 0)
        return _nano(
            (plain, rates.input),
            (usage.cached, rates.cached),
            (usage.cache_written, rates.cache_write),
            (usage.written, rates.output),
        )

    def most(self, read: int, written: int) -> int:
        """The most that a call costs which reads and writes no more than that.

        A longer prompt may be the cheaper one where a tier lowers the price, so every tier within
        reach counts.
        """
        reachable = (self.base, *(tier.rates for tier in self.tiers if read > tier.above))
        return max(
            _nano((read, rates.most_for_reading), (written, rates.output)) for rates in reachable
        )


def stated(price: Price) -> Tariff:
    """The tariff that an admin wrote. What is not said about the cache is taken as dear."""
    read = _decimal(price.input)
    cached = read if price.cached is None else _decimal(price.cached)
    write = read * CACHE_WRITE if price.cache_write is None else _decimal(price.cache_write)
    return Tariff(Rates(read, _decimal(price.output), cached, write))


def most_tokens(kind: str, prompt: Prompt) -> int:
    """Never less than what a prompt of this model's API counts as."""
    size = _bytes(prompt) * TOKENS_PER_TEN_BYTES[kind]
    return -(-size // 10) + TOKENS_PER_LINE * (len(prompt.said) + 2)


def likely_tokens(prompt: Prompt) -> int:
    """About what a prompt counts as, for a call of which nobody says what it used."""
    return -(-_bytes(prompt) // BYTES_PER_TOKEN)


def likely_tokens_of(text: str) -> int:
    """The same of an answer."""
    return -(-_size(text) // BYTES_PER_TOKEN)


def _bytes(prompt: Prompt) -> int:
    texts = (prompt.standing, prompt.personal, *(line.text for line in prompt.said))
    return sum(map(_size, texts))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))  # half an emoji is no reason to fail


def _decimal(dollars: float) -> Decimal:
    return Decimal(str(dollars))  # 0.1 as it is written, not as a float holds it


def _nano(*parts: tuple[int, Decimal]) -> int:
    total = Decimal(0)
    for tokens, dollars in parts:
        total = _EXACT.add(total, _EXACT.multiply(Decimal(tokens * NANO_PER_TOKEN), dollars))
    return int(total.to_integral_value(ROUND_CEILING, _EXACT))
