"""One light question to Twilio: does it know us, and may we send?"""

from __future__ import annotations

import asyncio
from typing import Any

from bot.channels.whatsapp.transport import CallFailed, answered, within

CALL_SECONDS = 8.0


async def status_of(client: Any, account_sid: str) -> tuple[str, CallFailed | None]:
    """The account's status, "active" where all is well, or why it could not be told."""
    try:
        with within(asyncio.get_running_loop().time() + CALL_SECONDS):
            account = await answered(client.api.v2010.accounts(account_sid).fetch_async())
    except CallFailed as error:
        return "", error
    return str(account.status), None
