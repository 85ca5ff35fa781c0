"""What a call cost, for the record and for the purse.

The provider's own count, where it told one. Nothing, where no model has seen the request: it never
arrived, or an HTTP error came back. Otherwise the record holds an estimate at four bytes a token:
of prompt and answer where an answer came without a count, of the prompt alone where none came (a
timeout, a connection that broke midway). The purse is not lowered by an estimate: what may have
been billed stays counted in full.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import ProviderBroken, ProviderError
from bot.prompt import Prompt, Usage
from bot.providers.ports import Access
from bot.providers.spending import Reservation, Spending
from bot.providers.tariff import likely_tokens, likely_tokens_of

MOST_TOKENS = 10**9  # of one call; a server that claims more is not believed, and sums stay sums

# Kinds of failure that no model has worked for. A connection that broke after it was made is not
# among them: the model may be at work on an answer that nobody will hear.
NOT_PROCESSED = frozenset(
    {
        "bad_request",
        "context_too_long",
        "overloaded",
        "rate_limited",
        "redirected",
        "server_error",
        "unreachable",  # no connection was made
    }
)


@dataclass(frozen=True, slots=True)
class Bill:
    """One call's money: what was reserved for it is settled once. Costs are billionths of a dollar;
    None: nobody knows this model's price."""

    access: Access
    prompt: Prompt
    reserved: Reservation
    spending: Spending

    def of_answer(self, text: str, usage: Usage) -> int | None:
        """The model has answered."""
        if usage.read:
            return self._counted(usage)
        return self._cost(Usage(read=likely_tokens(self.prompt), written=likely_tokens_of(text)))

    def of_failure(self, error: ProviderError, usage: Usage) -> int | None:
        """It has not."""
        if usage.read:
            return self._counted(usage)
        if isinstance(error, ProviderBroken) or error.kind in NOT_PROCESSED:
            return self.of_nothing()
        return self._cost(Usage(read=likely_tokens(self.prompt)))

    def of_nothing(self) -> int:
        """No model has seen the request."""
        self.spending.settle(self.reserved, 0)
        return 0

    def _counted(self, usage: Usage) -> int | None:
        cost = self._cost(usage)
        if cost is not None:
            self.spending.settle(self.reserved, cost)
        return cost

    def _cost(self, usage: Usage) -> int | None:
        return self.spending.prices.cost(self.access, usage)


def believed(usage: Usage) -> Usage:
    """The count as it can be: a server's mistake must not reach a sum or a column."""
    read = _within(usage.read, MOST_TOKENS)
    cached = _within(usage.cached, read)
    cache_written = _within(usage.cache_written, read - cached)
    return Usage(read, cached, cache_written, _within(usage.written, MOST_TOKENS))


def _within(tokens: int, most: int) -> int:
    return min(max(tokens, 0), most)
