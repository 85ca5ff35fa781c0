"""Words and keys that must not leave, exceptions full of them, and whoever looks for them."""

from __future__ import annotations

import json
from typing import Any

from sentry_sdk.transport import Transport

DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/7"
WORDS = "o saldo da Dona Canária é um segredo"
CANARIES = (
    WORDS,
    "Canária",
    "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "sk-ant-api03-CaNaRyCaNaRy",
    "98765-4321",
    "987654321",
    "ana.canary@casa.com",
    "123.456.789-09",
    "0123456789abcdef0123456789abcdef",
)
EVERYTHING = " | ".join(
    (WORDS, f"https://x/bot1:{CANARIES[2]}/y", *CANARIES[3:6], *CANARIES[6:8], DSN)
)


class Envelopes(Transport):
    """Keeps what would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent.append(envelope)

    @property
    def bytes(self) -> bytes:
        return b"\n".join(
            json.dumps(envelope.headers, default=str).encode()
            + json.dumps(item.headers, default=str).encode()
            + item.payload.get_bytes()
            for envelope in self.sent
            for item in envelope.items
        )

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(item.payload.get_bytes()) for e in self.sent for item in e.items]


def found_in(data: bytes) -> list[str]:
    """Which canaries sing there, also as JSON writes them."""
    text = data.decode()
    return [c for c in CANARIES if c in text or json.dumps(c)[1:-1] in text]


def raised(make: Any) -> BaseException:
    local = f"{EVERYTHING} in a variable"
    try:
        make()
    except BaseException as error:  # noqa: BLE001  # whatever it raises is what we want
        return error
    raise AssertionError(local)


def simple() -> None:
    raise ValueError(EVERYTHING)


def chained() -> None:
    try:
        simple()
    except ValueError as error:
        raise RuntimeError(EVERYTHING) from error


def in_context() -> None:
    try:
        simple()
    except ValueError:
        {}[EVERYTHING]


def grouped() -> None:
    errors = [raised(simple), raised(chained)]
    raise ExceptionGroup(EVERYTHING, [*errors, ExceptionGroup(WORDS, [raised(in_context)])])


def noted() -> None:
    error = ValueError("x")
    error.add_note(EVERYTHING)
    raise error


def odd() -> None:
    raise OSError(5, EVERYTHING, f"/home/{WORDS}")
