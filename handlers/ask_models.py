"""A model answers, in the order of config.yaml, and only what the facts bear out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from bot.checks.approve import approve
from bot.desk.hours import is_open
from bot.desk.surface import StaffSurface
from bot.memory.prompt import prompt_of, read_answer, repair
from bot.model import Fact, Missing, Stale, Turn
from bot.outcome import (
    Change,
    Draft,
    Origin,
    Outcome,
    Outgoing,
    Problem,
    SetForm,
    SetTries,
    Span,
    Verdict,
)
from bot.prompt import Asked, Attempt, Completion, Prompt, RefusedDraft, Reply, Shown
from handlers.person import call_a_person

# Kept of a turn's time for the steps that follow, and for the ledger.
KEPT_SECONDS = 0.75
KEPT_SHARE = 0.15  # of a turn that is short
# Each attempt at a turn asks and pays anew. What has failed that often is left to the rules, which
# cost nothing, and the failure may have been ours.
MOST_ATTEMPTS = 2


class Models(Protocol):
    """The models that are switched on, one behind the other."""

    @property
    def names(self) -> tuple[str, ...]:
        """As config.yaml calls them, in its order."""
        ...

    async def ask(self, prompt: Prompt, *, deadline: float, calls: int, only: str = "") -> Reply:
        """The first whole answer, and every attempt made for it.

        Ends by `deadline` (Unix time) with at most so many calls. `only` names the one model to
        ask. Never raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoModels:
    """A desk without models: rules and people answer."""

    names: tuple[str, ...] = ()

    async def ask(self, prompt: Prompt, *, deadline: float, calls: int, only: str = "") -> Reply:
        return Reply(None, ())


@dataclass(frozen=True, slots=True)
class Measure:
    """How much may be asked for one answer."""

    calls: int = 3
    memory_tokens: int = 4000
    answer_tokens: int = 800


@dataclass(frozen=True, slots=True)
class AskModels:
    """Asks the models in turn until one answers; its answer leaves if every claim is borne out.

    A draft that is not gets one more try with the reasons. What was tried in vain goes on with the
    turn, so that the record and the person who takes over know of it.
    """

    models: Models
    surface: StaffSurface
    measure: Measure = Measure()

    async def __call__(self, turn: Turn, /) -> Outcome | Turn | None:
        if not self.models.names or not _readable(turn) or turn.attempt > MOST_ATTEMPTS:
            return None
        asked, draft, approved = await self._asked(turn)
        if approved is None or draft is None:
            return replace(turn, asked=asked)
        if draft.wants_human and not turn.public:
            called = await call_a_person(turn, self.surface, "model", first=(approved,))
            return replace(called, asked=asked)
        form: tuple[Change, ...] = (SetForm(None),) if turn.form else ()
        tries: tuple[Change, ...] = (SetTries(0),) if turn.tries else ()
        return Outcome(
            Verdict.ANSWERED, "model", sends=(approved,), changes=form + tries, asked=asked
        )

    async def _asked(self, turn: Turn) -> tuple[Asked, Draft | None, Outgoing | None]:
        """What came of it: the record of asking, and the answer where one may go out."""
        prompt, shown = await self._prompt(turn)
        attempts: tuple[Attempt, ...] = ()
        refused: tuple[RefusedDraft, ...] = ()
        only, answered_by = "", ""
        draft, approved = None, None
        while len(refused) < 2 and approved is None:
            reply = await self.models.ask(
                prompt,
                deadline=turn.deadline - kept_of(turn.deadline - turn.now),
                calls=self.measure.calls - sum(each.called for each in attempts),
                only=only,
            )
            attempts += reply.attempts
            draft = _draft(reply.completion)
            if reply.completion is None or draft is None:
                break
            verdict = approve(draft, turn)
            if isinstance(verdict, Outgoing):
                approved, answered_by = verdict, reply.completion.model
            else:
                refused += (_refused(draft, verdict, turn),)
                prompt, only = repair(prompt, draft.text, verdict), reply.completion.model
        asked = Asked(self.models.names[0], attempts, refused, shown, answered_by)
        return asked, draft, approved

    async def _prompt(self, turn: Turn) -> tuple[Prompt, Shown]:
        facts: dict[str, Fact | Missing | Stale] = {}
        if not turn.public:
            facts = {name: await turn.facts.get(name) for name in turn.facts.declared}
        return prompt_of(
            turn,
            facts,
            memory_tokens=self.measure.memory_tokens,
            answer_tokens=self.measure.answer_tokens,
            people_are_here=is_open(turn.book.hours, turn.now),
        )


def kept_of(seconds: float) -> float:
    """What of a turn's time is not for models."""
    return min(KEPT_SECONDS, KEPT_SHARE * seconds)


def _draft(completion: Completion | None) -> Draft | None:
    """None where the model says that it has no answer."""
    if completion is None:
        return None
    answer, wants_human = read_answer(completion.text)
    if not answer:
        return None
    return Draft((Span(answer, Origin.MODEL),), author="model", wants_human=wants_human)


def _refused(draft: Draft, problems: tuple[Problem, ...], turn: Turn) -> RefusedDraft:
    return RefusedDraft(
        draft.text,
        checks=tuple(problem.check for problem in problems),
        excerpts=tuple(problem.excerpt for problem in problems),
        at=turn.now,
    )


def _readable(turn: Turn) -> bool:
    """Whether there are words: a place or a contact sent alone has some, a voice note has none."""
    media = (medium for message in turn.messages for medium in message.media)
    return bool(turn.text.strip()) or any(medium.detail.strip() for medium in media)
