"""Anthropic's messages: what it takes, and how its answers look."""

from __future__ import annotations

import json
from typing import Any

from tests.model_api.faults import Fault, Refuse, Say
from tests.model_api.ledger import Asked, text_in
from tests.model_api.tokens import Seen, tokens_of

PATH = "/v1/messages"
REQUEST_ID = "request-id"
EFFORTS = ("low", "medium", "high", "xhigh", "max")
TAKEN = frozenset(
    "model messages max_tokens system output_config metadata stop_sequences stream thinking "
    "service_tier cache_control tools tool_choice".split()
)
SAMPLING = ("temperature", "top_p", "top_k")
REFUSALS = {
    Fault.RATE_LIMITED: Refuse(429, "rate_limit_error", "Number of requests has exceeded."),
    Fault.QUOTA: Refuse(
        400,
        message="Your credit balance is too low to access the Anthropic API. "
        "Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    Fault.OVERLOADED: Refuse(529, "overloaded_error", "Overloaded"),
    Fault.UNAVAILABLE: Refuse(503, "api_error", "Service unavailable"),
    Fault.SERVER_ERROR: Refuse(500, "api_error", "Internal server error"),
    Fault.TIMED_OUT: Refuse(408, "timeout_error", "Request timed out"),
    Fault.BAD_KEY: Refuse(401, "authentication_error", "invalid x-api-key"),
    Fault.FORBIDDEN: Refuse(403, "permission_error", "No permission to use this resource."),
    Fault.GONE: Refuse(404, "not_found_error", "model: claude-gone"),
    Fault.BAD_REQUEST: Refuse(400, message="messages: roles must alternate"),
    Fault.TOO_LONG: Refuse(400, message="prompt is too long: 207310 tokens > 200000 maximum"),
}


def key_in(headers: dict[str, str]) -> str:
    """Either header is taken; the SDK sends the second since 2.x."""
    return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")


def asked_in(body: dict[str, Any]) -> Asked:
    turns = tuple((each["role"], text_in(each.get("content"))) for each in body["messages"])
    system = body.get("system", "")
    blocks = [system] if isinstance(system, str) else [text_in([each]) for each in system]
    return Asked(body["model"], "\n".join(blocks), turns)


def objection(body: dict[str, Any], headers: dict[str, str]) -> Refuse | None:
    """Why the API would not take this request."""
    if "anthropic-version" not in headers:
        return Refuse(400, message="anthropic-version: header is required")
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            return Refuse(400, message=f"{name}: Field required")
    if sampled := [name for name in SAMPLING if name in body]:
        return Refuse(400, message=f"`{sampled[0]}` is not supported on this model")
    if unknown := body.keys() - TAKEN:
        return Refuse(400, message=f"{min(unknown)}: Extra inputs are not permitted")
    if body.get("output_config", {}).get("effort", "low") not in EFFORTS:
        return Refuse(400, message="output_config.effort: Input should be 'low', 'medium' or ...")
    return _objection_to_texts(body)


def _objection_to_texts(body: dict[str, Any]) -> Refuse | None:
    messages = body["messages"]
    if any(each.get("role") not in ("user", "assistant") for each in messages):
        return Refuse(400, message="messages: Input should be 'user' or 'assistant'")
    if messages[0]["role"] != "user":
        return Refuse(400, message="messages: first message must use the user role")
    if messages[-1]["role"] != "user":
        return Refuse(400, message="This model does not support assistant message prefill.")
    if not all(text_in(each.get("content")).strip() for each in messages):
        return Refuse(400, message="messages: text content blocks must be non-empty")
    system = body.get("system", "unused")
    if not system or not all(text_in([each]).strip() for each in system if isinstance(each, dict)):
        return Refuse(400, message="system: text content blocks must be non-empty")
    return None


def refusal_body(refuse: Refuse) -> dict[str, Any]:
    error = {"type": refuse.type, "message": refuse.message}
    return {"type": "error", "error": error, "request_id": "req_stand-in"}


def answer(say: Say, body: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """A message, with the tokens it took. A marked prefix of 1,024 tokens is written to the cache
    and read from there the next time; neither counts among the input tokens."""
    system = body.get("system", "")
    marked = 0
    if isinstance(system, list) and any("cache_control" in block for block in system):
        last = max(at for at, block in enumerate(system) if "cache_control" in block)
        prefix = json.dumps(system[: last + 1])
        marked = tokens_of(prefix)
    cached = marked if marked >= 1024 and seen.before(prefix) else 0
    written_to_cache = marked if marked >= 1024 and not cached else 0
    whole = tokens_of(json.dumps(system)) + tokens_of(json.dumps(body["messages"]))
    usage = {
        "input_tokens": whole - cached - written_to_cache,
        "output_tokens": tokens_of(say.text),
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written_to_cache,
        "service_tier": "standard",
    }
    return {
        "id": "msg_stand-in",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": say.text, "citations": None}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": dict(say.usage) if say.usage is not None else usage,
    }


def spoil(fault: Fault, good: dict[str, Any]) -> dict[str, Any]:
    """An answer of status 200 that is odd in this way."""
    thought = {"type": "thinking", "thinking": "Secret thought.", "signature": "c2ln"}
    match fault:
        case Fault.EMPTY:
            good["content"] = []
        case Fault.BLANK:
            good["content"][0]["text"] = " \n\u200b\t"
        case Fault.ALL_THOUGHT:
            good["content"], good["stop_reason"] = [thought], "max_tokens"
            good["usage"]["output_tokens"] = 500
        case Fault.THINKING_FIRST:
            good["content"].insert(0, thought)
        case Fault.REFUSAL | Fault.FILTERED:
            good["content"], good["stop_reason"] = [], "refusal"
        case Fault.TRUNCATED:
            good["stop_reason"] = "max_tokens"
        case Fault.NO_FINISH:
            good["stop_reason"] = None
        case Fault.NO_CHOICES:
            del good["content"]
        case Fault.HUGE:
            good["content"][0]["text"] = "a" * (8 << 20)
    return good
