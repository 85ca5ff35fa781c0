"""OpenAI's chat completions, and every server that speaks them.

Importing this file loads OpenAI's SDK (0.6 s): it is done in a thread, by whoever needs a model.
The request goes through the SDK's client with its aiohttp transport; the answer is read here,
because the SDK takes anything for a completion. Sources: the SDK's types; what compatible servers
add is named where it is read.
"""

from __future__ import annotations

from typing import Any

import openai

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
from bot.providers.reading import (
    cleaned,
    count,
    document,
    no_answer,
    part,
    says_something,
    word,
)
from bot.providers.sdk_model import SdkModel
from bot.providers.trouble import Heard, hidden_trouble, trouble_of

OWN_ADDRESS = "https://api.openai.com/v1"
NEVER_OMITTED = ("model", "messages")
# `finish_reason`: OpenAI's words first, then those of compatible servers.
ENDED = frozenset("stop eos eos_token stop_sequence end_turn complete".split())
CUT_SHORT = frozenset("length tool_calls function_call max_tokens model_length".split())
STOPPED = frozenset("content_filter refusal safety recitation sensitive".split())
THOUGHT_ENDS = "</think>"  # how open models mark what they think, where the server leaves it in
THOUGHT_BEGINS = "<think>"


class OpenAIModel(SdkModel):
    """One model behind the chat completions API; see `Provider`.

    Build it in a thread: it reads certificates (20 ms).
    """

    path = "/chat/completions"

    def __init__(self, access: Access, clock: Clock = SYSTEM) -> None:
        key = key_of(access)
        headers: dict[str, str | openai.Omit] = {**PLAIN}
        if not key:
            headers["Authorization"] = openai.omit
        if access.base_url:  # whose account it is at OpenAI is no other server's concern
            headers |= {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}
        client = openai.AsyncOpenAI(
            api_key=key or PLACEHOLDER,
            base_url=access.base_url or OWN_ADDRESS,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(**http_options()),
        )
        super().__init__(access, clock, client, headers)
        hush("openai", "httpx2")

    def fields(self, prompt: Prompt) -> dict[str, Any] | ProviderError:
        """See `SdkModel`."""
        return fields_of(prompt, self._access)

    def read(self, heard: Heard, now: float) -> Completion | ProviderError:
        """See `SdkModel`."""
        return completion_of(heard, self._access.name, now)


def fields_of(prompt: Prompt, access: Access) -> dict[str, Any] | ProviderRefused:
    """The request. Standing and personal parts are one system message: OpenAI caches by the prefix
    of the text, and templates of open models take only one, at the beginning.

    A server that is said not to take `max_completion_tokens` gets its older name, `max_tokens`:
    without any bound an answer could cost whatever it likes.
    """
    messages = messages_of(prompt)
    if not messages:
        return ProviderRefused("bad_request")  # nobody said anything
    told = [sendable(each) for each in (prompt.standing, prompt.personal) if each.strip()]
    if told:
        messages.insert(0, {"role": "system", "content": "\n\n".join(told)})
    bound = "max_completion_tokens"
    if bound in access.omit:
        bound = "max_tokens"
    fields: dict[str, Any] = {
        "model": access.model,
        "messages": messages,
        bound: prompt.answer_tokens,
        "store": False,  # otherwise kept at the provider for a month
    }
    if access.effort:
        fields["reasoning_effort"] = access.effort
    omitted = set(access.omit).difference(NEVER_OMITTED)
    return {name: value for name, value in fields.items() if name not in omitted}


def completion_of(heard: Heard, name: str, now: float) -> Completion | ProviderError:
    """What an HTTP answer of the API amounts to. Never raises."""
    if trouble := trouble_of(heard, now):
        return trouble
    found = document(heard.body)
    if found is None:
        return no_answer("garbled", Usage(), heard.request_id)
    usage = usage_in(found)
    choices = found.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return hidden_trouble(found, heard, now) or no_answer("garbled", usage, heard.request_id)
    if trouble := hidden_trouble(choices[0], heard, now):  # OpenRouter's, in the middle of one
        return trouble
    text = _text(choices[0])
    if isinstance(text, str) and says_something(text) and _finish(choices[0]) in ENDED:
        return Completion(text, name, usage)
    return no_answer(_flaw(choices[0], text), usage, heard.request_id)


def usage_in(found: dict[str, Any]) -> Usage:
    """`prompt_tokens` counts what was read from the cache and written to it, too."""
    usage = part(found, "usage")
    read = count(usage, "prompt_tokens")
    details = part(usage, "prompt_tokens_details")
    cached = min(read, count(details, "cached_tokens"))
    return Usage(
        read=read,
        cached=cached,
        cache_written=min(read - cached, count(details, "cache_write_tokens")),
        written=count(usage, "completion_tokens"),
    )


def _finish(choice: dict[str, Any]) -> str:
    return word(choice, "finish_reason").lower()


def _flaw(choice: dict[str, Any], text: str | None) -> str:
    """Why a choice is no answer, in a stable word."""
    finish = _finish(choice)
    message = part(choice, "message")
    if finish in STOPPED or word(message, "refusal").strip() or _refusing(message):
        return "refused"
    if text is None or finish not in ENDED | CUT_SHORT:
        return "garbled"
    called = bool(message.get("tool_calls") or message.get("function_call"))
    if says_something(text) or called or finish in ("tool_calls", "function_call"):
        return "truncated"
    return "empty"


def _text(choice: dict[str, Any]) -> str | None:
    """What the model says; "" if it says nothing; None if that has no shape that is known."""
    message = choice.get("message")
    if not isinstance(message, dict) or word(message, "refusal").strip() or _refusing(message):
        return None
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, list):  # Mistral's and others': parts, of which some are thoughts
        parts = [each for each in content if word(each, "type") in ("text", "output_text")]
        content = "".join(word(each, "text") for each in parts)
    if not isinstance(content, str):
        return None
    return cleaned(_spoken(content))


def _spoken(content: str) -> str:
    """The text without what was thought before it; a thought without an end leaves nothing."""
    _, ended, spoken = content.rpartition(THOUGHT_ENDS)
    if ended:
        return spoken
    return "" if content.lstrip().startswith(THOUGHT_BEGINS) else content


def _refusing(message: dict[str, Any]) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    return any(word(each, "type") == "refusal" for each in parts)
