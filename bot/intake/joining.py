"""Which waiting messages make one turn, when the burst is over, and what may still join it. Pure.

How long is waited depends on what was written (`thought.py`) and on who writes (`rhythm.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.ports import Pauses
from bot.intake.rhythm import UNKNOWN, Rhythm, learnt
from bot.intake.thought import Piece, Thought, thought_of
from bot.model import Incoming, Kind, Limit, Ownership

MOST_MESSAGES = 40
MOST_CHARACTERS = 12_000
MOST_RERUNS = 1  # answers to one message that are thrown away for what came after it


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored message that no turn has taken yet, or that a turn has given back."""

    seq: int
    kind: Kind
    limit: Limit
    identity: str
    text: str
    at: float  # Unix time of arrival
    media: tuple[str, ...] = ()  # kinds
    reruns: int = 0  # answers to it that were thrown away

    @property
    def unlearnt(self) -> bool:
        """Whether its time tells something new of how its author types."""
        return self.kind is Kind.TEXT and not self.reruns

    @property
    def piece(self) -> Piece:
        """What it tells of whether another follows."""
        return Piece(self.text, self.media)


@dataclass(frozen=True, slots=True)
class Burst:
    """The messages of the next turn, in order of arrival."""

    seqs: tuple[int, ...]
    closes_at: float  # Unix time until which more may join; CLOSED: no more can


@dataclass(frozen=True, slots=True)
class Writing:
    """What is known of the person who writes."""

    rhythm: Rhythm = UNKNOWN
    asked: bool = False  # we have asked them for something


CLOSED = 0.0
NOBODY = Writing()


def next_burst(
    waiting: Sequence[Waiting],
    pauses: Pauses,
    ownership: Ownership,
    now: float,
    writing: Writing = NOBODY,
) -> Burst:
    """Join the texts at the head of the line; everything else makes a turn of its own.

    `waiting` is the line in order of arrival and not empty. Nobody waits for the end of a burst
    before a person reads it, nor once something that cannot join stands behind it.
    """
    first = waiting[0]
    if not pauses.join or not _joins(first, first):
        return Burst((first.seq,), CLOSED)
    joined = [first]
    size = len(first.text)
    for message in waiting[1:]:
        size += len(message.text)
        crowded = len(joined) == MOST_MESSAGES or size > MOST_CHARACTERS
        if crowded or not _joins(first, message) or _too_late(message, joined, pauses, writing):
            return Burst(tuple(each.seq for each in joined), CLOSED)
        joined.append(message)
    seqs = tuple(each.seq for each in joined)
    closes_at = _closing(joined, pauses, writing)
    clock_went_back = closes_at > now + pauses.cap
    if ownership is Ownership.HUMAN or clock_went_back:
        return Burst(seqs, CLOSED)
    return Burst(seqs, closes_at)


def corrects(read: Sequence[Waiting], message: Waiting, closed_at: float, pauses: Pauses) -> bool:
    """Whether this message may take back the answer to those that were `read` before it.

    The turn of `read` was opened at `closed_at` (Unix time). Each message's answer is thrown away
    once at the most: somebody who goes on writing is answered all the same.
    """
    first = read[0]
    return (
        pauses.join
        # What is older waited when the turn was opened, and was left out; or the clock went back.
        and abs(message.at - closed_at) <= pauses.correction
        and _joins(first, message)
        and all(_joins(first, each) and each.reruns < MOST_RERUNS for each in read)
        and len(read) < MOST_MESSAGES
        and sum(len(each.text) for each in (*read, message)) <= MOST_CHARACTERS
    )


def goes_on(message: Incoming) -> bool:
    """Whether more is plainly to come: nobody need look at the line again for this message."""
    if message.kind not in (Kind.TEXT, Kind.MEDIA):
        return False
    media = tuple(each.kind for each in message.media)
    return thought_of([Piece(message.text, media)]) is Thought.OPEN


def _joins(first: Waiting, message: Waiting) -> bool:
    return (
        message.kind in (Kind.TEXT, Kind.MEDIA)
        and message.limit is Limit.PASS
        and message.identity == first.identity
    )


def _too_late(
    message: Waiting, joined: Sequence[Waiting], pauses: Pauses, writing: Writing
) -> bool:
    """What would take the answer back joins before there is one, and what took one back joins."""
    last = joined[-1]
    if last.reruns and not message.reruns:
        return False
    corrects_until = min(last.at + pauses.correction, joined[0].at + pauses.cap)
    return message.at > max(_closing(joined, pauses, writing), corrects_until)


def _closing(joined: Sequence[Waiting], pauses: Pauses, writing: Writing) -> float:
    thought = thought_of([each.piece for each in joined], asked=writing.asked)
    rhythm = learnt(writing.rhythm, [each.at for each in joined if each.unlearnt])
    pause = thought.value * rhythm.fitted(pauses.pause)
    return min(joined[-1].at + pause, joined[0].at + pauses.cap)
