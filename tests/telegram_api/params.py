"""The parameters of a call, whichever of the accepted ways they came in."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.telegram_api.errors import bad_request


class Params:
    """Read by name and type; what does not fit is a 400."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """ "" where it is not given."""
        value = self.values.get(name)
        if value is None:
            return ""
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return text

    def integer(self, name: str, default: int = 0) -> int:
        """Telegram reads what is no number as if it were not given."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "1", "yes", "t", "y")

    def json(self, name: str) -> Any:
        """Objects and lists are JSON in a form and themselves in a JSON body; None: not given."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    @property
    def chat(self) -> int | None:
        """The chat that the call is about; None where it names none, or none by number."""
        try:
            return int(self.text("chat_id"))
        except ValueError:
            return None


async def read(request: web.Request) -> Params:
    """From the query string, a form, a multipart form or JSON."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        values |= body if isinstance(body, dict) else {}
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        values |= {
            name: value if isinstance(value, str) else f"file:{value.filename}"
            for name, value in (await request.post()).items()
            if not isinstance(value, bytes | bytearray)
        }
    return Params(values)
