"""Telephone numbers that are the same though they are written differently."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"(?P<plus>\+|00)?[\d\s().\u2010-\u2014/-]+")
_WITH_PLUS = range(7, 16)  # digits; 15 is the most that ITU-T E.164 allows
_WITHOUT_PLUS = range(10, 16)  # shorter ones may be any number
# WhatsApp writes some numbers of these countries in an older form than people do:
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/phone-numbers
_BRAZIL_OLD = re.compile(r"(55\d\d)([6-9]\d{7})")  # a mobile number without its ninth digit
_MEXICO_OLD = re.compile(r"521(\d{10})")


def same_number(text: str) -> str:
    """The digits by which to compare a telephone number; "" where the text looks like none.

    "+55 (31) 99999-0000", "005531999990000" and "5531999990000" are the same.
    """
    text = text.strip()
    found = _SIGNS.fullmatch(text)
    if not found:
        return ""
    marked = found["plus"] is not None
    digits = re.sub(r"\D", "", text)
    if found["plus"] == "00":
        digits = digits[2:]
    if len(digits) not in (_WITH_PLUS if marked else _WITHOUT_PLUS):
        return ""
    if old := _BRAZIL_OLD.fullmatch(digits):
        return f"{old[1]}9{old[2]}"
    if old := _MEXICO_OLD.fullmatch(digits):
        return f"52{old[1]}"
    return digits
