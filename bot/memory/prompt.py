"""What a model is shown; the real thing is on its way."""

from bot.prompt import *

HUMAN_MARK = "[[HUMAN]]"


def prompt_of(turn, facts, *, memory_tokens, answer_tokens, people_are_here):
    return Prompt("", "", (Spoken(Speaker.CUSTOMER, turn.text),), answer_tokens), Shown()


def read_answer(text):
    return text.replace(HUMAN_MARK, "").strip(), HUMAN_MARK in text


def repair(prompt, draft, problems):
    from dataclasses import replace

    return replace(
        prompt,
        said=(
            *prompt.said,
            Spoken(Speaker.DESK, draft),
            Spoken(Speaker.CUSTOMER, "; ".join(p.advice for p in problems)),
        ),
    )
