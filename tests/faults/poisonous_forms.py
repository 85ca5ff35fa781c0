"""Authentic forms of Twilio's that nobody has seen yet, and some that nobody can read."""

from __future__ import annotations

import json

from tests.twilio_api.server import ACCOUNT_SID, NUMBER

Form = dict[str, str]
STRANGER = "whatsapp:+5511977770001"
STRANGE = [
    "", " ", "null", "0", "-1", "NaN", "[]", "{}", "\x00", "\ufffd", "á" * 300, "😀" * 50,
    "<Response/>", "{{7*7}}", "%s%n", "' OR 1=1 --", "../../etc/passwd", "whatsapp:", "+", "😀",
]  # fmt: skip


def said(number: int, **fields: str) -> Form:
    """A message of a stranger's, with an id that no other has."""
    sid = f"SM{number:032x}"
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": STRANGER,
        "To": f"whatsapp:{NUMBER}",
        "Body": "oi",
        "NumMedia": "0",
        "ProfileName": "Estranha",
        "MessageType": "text",
        "ApiVersion": "2010-04-01",
    } | fields


def _without(form: Form, *names: str) -> Form:
    return {name: value for name, value in form.items() if name not in names}


def _poison() -> list[Form]:
    """What cannot be read: who wrote, to whom, or which message it is, does not stand in it."""
    made = [
        _without(said(1), "MessageSid", "SmsSid"),
        _without(said(2), "From"),
        _without(said(3), "To"),
        {"AccountSid": ACCOUNT_SID},
    ]
    for value in STRANGE:
        made.append(said(4, MessageSid=value or " "))
        made.append(said(5, From=value))
        made.append(said(6, To=value))
        made.append(_without(said(7, MessageStatus="delivered", SmsSid=value), "MessageSid"))
        made.append(said(8, From=f"whatsapp:{value}x"))
    for prefix in ("CA", "AC", "XX", "sm"):
        made.append(said(9, MessageSid=prefix + "0" * 32))
    for length in (0, 1, 31, 33, 64, 10_000):
        made.append(said(10, MessageSid="SM" + "0" * length))
    return made


def _odd() -> list[Form]:
    """What can be read, however strange it is: taken as a message, or as nothing."""
    deep = '{"a":' * 500 + "1" + "}" * 500
    texts = [deep, "[" * 5_000, json.dumps({"title": "x" * 5_000}), "\u202e" * 200, "\x00" * 20]
    made = [said(1000 + n, MessageStatus=value) for n, value in enumerate(STRANGE) if value]
    number = 2000
    for name in ("NumMedia", "Latitude", "ButtonPayload", "MessageType", "ProfileName", "WaId"):
        for value in STRANGE:
            number += 1
            made.append(said(number, **{name: value, "Longitude": value}))
    for name in ("Body", "InteractiveData", "FlowData", "ReferralBody", "ButtonText"):
        for value in texts:
            number += 1
            made.append(said(number, **{"Body": "", name: value}))
    for count in ("1", "3", "11", "999999999999999999999"):
        number += 1
        made.append(said(number, NumMedia=count, MediaUrl0="file:///etc/passwd"))
    made.append(said(number + 1, **{f"Unheard{n}": "x" for n in range(400)}))
    made.append(said(number + 2, From=f"whatsapp:{NUMBER}"))  # to ourselves
    return made


def is_message(form: Form) -> bool:
    """Whether this odd form is a message of somebody else's, rather than of ours or about one."""
    return "MessageStatus" not in form and form["From"] == STRANGER


POISON = _poison()
ODD = _odd()
HUGE = [
    said(9001, Body="a" * 70_000),
    said(9002, Body="😀" * 200_000),
    said(9003, **{f"Field{n}": "" for n in range(600)}),
    said(9004, InteractiveData="[" * 500_000),
]
