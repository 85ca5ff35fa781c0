"""A refusal as the Bot API words it."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """Answered as `{"ok": false, "error_code": ..., "description": ..., "parameters": ...}`."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(reason: str, **parameters: int) -> ApiError:
    """A 400."""
    return ApiError(400, f"Bad Request: {reason}", **parameters)


def forbidden(reason: str) -> ApiError:
    """A 403."""
    return ApiError(403, f"Forbidden: {reason}")


def flood(retry_after: int) -> ApiError:
    """A 429."""
    text = f"Too Many Requests: retry after {retry_after}"
    return ApiError(429, text, retry_after=retry_after)
