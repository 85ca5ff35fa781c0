"""A refusal as Twilio words it."""

from __future__ import annotations

from typing import Any

INVALID_PARAMETER = 20001
AUTHENTICATE = 20003
NOT_FOUND = 20404
TOO_MANY_REQUESTS = 20429
SERVER_ERROR = 20500


class ApiError(Exception):
    """Answered as `{"code": ..., "message": ..., "more_info": ..., "status": ...}`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def bad_request(code: int, message: str) -> ApiError:
    """A 400."""
    return ApiError(400, code, message)


def not_found(path: str) -> ApiError:
    """A 404."""
    return ApiError(404, NOT_FOUND, f"The requested resource {path} was not found")


def unauthorized() -> ApiError:
    """A 401."""
    return ApiError(401, AUTHENTICATE, "Authenticate")
