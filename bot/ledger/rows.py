"""Between rows and nouns: the only place that knows how a noun is stored."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from bot.model import (
    Action,
    Case,
    CaseStatus,
    ConversationKey,
    Fact,
    Form,
    Incoming,
    Kind,
    KnownFacts,
    Media,
    Said,
    StaffAct,
)
from bot.outcome import Button, Template
from bot.prompt import MOST_DRAFTS, RefusedDraft

_FORM = frozenset(field.name for field in fields(Form))
_FACT = frozenset(field.name for field in fields(Fact))
_DRAFT = frozenset(field.name for field in fields(RefusedDraft))


def incoming_from(row: Any) -> Incoming:
    """A stored customer message."""
    return Incoming(
        id=row.external_id,
        conversation=ConversationKey.parse(row.conversation),
        identity=row.identity,
        text=row.text,
        received_at=row.at,
        kind=Kind(row.kind),
        button=row.button,
        quoted=row.quoted,
        media=_media_from(row),
        seq=row.seq,
    )


def said_from(row: Any) -> Said:
    """One earlier line of a conversation."""
    return Said(row.author, row.text, row.at, _media_from(row))


def _media_from(row: Any) -> tuple[Media, ...]:
    return tuple(Media(**media) for media in row.media or ())


def act_from(row: Any) -> StaffAct:
    """A stored staff act."""
    return StaffAct(
        id=row.external_id,
        case=row.act["case"],
        agent=row.act["agent"],
        action=Action(row.act["action"]),
        text=row.text,
        surface=ConversationKey.parse(row.act["surface"]),
        message=row.act.get("message", ""),
        why=row.act.get("why", ""),
    )


def case_from(row: Any) -> Case:
    """A case's row."""
    return Case(row.id, CaseStatus(row.status), row.reason, row.opened_at, row.agent)


def form_from(stored: dict[str, Any] | None) -> Form | None:
    """An open form, as JSON; one that another version has written in another shape is dropped."""
    return Form(**stored) if stored and stored.keys() <= _FORM else None


def form_to(form: Form | None) -> dict[str, Any] | None:
    """What `form_from` reads back."""
    if form is None:
        return None
    return {**asdict(form), "slots": dict(form.slots)}


def facts_from(stored: dict[str, Any]) -> KnownFacts:
    """What the customer told, by name; a fact in the shape of another version is dropped."""
    sound = {name: fact for name, fact in stored.items() if fact.keys() <= _FACT}
    return KnownFacts({name: Fact(**fact) for name, fact in sound.items()})


def buttons_from(stored: list[dict[str, str]] | None) -> tuple[Button, ...]:
    """Buttons of a stored answer."""
    return tuple(Button(**button) for button in stored or ())


def buttons_to(buttons: tuple[Button, ...]) -> list[dict[str, str]] | None:
    """What `buttons_from` reads back."""
    return [asdict(button) for button in buttons] or None


def template_from(stored: dict[str, Any] | None) -> Template | None:
    """An approved message that is sent in place of a text."""
    return Template(**stored) if stored else None


def template_to(template: Template | None) -> dict[str, Any] | None:
    """What `template_from` reads back."""
    return {"sid": template.sid, "variables": dict(template.variables)} if template else None


def drafts_from(stored: list[dict[str, Any]] | None) -> tuple[RefusedDraft, ...]:
    """Drafts that were not let out; one in the shape of another version is dropped."""
    return tuple(
        RefusedDraft(each["text"], tuple(each["checks"]), tuple(each["excerpts"]), each["at"])
        for each in stored or ()
        if each.keys() == _DRAFT
    )


def drafts_to(drafts: tuple[RefusedDraft, ...]) -> list[dict[str, Any]] | None:
    """What `drafts_from` reads back: the newest few."""
    return [asdict(draft) for draft in drafts[-MOST_DRAFTS:]] or None
