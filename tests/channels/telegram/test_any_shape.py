"""Whatever shape an update takes, reading it ends in one of our nouns or in a reason."""

from __future__ import annotations

import copy
import json
import random
from contextlib import suppress
from typing import Any

import pytest

from bot.channels.telegram.heard import NotYet
from bot.channels.telegram.parse import chat_of, parse
from bot.errors import Unreadable
from tests.channels.telegram.payloads import (
    ANONYMOUS,
    ME,
    NAMELESS,
    NOW,
    STAFF_GROUP,
    at_desk,
    body,
    command,
    in_group,
    mention,
    message,
    ours,
    press,
    said,
    theirs,
    update,
)

CALL = "😀 @CasaDeskBot, abre domingo?"
PICTURE = [{"file_id": "a", "file_unique_id": "b", "file_size": 1}]
GOOD = [
    json.loads(raw)
    for raw in (
        said("oi", reply_to_message=ours(), quote={"text": "x"}),
        said(photo=PICTURE, caption="x", media_group_id="1"),
        said(venue={"location": {"latitude": 1, "longitude": 2}, "title": "a", "address": "b"}),
        in_group(CALL, entities=mention(CALL), reply_to_message=theirs()),
        in_group("/help@CasaDeskBot", entities=command("/help@CasaDeskBot")),
        press(),
        at_desk("#c7 oi", reply_to_message=ours(forum_topic_created=None)),
        at_desk("/note 7 x", sender=ANONYMOUS, sender_chat=STAFF_GROUP),
        update(edited_message=message("oi", edit_date=3)),
        update(edited_message=message("/note 7 x", chat=STAFF_GROUP, reply_to_message=ours())),
        update(
            my_chat_member={
                "chat": {"id": 5, "type": "private"},
                "new_chat_member": {"status": "kicked"},
            }
        ),
        said(migrate_to_chat_id=-100),
    )
]
STRANGE: list[Any] = [
    None, True, False, 0, -1, 7, 1.5, 2**31, 2**63, 2**70, "", " ", "x", "\x00", "😀", "/", "//",
    "#c1", "@CasaDeskBot", "1087968824", [], {}, [1], {"id": 1}, [[]], [None], "a" * 5_000,
]  # fmt: skip


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children: Any = node.items() if isinstance(node, dict) else ()
    for key, child in enumerate(node) if isinstance(node, list) else children:
        found += _places(child, (*path, key))
    return found


def _changed(update: Any, chance: random.Random) -> Any:
    changed = copy.deepcopy(update)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = _places(changed)
        if not places:
            break
        *path, last = chance.choice(places)
        node = changed
        for key in path:
            node = node[key]
        if isinstance(node, dict) and chance.random() < 0.3:
            del node[last]
        else:
            node[last] = copy.deepcopy(chance.choice(STRANGE))
    return changed


@pytest.mark.parametrize("seed", range(3))
def test_thousands_of_changed_updates(seed):
    chance = random.Random(seed)
    read = refused = 0
    for _ in range(3_000):
        raw = body(_changed(chance.choice(GOOD), chance))
        try:
            parse(raw, chance.choice((ME, ME, NAMELESS)), NOW)
            read += 1
        except (Unreadable, NotYet):
            refused += 1
        chat_of(raw, ME)
    assert read > 300
    assert refused > 300


@pytest.mark.parametrize("seed", range(2))
def test_thousands_of_cut_and_garbled_bodies(seed):
    chance = random.Random(seed)
    for _ in range(3_000):
        raw = bytearray(body(chance.choice(GOOD)))
        for _ in range(chance.choice((1, 2, 8))):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        cut = bytes(raw[: chance.randrange(len(raw) + 1)] if chance.random() < 0.3 else raw)
        with suppress(Unreadable, NotYet):
            parse(cut, ME, NOW)
        chat_of(cut, ME)
