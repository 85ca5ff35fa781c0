"""A stand-in for Twilio's API and for the people who use WhatsApp, on loopback.

`async with StandIn() as api:` inside a test, or a program of its own: `python -m
tests.twilio_api --port 0`. It proves our side of the talk, not Twilio's: what it does is taken
from the SDK's source, from the documentation and from what others have seen. Where these say
nothing, the module says what the stand-in assumes.

    api.deliver_to(f"{desk.url}/hooks/whatsapp")
    ana = api.person("+5511990000001", "Ana")
    await ana.says("oi")
    [answer] = await api.wait_shown(ana)
    await ana.presses(answer, answer.labels[0])
"""

from tests.loopback.clock import Clock
from tests.twilio_api.contents import Content
from tests.twilio_api.ledger import Call, Message, Violation
from tests.twilio_api.limits import SANDBOX
from tests.twilio_api.people import Person
from tests.twilio_api.server import ACCOUNT_SID, AUTH_TOKEN, NUMBER, StandIn

__all__ = [
    "ACCOUNT_SID",
    "AUTH_TOKEN",
    "NUMBER",
    "SANDBOX",
    "Call",
    "Clock",
    "Content",
    "Message",
    "Person",
    "StandIn",
    "Violation",
]
