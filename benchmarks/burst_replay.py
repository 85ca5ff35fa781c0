"""People who write in pieces, in virtual time, against the decisions that the line makes.

The sentences are in `bursts/`: a line is one thought, " / " stands where a message was sent. When
they are sent is drawn, with a seed, for two kinds of people:

* Brisk ones send their pieces as they come: 1.2 s after the one before in the median (log-normal,
  sigma 0.5: one gap in forty is longer than 3.2 s). This is assumed, for want of a public figure:
  half the pace of the burst of six within three seconds that a fault test sends.
* Typists, at about 36 to 38 words a minute on a phone, of five signs each (Palin et al., "How do
  People Type on Mobile Devices?", MobileHCI 2019, 37,000 people). That people differ from each
  other by a factor of e^0.3 is assumed; it is about the spread which that study reports.
  Assumed, for want of a public figure: before each piece a rest of 0.7 s in the median (log-normal,
  sigma 0.6); 4 s to choose a picture (sigma 0.4); every third picture is an album of three, whose
  pictures arrive up to 0.7 s apart. Each piece is typed after the one before it was sent, so the
  gaps of these people are 5 s in the median: whoever answers them after five seconds of silence, as
  most people want it, interrupts them, and whoever does not keeps everybody else waiting.

Assumed of both: 0.15 s in the mean until a message is here; a person writes four thoughts.
"""

from __future__ import annotations

import math
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.intake.joining import CLOSED, Burst, Waiting, Writing, corrects, next_burst
from bot.intake.ports import Pauses
from bot.intake.rhythm import UNKNOWN, Rhythm, learnt
from bot.model import Kind, Limit, Ownership

CORPUS = Path(__file__).parent / "bursts"
LANGUAGES = ("pt", "en", "es")
WORDS_PER_MINUTE, SIGNS_A_WORD, PEOPLE_DIFFER = 36.2, 5, 0.3
REST, REST_SIGMA = 0.7, 0.6
CHOOSING, CHOOSING_SIGMA = 4.0, 0.4
ALBUMS, ALBUM, ALBUM_GAP = 1 / 3, 3, 0.7
DELIVERY = 0.15
BRISK, BRISK_SIGMA = 1.2, 0.5
THOUGHTS_EACH = 4
_MEDIA = re.compile(r"^\[(\w+)\]\s*")

Policy = Callable[[Sequence[Waiting], float, Rhythm], Burst]


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: when it arrived, and what it was."""

    at: float
    text: str
    media: str = ""


@dataclass(slots=True)
class Tally:
    """What became of many thoughts."""

    bursts: int = 0
    answered_once: int = 0
    thoughts: int = 0
    generations: int = 0
    thrown_away: int = 0
    waits_alone: list[float] = field(default_factory=list)  # for single messages
    waits_after: list[float] = field(default_factory=list)  # after the last piece of a burst

    @property
    def one_reply(self) -> float:
        return self.answered_once / self.bursts

    @property
    def wasted(self) -> float:
        """Generations beyond one a thought: thrown away, or said before the thought was whole."""
        return (self.generations - self.thoughts) / self.generations


def corpus(held_out: bool) -> dict[str, list[tuple[str, ...]]]:
    """Half of the thoughts, by language: each belongs to one half for good, by its checksum."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for language in LANGUAGES:
        lines = (CORPUS / f"{language}.txt").read_text(encoding="utf-8").splitlines()
        half = (line for line in lines if zlib.crc32(line.encode()) % 2 == held_out)
        found[language] = [tuple(line.split(" / ")) for line in half]
    return found


def people(held_out: bool, seed: int, times: int, *, brisk: bool) -> Iterator[list[list[Sent]]]:
    """Everybody's thoughts, each of the corpus so many times."""
    chance = random.Random(seed)
    for thoughts in corpus(held_out).values():
        lines = thoughts * times
        chance.shuffle(lines)
        for start in range(0, len(lines), THOUGHTS_EACH):
            speed = WORDS_PER_MINUTE * math.exp(chance.gauss(0, PEOPLE_DIFFER))
            rate = math.inf if brisk else speed * SIGNS_A_WORD / 60  # signs a second
            yield [typed(each, rate, chance) for each in lines[start : start + THOUGHTS_EACH]]


