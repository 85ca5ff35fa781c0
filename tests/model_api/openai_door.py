"""OpenAI's chat completions: what it takes, and how its answers look."""

from __future__ import annotations

from typing import Any

from tests.model_api.faults import Fault, Refuse, Say
from tests.model_api.ledger import Asked, text_in
from tests.model_api.tokens import Seen, tokens_of

PATH = "/v1/chat/completions"
REQUEST_ID = "x-request-id"
ROLES = ("developer", "system", "user", "assistant")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TAKEN = frozenset(
    "model messages max_completion_tokens max_tokens store reasoning_effort stream metadata "
    "response_format prompt_cache_key safety_identifier service_tier n seed stop user".split()
)
REFUSALS = {
    Fault.RATE_LIMITED: Refuse(
        429, "requests", "Rate limit reached for requests.", "rate_limit_exceeded"
    ),
    Fault.QUOTA: Refuse(
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
    ),
    Fault.OVERLOADED: Refuse(529, "server_error", "The engine is currently overloaded."),
    Fault.UNAVAILABLE: Refuse(503, "server_error", "The server is overloaded or not ready yet."),
    Fault.SERVER_ERROR: Refuse(500, "server_error", "The server had an error."),
    Fault.TIMED_OUT: Refuse(408, "server_error", "Request timed out."),
    Fault.BAD_KEY: Refuse(401, message="Incorrect API key provided.", code="invalid_api_key"),
    Fault.FORBIDDEN: Refuse(403, message="Country, region, or territory not supported."),
    Fault.GONE: Refuse(404, message="The model has been deprecated.", code="model_not_found"),
    Fault.BAD_REQUEST: Refuse(400, message="Invalid value for 'messages'."),
    Fault.TOO_LONG: Refuse(
        400,
        message="This model's maximum context length is 4096 tokens. "
        "However, your messages resulted in 5000 tokens.",
        code="context_length_exceeded",
    ),
}


def key_in(headers: dict[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def asked_in(body: dict[str, Any]) -> Asked:
    said = [(each["role"], text_in(each.get("content"))) for each in body["messages"]]
    system = "\n".join(text for role, text in said if role in ("system", "developer"))
    turns = tuple(each for each in said if each[0] in ("user", "assistant"))
    return Asked(body["model"], system, turns)


def objection(body: dict[str, Any], headers: dict[str, str]) -> Refuse | None:
    """Why the API would not take this request."""
    for name in ("model", "messages"):
        if not body.get(name):
            return _bad(f"Missing required parameter: '{name}'.", "missing_required_parameter")
    if unknown := body.keys() - TAKEN:
        return _bad(f"Unrecognized request argument supplied: {min(unknown)}")
    if "max_tokens" in body:
        return _bad("Unsupported parameter: 'max_tokens'.", "unsupported_parameter")
    if body.get("reasoning_effort", "low") not in EFFORTS:
        return _bad("Invalid value: 'reasoning_effort'.", "invalid_value")
    if not isinstance(body.get("store", False), bool):
        return _bad("Invalid type for 'store'.", "invalid_type")
    for message in body["messages"]:
        if message.get("role") not in ROLES or not isinstance(message.get("content"), (str, list)):
            return _bad("Invalid value for 'messages'.", "invalid_value")
    return None


def refusal_body(refuse: Refuse) -> dict[str, Any]:
    error = {"message": refuse.message, "type": refuse.type, "param": None, "code": refuse.code}
    return {"error": error}


def answer(say: Say, body: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """A completion, with the tokens it took; a prefix of 1,024 tokens seen before is cached."""
    read = sum(tokens_of(text_in(each["content"])) + 4 for each in body["messages"])
    system = tokens_of(asked_in(body).system)
    cached = system if system >= 1024 and seen.before(asked_in(body).system) else 0
    written = tokens_of(say.text)
    usage = {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    message = {"role": "assistant", "content": say.text, "refusal": None, "annotations": []}
    return {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": dict(say.usage) if say.usage is not None else usage,
        "service_tier": "default",
    }


def spoil(fault: Fault, good: dict[str, Any]) -> dict[str, Any]:
    """An answer of status 200 that is odd in this way."""
    choice = good["choices"][0]
    message = choice["message"]
    match fault:
        case Fault.EMPTY:
            message["content"] = ""
        case Fault.BLANK:
            message["content"] = " \n\u200b\t"
        case Fault.ALL_THOUGHT:
            message["content"], choice["finish_reason"] = "", "length"
            good["usage"]["completion_tokens_details"]["reasoning_tokens"] = 500
            good["usage"]["completion_tokens"] = 500
        case Fault.THINKING_FIRST:
            message["content"] = f"<think>\nSecret thought.\n</think>\n\n{message['content']}"
        case Fault.REFUSAL:
            message["content"], message["refusal"] = None, "I cannot help with that."
        case Fault.FILTERED:
            message["content"], choice["finish_reason"] = None, "content_filter"
        case Fault.TRUNCATED:
            choice["finish_reason"] = "length"
        case Fault.NO_FINISH:
            choice["finish_reason"] = None
        case Fault.NO_CHOICES:
            good["choices"] = []
        case Fault.HUGE:
            message["content"] = "a" * (8 << 20)
    return good


def _bad(message: str, code: str | None = None) -> Refuse:
    return Refuse(400, message=message, code=code)
