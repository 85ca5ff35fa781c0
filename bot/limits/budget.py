"""One sender's budget: so many messages an hour, fewer for one who floods, and commands apart.

Pure: what was charged before goes in, what is charged now comes out, and a database row can
hold all of it. The count is a sliding window made of two buckets: the bucket that is filling,
and as much of the one before it as the last hour still covers. Buckets begin with the first
message, so a newcomer gets exactly the budget.

Messages over the budget are not counted, so waiting always helps: the window frees itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.model import Limit
from bot.risk.score import REMEMBERED, Seen, decayed, signals

HOUR = 3600.0
MINUTE = 60.0
_MOMENT = 0.001  # seconds: how exactly `retry_after` is found
_DUST = 1e-9  # rounding: a sum of shares may miss the whole number by this


@dataclass(frozen=True, slots=True)
class Charges:
    """What a sender has used. All times are Unix times; 0 means never."""

    hour_start: float = 0.0  # when the filling bucket of messages began
    hour_before: int = 0  # messages that passed in the bucket before it
    hour_count: int = 0  # messages that passed in it so far
    hour_last: float = 0.0  # when one last passed
    hour_told: float = 0.0  # when the sender was last told
    minute_start: float = 0.0  # the same for commands, in buckets of a minute
    minute_before: int = 0
    minute_count: int = 0
    minute_last: float = 0.0
    minute_told: float = 0.0
    recent: str = ""  # the last messages, "digest@time" each, for the risk
    risk: float = 0.0  # as it was at `risk_at`
    risk_at: float = 0.0

    @property
    def newest(self) -> float:
        """When anything was last charged."""
        return max(self.hour_last, self.minute_last, self.risk_at)


@dataclass(frozen=True, slots=True)
class Charged:
    """What became of one message."""

    charges: Charges  # to be stored
    limit: Limit
    retry_after: float  # seconds until one more would pass, if nothing else is sent; 0: at once
    risk: float  # 0 to 0.75, as it counted for this message


@dataclass(frozen=True, slots=True)
class _Window:
    """Two buckets of one length."""

    span: float  # seconds
    start: float
    before: int
    count: int
    last: float
    told: float

    def at(self, now: float) -> _Window:
        """The same window, moved on to `now`."""
        if self.start == 0.0 or now - self.last >= self.span:
            # Nothing passed within the span: whatever the buckets hold is older than that.
            return replace(self, start=now, before=0, count=0)
        if now - self.start < self.span:
            return self
        # One step is enough: `last` lies in this bucket, and it is younger than a span.
        return replace(self, start=self.start + self.span, before=self.count, count=0)

    def used(self, now: float) -> float:
        """How many messages the last span holds, taking the older bucket as evenly filled."""
        covered = 1.0 - min(1.0, max(0.0, now - self.start) / self.span)
        return self.before * covered + self.count

    def has_room(self, now: float, budget: float) -> bool:
        """Whether one more message passes."""
        moved = self.at(now)
        return moved.used(now) + 1.0 <= budget + _DUST


def charge(
    charges: Charges | None,
    *,
    now: float,
    digest: str,
    is_command: bool,
    messages_per_hour: int,
    commands_per_minute: int,
) -> Charged:
    """Charge one message and say whether it passes.

    `digest` stands for the text and holds no space or "@". Commands, among them every request
    for a person, have a budget of their own that no risk makes smaller.
    """
    charges = _not_after(charges or Charges(), now)
    if is_command:
        window = _Window(
            MINUTE,
            charges.minute_start,
            charges.minute_before,
            charges.minute_count,
            charges.minute_last,
            charges.minute_told,
        )
        window, limit, retry_after = _charged(window, now, lambda _: float(commands_per_minute))
        return Charged(_with_minute(charges, window), limit, retry_after, 0.0)

    window = _Window(
        HOUR,
        charges.hour_start,
        charges.hour_before,
        charges.hour_count,
        charges.hour_last,
        charges.hour_told,
    )
    # The risk as it stood before this message decides: then passing depends on nothing but
    # time, and `retry_after` can be kept. What this message adds to it counts from now on.
    after = _with_risk(charges, now, digest)
    window, limit, _ = _charged(window, now, _budget(charges, messages_per_hour))
    wait = 0.0
    if limit is not Limit.PASS:
        wait = _wait(window, now, _budget(after, messages_per_hour))
    return Charged(_with_hour(after, window), limit, wait, _risk(charges, now))


def _budget(charges: Charges, messages_per_hour: int) -> Callable[[float], float]:
    """What the sender may use an hour, as it grows back while the risk fades."""
    return lambda at: max(1.0, messages_per_hour * (1.0 - _risk(charges, at)))


def _not_after(charges: Charges, now: float) -> Charges:
    """The same charges, none of them in the future: a clock may have been set back."""
    if charges.newest <= now:
        return charges
    return replace(
        charges,
        hour_start=min(charges.hour_start, now),
        hour_last=min(charges.hour_last, now),
        hour_told=min(charges.hour_told, now),
        minute_start=min(charges.minute_start, now),
        minute_last=min(charges.minute_last, now),
        minute_told=min(charges.minute_told, now),
        recent="",
        risk_at=min(charges.risk_at, now),
    )


def _charged(
    window: _Window, now: float, budget: Callable[[float], float]
) -> tuple[_Window, Limit, float]:
    if window.has_room(now, budget(now)):
        moved = window.at(now)
        return replace(moved, count=moved.count + 1, last=now), Limit.PASS, 0.0
    wait = _wait(window, now, budget)
    if window.told == 0.0 or now - window.told >= window.span:
        return replace(window, told=now), Limit.NOTICE, wait
    return window, Limit.SILENT, wait


def _wait(window: _Window, now: float, budget: Callable[[float], float]) -> float:
    """Seconds until there is room. Use only falls and the budget only grows: halve the gap."""
    short, enough = 0.0, max(0.0, window.last + window.span - now)
    while enough - short > _MOMENT:
        middle = (short + enough) / 2
        if window.has_room(now + middle, budget(now + middle)):
            enough = middle
        else:
            short = middle
    return enough + _MOMENT


def _risk(charges: Charges, at: float) -> float:
    return decayed(charges.risk, at - charges.risk_at)


def _with_risk(charges: Charges, now: float, digest: str) -> Charges:
    """Limited messages count here: a flood that goes on stays a flood."""
    earlier = [_seen(entry) for entry in charges.recent.split()]
    recent = [*earlier, Seen(digest, now)][-REMEMBERED:]
    return replace(
        charges,
        recent=" ".join(f"{seen.digest}@{seen.at:.3f}" for seen in recent),
        risk=max(_risk(charges, now), signals(recent).score),
        risk_at=now,
    )


def _seen(entry: str) -> Seen:
    digest, _, at = entry.rpartition("@")
    return Seen(digest, float(at))


def _with_hour(charges: Charges, window: _Window) -> Charges:
    return replace(
        charges,
        hour_start=window.start,
        hour_before=window.before,
        hour_count=window.count,
        hour_last=window.last,
        hour_told=window.told,
    )


def _with_minute(charges: Charges, window: _Window) -> Charges:
    return replace(
        charges,
        minute_start=window.start,
        minute_before=window.before,
        minute_count=window.count,
        minute_last=window.last,
        minute_told=window.told,
    )
