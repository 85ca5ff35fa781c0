"""What every model API takes of a prompt: the conversation as turns that alternate.

Servers differ in what they refuse: two turns of one speaker (templates of open models), a first
turn of the assistant and texts of blanks only (Anthropic's API). What leaves here fits them all.
"""

from __future__ import annotations

from bot.prompt import Prompt, Speaker

ROLES = {Speaker.CUSTOMER: "user", Speaker.DESK: "assistant"}
Message = dict[str, str]


def messages_of(prompt: Prompt) -> list[Message]:
    """The conversation in the words of both APIs, begun by the customer; [] if nothing was said.

    Lines of one speaker that follow each other become one message, a line each. Every sign of
    them stays as it is.
    """
    messages: list[Message] = []
    for line in prompt.said:
        role, text = ROLES[line.speaker], sendable(line.text)
        if not text.strip() or (not messages and role == "assistant"):
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += f"\n{text}"
        else:
            messages.append({"role": role, "content": text})
    return messages


def sendable(text: str) -> str:
    """The text, with a sign of replacement where half a surrogate pair would break UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
