"""Anthropic's messages API, and every server that speaks it.

Importing this file loads Anthropic's SDK (1 to 2 s): it is done in a thread, by whoever needs a
model. The request goes through the SDK's client with its aiohttp transport; the answer is read
here, because the SDK takes anything for a message. Source: the SDK's types.
"""

from __future__ import annotations

from typing import Any

import anthropic

from bot.clock import SYSTEM, Clock
from bot.errors import ProviderError, ProviderRefused
from bot.prompt import Completion, Prompt, Usage
from bot.providers.asking import messages_of, sendable
from bot.providers.call import (
    PLACEHOLDER,
    PLAIN,
    http_options,
    hush,
    key_of,
)
from bot.providers.ports import Access
from bot.providers.reading import cleaned, count, document, no_answer, part, says_something, word
from bot.providers.sdk_model import SdkModel
from bot.providers.trouble import Heard, hidden_trouble, trouble_of

OWN_ADDRESS = "https://api.anthropic.com"
NEVER_OMITTED = ("model", "messages", "max_tokens")
EFFORTS = ("low", "medium", "high")  # "none" and "minimal" are OpenAI's words only
# `stop_reason`
ENDED = ("end_turn", "stop_sequence")
CUT_SHORT = ("max_tokens", "pause_turn", "tool_use")


class AnthropicModel(SdkModel):
    """One model behind the messages API; see `Provider`.

    Build it in a thread: it reads certificates (20 ms).
    """

    path = "/v1/messages"

    def __init__(self, access: Access, clock: Clock = SYSTEM) -> None:
        key = key_of(access)
        headers: dict[str, str | anthropic.Omit] = {**PLAIN}
        if not key:
            headers["Authorization"] = anthropic.omit
        client = anthropic.AsyncAnthropic(
            api_key=key or PLACEHOLDER,
            base_url=address_of(access.base_url),
            max_retries=0,
            http_client=anthropic.DefaultAioHttpClient(**http_options()),
            open_telemetry=False,  # its spans would leave by another door than ours
        )
        super().__init__(access, clock, client, headers)
        hush("anthropic", "httpx2")

    def fields(self, prompt: Prompt) -> dict[str, Any] | ProviderError:
        """See `SdkModel`."""
        return fields_of(prompt, self._access)

    def read(self, heard: Heard, now: float) -> Completion | ProviderError:
        """See `SdkModel`."""
        return completion_of(heard, self._access.name, now)


def address_of(base_url: str) -> str:
    """The address as the SDK wants it: without the `/v1` that OpenAI's has and that many write."""
    return base_url.rstrip("/").removesuffix("/v1") or OWN_ADDRESS


def fields_of(prompt: Prompt, access: Access) -> dict[str, Any] | ProviderRefused:
    """The request. The standing part is a block of its own, up to which the provider caches; the
    personal one behind it changes with every customer. Sampling is not steered: the API refuses it.
    """
    messages = messages_of(prompt)
    if not messages:
        return ProviderRefused("bad_request")  # nobody said anything
    omitted = set(access.omit).difference(NEVER_OMITTED)
    fields: dict[str, Any] = {
        "model": access.model,
        "max_tokens": prompt.answer_tokens,
        "messages": messages,
    }
    system = _system(prompt, cached="cache_control" not in omitted)
    if system:
        fields["system"] = system
    if access.effort in EFFORTS:
        fields["output_config"] = {"effort": access.effort}
    return {name: value for name, value in fields.items() if name not in omitted}


def completion_of(heard: Heard, name: str, now: float) -> Completion | ProviderError:
    """What an HTTP answer of the API amounts to. Never raises."""
    if trouble := trouble_of(heard, now):
        return trouble
    found = document(heard.body)
    if found is None:
        return no_answer("garbled", Usage(), heard.request_id)
    usage = usage_in(found)
    stop, content = word(found, "stop_reason"), found.get("content")
    if not isinstance(content, list):
        return hidden_trouble(found, heard, now) or no_answer("garbled", usage, heard.request_id)
    # A thinking block may come first; the API's manual joins what is text without a sign between.
    blocks = [block for block in content if word(block, "type") == "text"]
    text = cleaned("".join(word(block, "text") for block in blocks))
    if stop in ENDED and says_something(text):
        return Completion(text, name, usage)
    return no_answer(_flaw(stop, text), usage, heard.request_id)


def usage_in(found: dict[str, Any]) -> Usage:
    """`input_tokens` leaves out what was read from the cache and what was written to it."""
    usage = part(found, "usage")
    cached = count(usage, "cache_read_input_tokens")
    cache_written = count(usage, "cache_creation_input_tokens")
    return Usage(
        read=count(usage, "input_tokens") + cached + cache_written,
        cached=cached,
        cache_written=cache_written,
        written=count(usage, "output_tokens"),
    )


def _flaw(stop: str, text: str) -> str:
    """Why a message is no answer, in a stable word."""
    if stop == "refusal":
        return "refused"
    if stop == "model_context_window_exceeded":
        return "context_too_long"
    if stop not in ENDED and stop not in CUT_SHORT:
        return "garbled"
    if says_something(text) or stop in ("pause_turn", "tool_use"):
        return "truncated"
    return "empty"


def _system(prompt: Prompt, *, cached: bool) -> list[dict[str, Any]]:
    """Blocks of instructions; the API refuses one without text."""
    blocks: list[dict[str, Any]] = []
    if prompt.standing.strip():
        blocks.append({"type": "text", "text": sendable(prompt.standing)})
        if cached:
            blocks[0]["cache_control"] = {"type": "ephemeral"}
    if prompt.personal.strip():
        blocks.append({"type": "text", "text": sendable(prompt.personal)})
    return blocks
