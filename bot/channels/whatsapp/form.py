"""The body of a webhook of Twilio's: named values, just as they were signed.

Blank values count in the signature, and so do repeated names. Nothing here raises on what anybody
may have sent, bytes that are no UTF-8 included: telling that it is forged comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bot.errors import Unreadable

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 500  # Twilio sends about thirty, and two more for each file


@dataclass(frozen=True, slots=True)
class Form:
    """What a delivery says, by name; iterating gives the names in order, each once."""

    raw: bytes = field(repr=False)  # the body as it came
    values: Mapping[str, list[str]] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> Form:
        """Raises Unreadable with the code "too_many_fields"."""
        try:
            pairs = parse_qsl(
                body.decode("utf-8", "replace"),
                keep_blank_values=True,
                errors="replace",
                max_num_fields=MOST_FIELDS,
            )
        except ValueError:
            raise Unreadable(
                f"the form has more than {MOST_FIELDS} fields", code="too_many_fields", status=413
            ) from None
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return cls(body, values)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def getlist(self, name: str) -> list[str]:
        """Every value of a name, as received: the signature covers them all."""
        return self.values.get(name, [])

    def get(self, name: str) -> str:
        """The first value, fit to be stored; "" where there is none."""
        found = self.values.get(name)
        return found[0].replace("\x00", "\ufffd") if found else ""
