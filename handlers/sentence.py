"""A sentence of the book on its way out: filled, checked, and refused if it is not sound."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.book import ButtonSpec, Sentence
from bot.checks.approve import approve
from bot.checks.labels import labelled
from bot.model import Fact, Turn
from bot.outcome import Draft, Origin, Outgoing, Span
from bot.words.amounts import written
from bot.words.render import choose, render, variables

log = structlog.get_logger()


async def say(
    sentence: Sentence,
    turn: Turn,
    *,
    slots: Mapping[str, Span] | None = None,
    buttons: tuple[ButtonSpec, ...] = (),
) -> Outgoing | None:
    """The sentence with its variables filled from the form's slots, then from facts.

    None when a fact is missing or the draft is refused: the next step of the road answers, and
    only the names of the checks are logged.
    """
    values = dict(slots or {})
    template = choose(sentence, turn.book, turn.language, turn.seed)
    for name in sorted(variables(template).values):
        if name not in values:
            fact = await turn.facts.get(name)
            if not isinstance(fact, Fact):
                log.info("fact_missing", sentence=sentence.name, fact=name)
                return None
            values[name] = Span(written(fact, turn.language), Origin.FACT, name)
    draft = Draft(
        render(sentence, values, turn.book, turn.language, turn.seed),
        author="rule",
        buttons=labelled(buttons, turn.book, turn.language),
    )
    verdict = approve(draft, turn)
    if isinstance(verdict, Outgoing):
        return verdict
    checks = [problem.check for problem in verdict]
    log.warning("draft_refused", sentence=sentence.name, checks=checks)
    return None
