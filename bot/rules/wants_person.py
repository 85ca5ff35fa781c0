"""Whether a text asks for a person: a small grammar of contact verbs and nouns of people.

A clause asks when a verb of contact reaches a person through nothing but small words ("speak
*to a real* person"), when a person is asked to help ("can someone help me"), when somebody asks
whether anybody is there, when the bare noun stands alone ("agent please"), and when the bot is
turned down ("I don't want to talk to a bot"). Denied wishes and reports of the past do not ask.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.rules import people as p
from bot.words.normalise import plain, words_of

_CLAUSE_END = re.compile(r"[.,;:!?\n()…]+")
# "Llamé" is "I called", while "llame" without the accent is "call!".
_I_DID = re.compile(r"\b(?:llam|pas|contact|comuniqu|habl)é\b", re.IGNORECASE)
LONGEST = 400  # signs that are looked at, from both ends of a longer text
REACH = 7  # words between a verb and its noun
_PEOPLE = p.STAFF | p.ANYBODY
_FIRST = {first: [key for key in p.JOINED if key[0] == first] for first, *_ in p.JOINED}


def wants_person(text: str) -> bool:
    """Whether the text, in any wording, asks to be put through to a person."""
    if len(text) > 2 * LONGEST:
        text = text[:LONGEST] + "\n" + text[-LONGEST:]
    words: list[str] = []
    for clause in _CLAUSE_END.split(plain(_I_DID.sub("antes", text))):
        found = words_of(clause)
        if found:
            words += [*found, "|"]
    words = _joined([_corrected(word) for word in words])
    if not any(word in _PEOPLE or word in p.MACHINE for word in words):
        return False
    return (
        _bare(words)
        or any(_reaches(words, place) for place in range(len(words)))
        or any(_called_upon(words, place) for place in range(len(words)))
    )


@lru_cache(maxsize=4096)
def _corrected(word: str) -> str:
    """The word of the grammar that was meant; a word that is nothing like one stays."""
    if word in p.KNOWN or word == "|":
        return word
    if word in p.MISSPELT:
        return p.MISSPELT[word]
    if len(word) < 5 or not word.isalpha():
        return word
    allowed = 1 if len(word) < 8 else 2
    near = process.extract(
        word, p.VOCABULARY, scorer=OSA.distance, score_cutoff=allowed, limit=4
    )  # fmt: skip
    for candidate, _, _ in near:
        if candidate[0] == word[0]:
            return str(candidate)
    return word


def _joined(words: Sequence[str]) -> list[str]:
    """The words with expressions such as "customer service" made one noun."""
    joined: list[str] = []
    place = 0
    while place < len(words):
        for key in _FIRST.get(words[place], ()):
            if tuple(words[place : place + len(key)]) == key:
                joined.append(p.JOINED[key])
                place += len(key)
                break
        else:
            joined.append(words[place])
            place += 1
    return joined


def _bare(words: Sequence[str]) -> bool:
    """A clause that holds nothing but the noun of somebody who answers customers."""
    clause: list[str] = []
    for word in words:
        if word != "|":
            clause.append(word)
            continue
        rest = [each for each in clause if each not in p.POLITE and each not in ("me", "to")]
        if rest and (all(each in p.STAFF for each in rest) or rest in p.ONE_PERSON):
            return True
        clause = []
    return False


def _reaches(words: Sequence[str], place: int) -> bool:
    """A verb at this place that reaches a person, or turns down a machine."""
    verb = words[place]
    speaks = verb in p.SPEAK
    wants = verb in p.WANT
    exists = verb in p.THERE_IS
    if verb in p.ENOUGH and _enough(words, place):
        return True
    if not (speaks or wants or exists) or _reported(words, place):
        return False
    if verb == "have" and not any(word in p.MODAL for word in words[max(0, place - 2) : place]):
        return False
    denied = _denied(words, place)
    through: list[str] = []
    for at in range(place + 1, min(place + 2 + REACH, len(words))):
        word = words[at]
        if word in p.MACHINE:
            return denied and not exists and _stops(words, at)
        if word in _PEOPLE:
            if denied:
                return False
            if _followed_by_another_matter(words, at):
                return False
            if speaks:
                return True
            if verb in ("is", "any"):  # "is anyone there": the next word, and there
                return not through and _is_around(words, at) and words[at + 1] != "|"
            if exists:
                return word in p.STAFF or _is_around(words, at)
            if any(each in p.ELSE for each in through):
                return False
            return word in p.STAFF or _ends_or_helps(words, at)
        if word not in p.FILLER and word not in p.ELSE:
            return False
        through.append(word)
    return False


def _enough(words: Sequence[str], place: int) -> bool:
    """ "Enough of this robot" """
    for at in range(place + 1, min(place + 5, len(words))):
        if words[at] in p.MACHINE:
            return _stops(words, at)
        if words[at] not in p.FILLER and words[at] not in ("talking", "falar", "hablar"):
            return False
    return False


def _stops(words: Sequence[str], noun: int) -> bool:
    """Whether the machine is the bot and not, say, a robot vacuum: nothing is said of it."""
    return words[noun + 1] in p.FILLER or words[noun + 1] in p.WANT or words[noun + 1] in p.POLITE


def _called_upon(words: Sequence[str], place: int) -> bool:
    """A person asked to do something for the customer: "alguém pode me atender"."""
    if words[place] not in _PEOPLE or _denied(words, place):
        return False
    before = words[max(0, place - 3) : place]
    modal = any(word in p.MODAL for word in before)
    for at in range(place + 1, min(place + 5, len(words))):
        word = words[at]
        if word in p.HELP:
            after = words[at + 1 : at + 5]
            closed = all(each in p.FILLER or each in p.POLITE for each in after[: _end(after)])
            mine = "me" in words[place:at] or bool({"me", "us", "comigo", "conmigo"} & set(after))
            return (modal or mine) and (closed or (words[place] in p.STAFF and mine))
        if word in p.MODAL:
            modal = True
        elif word not in ("me", "nos", "us", "por", "favor", "please", "real", "aqui", "ai"):
            return False
    return False


def _end(words: Sequence[str]) -> int:
    return words.index("|") if "|" in words else len(words)


def _denied(words: Sequence[str], place: int) -> bool:
    before = list(words[max(0, place - 4) : place])
    if "|" in before:
        before = before[len(before) - before[::-1].index("|") :]
    for back, word in enumerate(reversed(before)):
        if word in p.CANNOT:
            return False
        if word in p.NOT:
            between = before[len(before) - back :]
            return all(
                each in p.FILLER or each in p.WANT or each in p.SPEAK or each in p.MODAL
                or each in ("going", "more", "mais", "mas", "que", "have", "ter", "tener")
                for each in between
            )  # fmt: skip
    return False


def _reported(words: Sequence[str], place: int) -> bool:
    """Something that was, or that people do in general: not a wish."""
    before = words[max(0, place - 2) : place]
    if not before:
        return False
    last = before[-1]
    if last in p.WAS:
        return True
    return (
        last in p.SUBJECT
        and words[place] in p.SPEAK
        and not (len(before) > 1 and before[-2] in p.MODAL)
    )


def _followed_by_another_matter(words: Sequence[str], noun: int) -> bool:
    """ "a person who can receive my parcel": not somebody to talk to."""
    after = words[noun + 1 : noun + 7]
    after = after[: _end(after)]
    if not after or after[0] not in p.WHO:
        return False
    if after[0] in ("to", "para", "que", "who", "that", "quem", "quien", "whose", "which"):
        return not any(word in p.HELP or word in p.SPEAK for word in after[1:])
    return True


def _is_around(words: Sequence[str], noun: int) -> bool:
    after = words[noun + 1 : noun + 5]
    after = after[: _end(after)]
    if not after:
        return True
    if any(word in p.HELP or word in p.SPEAK for word in after):
        return True
    return all(word in p.THERE or word in p.FILLER or word in p.POLITE for word in after)


def _ends_or_helps(words: Sequence[str], noun: int) -> bool:
    """After "I want a person": the end, or what the person should do for the customer."""
    after = words[noun + 1 : noun + 6]
    after = after[: _end(after)]
    if not after or any(word in p.HELP or word in p.SPEAK for word in after):
        return True
    quiet = p.FILLER | p.POLITE | p.THERE | p.MACHINE | p.NOT
    return all(word in quiet for word in after)
