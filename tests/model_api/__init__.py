"""A stand-in for the model servers of OpenAI and Anthropic, on loopback: one server, both APIs.

In a test:

    async with StandIn() as api:
        access = api.access("openai")               # or "anthropic": for bot.providers
        api.openai.then("Sim!", Fault.OVERLOADED)   # the next two answers, in this order
        api.anthropic.always(Fault.HANG)            # all others
        api.openai.always(lambda asked: asked.last.upper())  # a plain function plays the model
        ...
        assert api.calls("openai")[0].body["store"] is False

A reply is a text, `Say`, a `Fault`, `Refuse`, `Raw`, or a function of the `Asked` that gives one of
these. `api.model("gpt-x")` scripts one model apart from its API, `api.openai.latency = (0, 8)`
makes answers late, `api.openai.sometimes(0.3, Fault.DRIP)` lets a share of them fail.

For a desk, `OPENAI_BASE_URL` is `api.openai_base`, `ANTHROPIC_BASE_URL` is `api.anthropic_base`,
and both keys are `KEY`.

As a program: `python -m tests.model_api --port 0` prints its port and stops at SIGTERM. It is
steered by `POST /control` and tells what it was asked by `GET /control/ledger`: see `control.py`.

It proves our side of the talk, not the providers': what it does is taken from the SDKs' types,
from the documentation and from what others have seen.
"""

from tests.model_api.faults import Fault, Raw, Refuse, Say
from tests.model_api.ledger import Asked, Call
from tests.model_api.script import Script
from tests.model_api.server import KEY, StandIn

__all__ = ["KEY", "Asked", "Call", "Fault", "Raw", "Refuse", "Say", "Script", "StandIn"]
