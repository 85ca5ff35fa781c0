"""Examples turned into an inverted index that says how near a text is to each intent.

Nearness is the cosine of TF-IDF weights, mostly to the middle of an intent's examples and
partly to the nearest single example. Examples are grouped by intent and language, so that the
Portuguese half of an intent does not pull away from the English half.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.rules.features import Features, features, simplify

SINGLE = 0.2  # share of the nearest example; the rest is the middle of the group
CONCENTRATION = 0.4  # how much a feature gains by belonging to few intents


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence an admin wrote for an intent."""

    intent: str
    language: str  # "" where none is stated
    simple: str  # went through `simplify`


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near a text is to one group."""

    intent: str
    language: str
    score: float  # 0..1


class Index:
    """Built once per book; asking it does not change it."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self.examples = tuple(example for example in examples if example.simple)
        names = sorted({(example.intent, example.language) for example in self.examples})
        self.groups = tuple(names)
        number = {group: index for index, group in enumerate(names)}
        self.group_of = tuple(number[example.intent, example.language] for example in self.examples)
        counted = [features(example.simple) for example in self.examples]
        self._weight = _weights(counted, [example.intent for example in self.examples])
        self._unseen = math.log(1 + len(counted)) if counted else 1.0
        vectors = [self._weighed(found) for found in counted]
        self._lengths = [_length(vector.values()) for vector in vectors]
        self._sizes = [_length(total.values()) for total in self._sums(vectors)]
        self._having = _inverted(vectors)

    def near(self, simple: str, language: str | None = None) -> list[Nearness]:
        """Every group that shares something with the text, nearest first.

        A stated language makes the groups of other languages a little less near: people do
        change language in mid-chat.
        """
        length = 0.0
        products = [0.0] * len(self.examples)
        for feature, count in features(simple).items():
            weight = self._weight.get(feature)
            if weight is None:
                length += (count * self._unseen) ** 2
                continue
            value = count * weight
            length += value * value
            for share, having in self._having[feature]:
                step = value * share
                for example in having:
                    products[example] += step
        # The products with a group's examples add up to the product with their sum.
        sums = [0.0] * len(self.groups)
        singles = [0.0] * len(self.groups)
        for group, product, own in zip(self.group_of, products, self._lengths, strict=True):
            if product:
                product /= own
                sums[group] += product
                if product > singles[group]:
                    singles[group] = product
        length = math.sqrt(length) or 1.0
        scored = []
        for group, (intent, of) in enumerate(self.groups):
            if not sums[group]:
                continue
            middle = sums[group] / self._sizes[group]
            score = (SINGLE * singles[group] + (1 - SINGLE) * middle) / length
            if language and of and of != language:
                score *= 0.98
            scored.append(Nearness(intent, of, min(score, 1.0)))
        return sorted(scored, key=lambda near: (-near.score, near.intent))

    def _weighed(self, found: Features) -> Features:
        return {feature: count * self._weight[feature] for feature, count in found.items()}

    def _sums(self, vectors: Iterable[Features]) -> list[dict[str, float]]:
        """Each group's examples, made equally long and added up: the direction of its middle."""
        sums: list[dict[str, float]] = [defaultdict(float) for _ in self.groups]
        for group, vector, length in zip(self.group_of, vectors, self._lengths, strict=True):
            for feature, value in vector.items():
                sums[group][feature] += value / length
        return sums


def _length(values: Iterable[float]) -> float:
    return math.sqrt(sum(value * value for value in values)) or 1.0


def _inverted(vectors: Iterable[Features]) -> dict[str, tuple[tuple[float, tuple[int, ...]], ...]]:
    """For each feature its values, and for each value the numbers of the examples having it.

    Few values are shared by many examples, which keeps what is walked for each text small.
    """
    inverted: defaultdict[str, defaultdict[float, list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for example, vector in enumerate(vectors):
        for feature, value in vector.items():
            inverted[feature][value].append(example)
    return {
        feature: tuple((value, tuple(having)) for value, having in by_value.items())
        for feature, by_value in inverted.items()
    }


def _weights(counted: Sequence[Features], intents: Sequence[str]) -> dict[str, float]:
    """Rare features weigh more, and so do those that keep to few intents."""
    owners: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for found, intent in zip(counted, intents, strict=True):
        for feature in found:
            owners[feature][intent] += 1
    most = math.log(max(len(set(intents)), 2))
    weights = {}
    for feature, intents_of in owners.items():
        total = sum(intents_of.values())
        spread = -sum(n / total * math.log(n / total) for n in intents_of.values())
        rare = math.log(1 + len(counted) / total)
        weights[feature] = rare * max(1 - spread / most, 0.05) ** CONCENTRATION
    return weights


def examples_of(intent: str, language: str, texts: Iterable[str]) -> list[Example]:
    return [Example(intent, language, simplify(text)) for text in texts]
