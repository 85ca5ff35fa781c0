"""`nightdesk check --online`: every token, webhook and number is tried, and nothing is changed."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Awaitable, Sequence
from typing import Any

import aiohttp

from bot.cli.check_hints import sentry_flaw
from bot.clock import SYSTEM
from bot.environment import Environment
from bot.finding import TRY_SECONDS, Finding, fine, tried, unsure, wrong
from bot.plan import Draft

ADDRESS = "PUBLIC_URL"
LONGEST = 10_000  # bytes of the page at /healthz that are looked at


async def try_everything(
    draft: Draft, environment: Environment, seconds: float = TRY_SECONDS
) -> list[Finding]:
    """All that is switched on, side by side, each within `seconds`; loading the SDKs not counted.

    What config.yaml says wrongly is left out.
    """
    tries: list[Awaitable[Sequence[Finding]]] = []
    if environment.telegram_is_on:
        tries.append(_telegram(environment, seconds))
    if environment.whatsapp_is_on:
        tries.append(_whatsapp(draft, environment, seconds))
    if environment.public_url:
        tries.append(_own_address(environment.public_url, seconds))
    if draft.models:
        tries.append(_models(draft, seconds))
    found = [finding for findings in await asyncio.gather(*tries) for finding in findings]
    if environment.sentry_dsn.get_secret_value():
        found.append(_sentry(environment))
    return found


async def _telegram(environment: Environment, seconds: float) -> Sequence[Finding]:
    room = await _loaded("bot.channels.telegram.checkup")
    found: Sequence[Finding] = await room.checkup(
        environment.telegram_bot_token.get_secret_value(),
        environment.telegram_api_base,
        environment.public_url,
        environment.telegram_staff_chat,
        SYSTEM,
        seconds,
    )
    return found


async def _whatsapp(draft: Draft, environment: Environment, seconds: float) -> Sequence[Finding]:
    room = await _loaded("bot.channels.whatsapp.checkup")
    tokens = {
        "TWILIO_AUTH_TOKEN": environment.twilio_auth_token.get_secret_value(),
        "TWILIO_AUTH_TOKEN_NEXT": environment.twilio_auth_token_next.get_secret_value(),
    }
    approved = draft.settings.channels.whatsapp.templates
    trial = room.Trial(
        account_sid=environment.twilio_account_sid,
        tokens={name: token for name, token in tokens.items() if token},
        number=environment.whatsapp_number,
        api_base=environment.twilio_api_base,
        public_url=environment.public_url,
        templates={language: each.content_sid for language, each in approved.items()},
        seconds=seconds,
    )
    found: Sequence[Finding] = await room.checkup(trial)
    return found


async def _models(draft: Draft, seconds: float) -> Sequence[Finding]:
    from bot.providers.checkup import checkup

    variables = {entry.name: entry.key_variable for entry in draft.settings.providers}
    return await checkup(draft.models, variables, seconds)


async def _loaded(room: str) -> Any:
    """A module with an SDK behind it, which takes up to two seconds to load."""
    return await asyncio.to_thread(importlib.import_module, room)


async def _own_address(url: str, seconds: float) -> Sequence[Finding]:
    return [await tried(ADDRESS, url, _health_at(url, seconds), seconds)]


async def _health_at(url: str, seconds: float) -> Finding:
    """Whether this desk, or one like it, answers at our own address."""
    advice = "is the desk open, and does the proxy before it pass everything on?"
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(f"{url}/healthz", allow_redirects=False) as answer,
        ):
            status, body = answer.status, await answer.content.read(LONGEST)
    except aiohttp.ClientConnectorCertificateError:
        message = f"{url} has a certificate that is not trusted: no platform will deliver there"
        return wrong(
            ADDRESS, message, "get one, for example from Let's Encrypt, and its whole chain"
        )
    except TimeoutError:
        return unsure(ADDRESS, f"{url} does not answer in time", advice)
    except (aiohttp.ClientError, OSError, ValueError):
        return unsure(ADDRESS, f"{url} cannot be reached from here", advice)
    if 300 <= status < 400:
        message = f"{url} sends whoever comes elsewhere ({status}); platforms do not follow"
        return wrong(ADDRESS, message, "set PUBLIC_URL to the address where that leads")
    if status != 200 or not _is_a_desk(body):
        return unsure(ADDRESS, f"{url} answers {status}, but that is no desk", advice)
    return fine(ADDRESS, f"a desk answers at {url}")


def _is_a_desk(body: bytes) -> bool:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("status") == "ok" and "version" in found


def _sentry(environment: Environment) -> Finding:
    if flaw := sentry_flaw(environment.sentry_dsn.get_secret_value()):
        return wrong("Sentry", flaw.message, flaw.advice)
    return unsure("Sentry", "looks right; whether it works is seen at the first error only")
