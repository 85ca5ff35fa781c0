"""What became of a line of ours, in plain words: arrived, on its way, kept, or lost and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KEPT = "window_closed"  # as in delivery/ports.py, which stands above this room
LOOKED_UP = "looking"

# Why a platform did not take a message for good: the reasons of DeliveryRefused.
FAILURES: Mapping[str, str] = {
    "blocked": "the customer has blocked us",
    "gone": "nobody can be reached there any more",
    "policy": "the platform does not allow such a message",
    "limited": "the platform lets this customer get no more from businesses for now",
    "busy": "the platform was overloaded, and several tries did not help",
    "stopped": "our account at the platform was stopped for too long",
    "sandbox": "this customer has not joined the test number",
    "sender": "the platform does not accept our own number; an admin has to look",
    "media": "the platform could not fetch the attachment",
    "too_long": "it is too long",
    "bug": "the platform did not understand our request; a fault of ours",
    "template": "the platform does not take it for an approved message",
    "refused": "the platform refused it",
    "dropped": "it did not arrive, and whoever runs the desk has let it be",
    KEPT: "the customer has not written for 24 hours; it is kept until they write",
}
_RECEIPTS: Mapping[str, str] = {
    "queued": "on its way",
    "sending": "on its way",
    "sent": "✓ sent",
    "delivered": "✓✓ delivered",
    "read": "✓✓ read",
}
_ARRIVED = frozenset({"delivered", "read"})


@dataclass(frozen=True, slots=True)
class Fate:
    """How far a line has come, in the ledger's stable words."""

    state: str  # pending, sending, sent, failed, unknown
    receipt: str = ""  # as the platform says; "" where it tells nothing
    failure: str = ""


def in_words(fate: Fate) -> str:
    """For a person at the desk. "" where there is nothing to say: it was sent, and that is all."""
    if fate.receipt in _ARRIVED:  # whatever was believed of it meanwhile
        return _RECEIPTS[fate.receipt]
    match fate.state:
        case "failed" if fate.failure == KEPT:
            return "kept until the customer writes"
        case "failed":
            return f"✗ not delivered: {FAILURES.get(fate.failure, FAILURES['refused'])}"
        case "unknown" if fate.failure == LOOKED_UP:
            return "being looked up at the platform"
        case "unknown":
            return "? may not have arrived"
        case "pending":
            return "waits to be sent"
        case "sending":
            return "on its way"
        case _:
            return _RECEIPTS.get(fate.receipt, "")
