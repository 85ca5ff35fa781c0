"""What customers have sent, as Twilio's own list of messages tells it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.channels.whatsapp.address import address_of
from bot.channels.whatsapp.listed import File, Found, Listed
from bot.channels.whatsapp.media import MOST as MOST_FILES
from bot.channels.whatsapp.transport import Refused, answered

# A page is read in one go: a hundred messages take some milliseconds.
PAGE, MOST_PAGES = 100, 500
FILES_AT = "https://api.twilio.com"  # as in webhooks, wherever the API itself is asked
NOT_FOUND = 404


async def inbound(client: Any, number: str, since: float) -> Found:
    """What came to that number of ours since then (Unix time). Raises CallFailed.

    Twilio filters by whole days in GMT and lists the newest first: reading ends with the page that
    reaches back far enough, which mostly is the first.
    """
    found: list[Listed] = []
    page: Any = None
    for _ in range(MOST_PAGES):
        call = page.next_page_async() if page else _first(client, number, since)
        page, oldest = await answered(_read(call, found))
        if not page.next_page_url or (oldest is not None and oldest < since):
            return Found(_in_order(found, since), whole=True)
    return Found(_in_order(found, since), whole=False)


async def files_of(client: Any, account_sid: str, sid: str) -> Sequence[File]:
    """The files of a message; none where Twilio has them no longer. Raises CallFailed."""
    try:
        files = await answered(client.messages(sid).media.list_async(limit=MOST_FILES))
    except Refused as refused:
        if refused.status == NOT_FOUND:
            return ()
        raise
    place = f"{FILES_AT}/2010-04-01/Accounts/{account_sid}/Messages/{sid}/Media"
    return [File(f"{place}/{file.sid}", str(file.content_type or "")) for file in files]


def _first(client: Any, number: str, since: float) -> Awaitable[Any]:
    day = datetime.fromtimestamp(since, UTC).date() - timedelta(days=1)
    first: Awaitable[Any] = client.messages.page_async(
        to=address_of(number),
        date_sent_after=datetime.combine(day, time(), UTC),
        page_size=PAGE,
    )
    return first


async def _read(call: Awaitable[Any], found: list[Listed]) -> tuple[Any, float | None]:
    """Add what a page holds; the page, and when the last of it was sent."""
    page = await call
    sent_at = None
    for message in page:
        # Of what comes in both dates are the same; the list is filtered by the first.
        sent = message.date_sent or message.date_created
        if sent is None:
            continue
        sent_at = sent.timestamp()
        if message.direction == "inbound" and message.status != "receiving":
            found.append(
                Listed(
                    message.sid,
                    message.from_ or "",
                    message.to or "",
                    message.body or "",
                    _number(message.num_media),
                    sent_at,
                )
            )
    return page, sent_at


def _in_order(newest_first: Sequence[Listed], since: float) -> tuple[Listed, ...]:
    """As sent. Times are whole seconds; within one the list's own order tells.

    A message that came in while the list was read has moved others on to the next page: they are
    there twice.
    """
    wanted = {each.sid: each for each in reversed(newest_first) if each.sent_at >= since}
    return tuple(sorted(wanted.values(), key=lambda each: each.sent_at))


def _number(told: object) -> int:
    return int(str(told)) if str(told).isdecimal() else 0
