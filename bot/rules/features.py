"""A text as weighted features: its words, pairs of neighbours, word beginnings and letters.

Words carry the meaning, pairs some of the order, beginnings the inflection (cancel, cancelar,
cancelamento), and runs of letters what is left of a word after a typo.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from bot.words.normalise import normalise

WORD, PAIR, BEGINNING, LETTERS = 1.0, 0.6, 0.6, 0.5
BEGINNING_LENGTH = 5
LETTER_RUNS = (3, 4)
DAMPING = 0.7  # a feature seen twice counts for less than two
LONGEST = 400  # signs; a longer text is judged by its beginning

Features = Mapping[str, float]


def simplify(text: str) -> str:
    """The normalised text with every number made the same: 4711 and 4712 ask the same thing."""
    words = normalise(text[:LONGEST]).split()
    return " ".join("0" if any(map(str.isdigit, word)) else word for word in words)


def features(simple: str) -> Features:
    """The features of a text that went through `simplify`; the first letter tells the kind."""
    found: defaultdict[str, float] = defaultdict(float)
    words = simple.split()
    if not words:
        return found
    previous = "^"
    for word in words:
        found["w" + word] += WORD
        found[f"p{previous} {word}"] += PAIR
        if len(word) > BEGINNING_LENGTH:
            found["b" + word[:BEGINNING_LENGTH]] += BEGINNING
        bounded = f"<{word}>"
        for length in LETTER_RUNS:
            for start in range(len(bounded) - length + 1):
                found["l" + bounded[start : start + length]] += LETTERS
        previous = word
    found[f"p{previous} $"] += PAIR
    return {feature: weight**DAMPING for feature, weight in found.items()}