def typed(pieces: Sequence[str], rate: float, chance: random.Random) -> list[Sent]:
    """When each piece arrives, the first at about 0; at an infinite rate, brisk people's."""
    brisk = math.isinf(rate)
    at, found = 0.0, []
    for n, piece in enumerate(pieces):
        media = match[1] if (match := _MEDIA.match(piece)) else ""
        text = _MEDIA.sub("", piece)
        if n:
            rest = (BRISK, BRISK_SIGMA) if brisk else (REST, REST_SIGMA)
            at += chance.lognormvariate(math.log(rest[0]), rest[1]) + len(text) / rate
            chosen = media and not brisk
            at += chance.lognormvariate(math.log(CHOOSING), CHOOSING_SIGMA) if chosen else 0.0
        found.append(Sent(at + chance.expovariate(1 / DELIVERY), text, media))
        if media == "photo" and chance.random() < ALBUMS:
            for _ in range(ALBUM - 1):
                found.append(Sent(found[-1].at + chance.uniform(0, ALBUM_GAP), "", media))
            at = found[-1].at
    return sorted(found, key=lambda sent: sent.at)


def fixed(pause: float, cap: float) -> Policy:
    """So many seconds after the last message, whatever it says."""

    def policy(waiting: Sequence[Waiting], now: float, rhythm: Rhythm) -> Burst:
        joined = [waiting[0]]
        for message in waiting[1:]:
            if message.at > min(joined[-1].at + pause, joined[0].at + cap):
                return Burst(tuple(each.seq for each in joined), CLOSED)
            joined.append(message)
        closes = min(joined[-1].at + pause, joined[0].at + cap)
        return Burst(tuple(each.seq for each in joined), closes)

    return policy


def fitting(pauses: Pauses) -> Policy:
    """As the line does it."""

    def policy(waiting: Sequence[Waiting], now: float, rhythm: Rhythm) -> Burst:
        return next_burst(waiting, pauses, Ownership.BOT, now, Writing(rhythm))

    return policy


def replay(
    everybody: Iterator[list[list[Sent]]], policy: Policy, pauses: Pauses | None, model: float
) -> Tally:
    """Serve them all. `pauses` says what may correct an answer, `model` how long one takes."""
    tally = Tally()
    for thoughts in everybody:
        rhythm = UNKNOWN
        for sent in thoughts:
            rhythm = _serve(sent, policy, pauses, model, rhythm, tally)
    return tally


def _serve(
    sent: Sequence[Sent],
    policy: Policy,
    pauses: Pauses | None,
    model: float,
    rhythm: Rhythm,
    tally: Tally,
) -> Rhythm:
    coming = [_waiting(n, each) for n, each in enumerate(sent)]
    waiting: list[Waiting] = []
    now, replies = 0.0, 0
    while coming or waiting:
        if not waiting:
            waiting.append(coming.pop(0))
            now = max(now, waiting[0].at)
        while coming and coming[0].at <= now:
            waiting.append(coming.pop(0))
        burst = policy(waiting, now, rhythm)
        if burst.closes_at > now:
            now = min(burst.closes_at, coming[0].at) if coming else burst.closes_at
            continue
        read = [each for each in waiting if each.seq in burst.seqs]
        waiting = waiting[len(read) :]
        new = read[max(sum(1 for each in read if each.reruns) - 1, 0) :]
        rhythm = learnt(rhythm, [each.at for each in new if each.kind is Kind.TEXT])
        opened, now = now, now + model
        tally.generations += 1
        while coming and coming[0].at <= now:
            waiting.append(coming.pop(0))
        if pauses and waiting and corrects(read, waiting[0], opened, pauses):
            tally.thrown_away += 1
            waiting = [*(replace(each, reruns=each.reruns + 1) for each in read), *waiting]
            continue
        replies += 1
    tally.thoughts += 1
    if len(sent) > 1:
        tally.bursts += 1
        tally.answered_once += replies == 1
        tally.waits_after.append(opened - sent[-1].at)
    else:
        tally.waits_alone.append(opened - sent[-1].at)
    return rhythm


def _waiting(seq: int, sent: Sent) -> Waiting:
    kind = Kind.MEDIA if sent.media else Kind.TEXT
    media = (sent.media,) if sent.media else ()
    return Waiting(seq, kind, Limit.PASS, "somebody", sent.text, sent.at, media)
