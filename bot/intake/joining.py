"""Which waiting messages make one turn, and when the burst is over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.ports import Pauses
from bot.model import Kind, Limit, Ownership

MOST_MESSAGES = 40
MOST_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored message that no turn has taken yet."""

    seq: int
    kind: Kind
    limit: Limit
    identity: str
    length: int  # characters
    at: float  # Unix time of arrival


@dataclass(frozen=True, slots=True)
class Burst:
    """The messages of the next turn, in order of arrival."""

    seqs: tuple[int, ...]
    closes_at: float  # Unix time until which more may join; CLOSED: no more can


CLOSED = 0.0


def next_burst(
    waiting: Sequence[Waiting], pauses: Pauses, ownership: Ownership, now: float
) -> Burst:
    """Join the texts at the head of the line; everything else makes a turn of its own.

    `waiting` is the line in order of arrival and not empty. Nobody waits for the end of a burst
    before a person reads it, nor once something that cannot join stands behind it.
    """
    first = waiting[0]
    if not pauses.join or not _joins(first, first):
        return Burst((first.seq,), CLOSED)
    joined = [first]
    size = first.length
    for message in waiting[1:]:
        size += message.length
        crowded = len(joined) == MOST_MESSAGES or size > MOST_CHARACTERS
        too_late = message.at > _closing(joined, pauses)
        if crowded or too_late or not _joins(first, message):
            return Burst(tuple(each.seq for each in joined), CLOSED)
        joined.append(message)
    seqs = tuple(each.seq for each in joined)
    closes_at = _closing(joined, pauses)
    clock_went_back = closes_at > now + pauses.cap
    if ownership is Ownership.HUMAN or clock_went_back:
        return Burst(seqs, CLOSED)
    return Burst(seqs, closes_at)


def _joins(first: Waiting, message: Waiting) -> bool:
    return (
        message.kind in (Kind.TEXT, Kind.MEDIA)
        and message.limit is Limit.PASS
        and message.identity == first.identity
    )


def _closing(joined: Sequence[Waiting], pauses: Pauses) -> float:
    return min(joined[-1].at + pauses.pause, joined[0].at + pauses.cap)
