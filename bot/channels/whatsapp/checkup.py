"""Whether a Twilio account, its tokens, our WhatsApp sender and its approved messages are as they
should be. Changes nothing.

Importing this file loads Twilio's SDK.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.channels.whatsapp.address import address_of
from bot.channels.whatsapp.transport import (
    AUTHENTICATION,
    UNAUTHORIZED,
    Refused,
    SafeTwilioHttp,
    client_of,
)
from bot.desk.card import harmless
from bot.finding import TRY_SECONDS, Finding, fine, tried, unreachable, unsure, wrong

PATH = "/hooks/whatsapp"
ADVISED = "#rc=3&rp=all"  # Twilio repeats a delivery that fails; by itself only lost connections
SANDBOX = "+14155238886"  # Twilio's own number for trying; it belongs to no account
ONLINE = ("ONLINE", "ONLINE:UPDATING")
SENDER, HOOK = "WhatsApp sender", "WhatsApp webhook"

Ask = Callable[[Any], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried."""

    account_sid: str
    tokens: Mapping[str, str] = field(repr=False)  # by the name of the variable
    number: str
    api_base: str  # "": Twilio's own
    public_url: str
    templates: Mapping[str, str]  # Content SIDs by language
    seconds: float = TRY_SECONDS


async def checkup(trial: Trial) -> list[Finding]:
    """Try everything side by side, each within the trial's seconds."""
    every = tuple(trial.tokens.values())
    tries: list[tuple[str, tuple[str, ...], Ask]] = [
        (f"Twilio {variable}", (token,), partial(_account, f"Twilio {variable}", trial))
        for variable, token in trial.tokens.items()
    ]
    tries.append((SENDER, every, partial(_sender, trial)))
    if trial.number != SANDBOX:
        tries.append((HOOK, every, partial(_hook, trial)))
    for language, sid in trial.templates.items():
        name = f"WhatsApp message '{language}'"
        tries.append((name, every, partial(_approval, name, sid)))
    return list(
        await asyncio.gather(
            *(
                tried(name, "Twilio", _with_tokens(trial, name, tokens, ask), trial.seconds)
                for name, tokens, ask in tries
            )
        )
    )


async def _with_tokens(trial: Trial, name: str, tokens: tuple[str, ...], ask: Ask) -> Finding:
    """Ask with the first token that Twilio takes. An error's text is never repeated."""
    for token in tokens:
        async with _client(trial, token) as client:
            try:
                return await ask(client)
            except TimeoutError:
                return unreachable(name, "Twilio", "does not answer in time")
            except Refused as error:
                if error.status != UNAUTHORIZED and error.code != AUTHENTICATION:
                    return _failed(name, error.status, error.code)
            except Exception:  # noqa: BLE001  # the library raises what it happens to raise
                return unreachable(name, "Twilio")
    advice = "copy the Auth Token from the Twilio console: it may have been changed there"
    return wrong(name, "Twilio refuses it: the Account SID and the token do not fit", advice)


def _failed(name: str, status: int, code: int | None) -> Finding:
    if status == 404:
        advice = "compare it with the Twilio console: is it of another account?"
        return wrong(name, "Twilio does not have it in this account", advice)
    if status == 429:
        return unsure(name, "Twilio asks for time", "try again in a minute")
    said = f"{status}, code {code}" if code is not None else str(status)
    return unsure(
        name, f"cannot be told: Twilio answers {said}", "look it up in the Twilio console"
    )


@asynccontextmanager
async def _client(trial: Trial, token: str) -> AsyncIterator[Any]:
    """Twilio's client for this one token."""
    http = SafeTwilioHttp(trial.account_sid, (token,), seconds=trial.seconds)
    client = client_of(trial.account_sid, trial.api_base, http)
    try:
        yield client
    finally:
        await http.close()


async def _account(name: str, trial: Trial, client: Any) -> Finding:
    status = str((await client.api.v2010.accounts(trial.account_sid).fetch_async()).status)
    if status == "active":
        return fine(name, "works, the account is active")
    advice = "see the Twilio console: nothing is sent or received until that is mended"
    return wrong(name, f"works, but the account is {harmless(status)}", advice)


async def _ours(client: Any, trial: Trial) -> Any:
    """Our sender as Twilio has it; None where the account has none of this number."""
    senders = await client.messaging.v2.channels_senders.list_async(channel="whatsapp")
    wanted = address_of(trial.number)
    return next((each for each in senders if each.sender_id == wanted), None)


async def _sender(trial: Trial, client: Any) -> Finding:
    if trial.number == SANDBOX:
        message = "is Twilio's sandbox, which is for trying: only people who have joined it get"
        return unsure(
            SENDER,
            f"{message} answers, and its webhook cannot be read from here",
            f"in the sandbox settings, set {trial.public_url}{PATH} where a message comes in",
        )
    sender = await _ours(client, trial)
    if sender is None:
        advice = "register it under WhatsApp senders in the Twilio console, or mend the number"
        return wrong(SENDER, f"{trial.number} is no WhatsApp sender of this account", advice)
    if sender.status not in ONLINE:
        message = f"{trial.number} is {harmless(str(sender.status))}, not ONLINE"
        return wrong(SENDER, message, "see WhatsApp senders in the Twilio console for the reason")
    return fine(SENDER, f"{trial.number} is ONLINE")


async def _hook(trial: Trial, client: Any) -> Finding:
    sender = await _ours(client, trial)
    wanted = trial.public_url + PATH
    advice = f"set it to {wanted}{ADVISED} at the sender, with the method POST"
    if sender is None:
        return unsure(HOOK, "cannot be told without the sender", advice)
    hook = sender.webhook if isinstance(sender.webhook, Mapping) else {}
    url, _, options = str(hook.get("callback_url") or "").partition("#")
    if not url:
        return wrong(HOOK, "is not set: Twilio delivers nothing here", advice)
    if url != wanted:
        return wrong(HOOK, f"Twilio delivers to {_shown(url)}, not here", advice)
    if str(hook.get("callback_method") or "POST").upper() != "POST":
        return wrong(HOOK, "Twilio delivers with GET, which the desk does not take", advice)
    if not {"rc", "rp"} <= parse_qs(options).keys():
        message = "is ours, but Twilio does not repeat a delivery that the desk could not take"
        return unsure(HOOK, message, f"add {ADVISED} to its end: then it tries three times more")
    return fine(HOOK, "is ours, and Twilio repeats what fails")


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "something that is no address"
    return harmless(f"{parts.scheme}://{parts.hostname}{port}{parts.path}")[:200]


async def _approval(name: str, sid: str, client: Any) -> Finding:
    content = client.content.v1.contents(sid)
    await content.fetch_async()
    try:
        found = (await content.approval_fetch().fetch_async()).whatsapp
        status = str(found["status"]) if isinstance(found, Mapping) else ""
    except Exception:  # noqa: BLE001  # the message is there; only this cannot be told
        status = ""
    if status == "approved":
        return fine(name, f"{sid} is approved")
    if not status:
        message = f"{sid} is there; whether WhatsApp has approved it cannot be read"
        return unsure(name, message, "look it up in the Content Template Builder")
    message = f"{sid} is not approved: {harmless(status)[:40]}"
    return wrong(name, message, "submit it for approval, or wait; until then it cannot be sent")
