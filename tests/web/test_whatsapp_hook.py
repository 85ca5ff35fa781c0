"""The hook: what is not Twilio's is turned away, what is Twilio's is stored before it hears so."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from tests.channels.whatsapp.door import Doors
from tests.channels.whatsapp.forged import FORGED, NO_FORM, TOO_LARGE, G
from tests.channels.whatsapp.genuine import MESSAGES_OF_THEIRS, REPORTS_ON_OURS, told, written
from tests.channels.whatsapp.payloads import sid
from tests.channels.whatsapp.rig import Rig, rig_in
from tests.channels.whatsapp.signing import Answer, pairs


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with rig_in(tmp_path) as rig:
        doors = Doors(rig)
        yield doors
        await doors.close()


@asynccontextmanager
async def unchanged(rig: Rig) -> AsyncIterator[None]:
    """Nothing is written meanwhile, and nobody is called."""
    before = await rig.counts()
    yield
    assert await rig.counts() == before
    assert rig.slips.noted == []
    assert rig.slips.met_names == []
    assert rig.rung == []


def is_plain(answer: Answer) -> bool:
    """A refusal says little, and is no page: Twilio shows it to the account's owner."""
    return len(answer.body) < 200 and answer.headers[b"content-type"] == b"application/json"


async def test_what_is_forged_is_turned_away_and_nothing_is_written(doors):
    assert len(FORGED) >= 40
    async with unchanged(doors.rig):
        for name, post in FORGED.items():
            answer = await doors.post(post)
            assert answer.status == 403, name
            assert is_plain(answer), name


async def test_what_is_no_form_is_turned_away_however_it_is_signed(doors):
    async with unchanged(doors.rig):
        for name, post in NO_FORM.items():
            answer = await doors.post(post)
            assert answer.status == 415, name
            assert is_plain(answer), name


async def test_what_is_too_large_is_turned_away(doors):
    async with unchanged(doors.rig):
        for name, post in TOO_LARGE.items():
            # 0: it hung up before all was sent, and the sender did not hear why
            assert (await doors.post(post)).status in (413, 0), name


async def test_there_is_nothing_but_the_post(doors):
    async with unchanged(doors.rig):
        for method in (b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS"):
            assert (await doors.post(G.but(method=method))).status == 405
        for path in ("/hooks/whatsapp/", "/hooks/whatsapp/other", "/hooks/WhatsApp"):
            assert (await doors.post(G.but(path=path))).status in (307, 404)


async def test_what_is_genuine_is_stored_before_it_is_answered(doors):
    assert len(MESSAGES_OF_THEIRS) + len(REPORTS_ON_OURS) >= 20
    for number, (name, post) in enumerate(MESSAGES_OF_THEIRS.items(), 1_000):
        names = ("MessageSid", "SmsSid", "SmsMessageSid")
        new = pairs((n, sid(number) if n in names else v) for n, v in post.fields)
        body = post.body and post.body.replace(sid(1).encode(), sid(number).encode())
        answer = await doors.post(post.but(fields=new, body=body))
        assert (answer.status, answer.body) == (200, b"<Response/>"), name
        assert answer.headers[b"content-type"] == b"text/xml"
        stored = await doors.rig.messages()
        assert stored[-1]["external_id"] == sid(number), name
        said = dict(new)["Body"].replace("\x00", "\ufffd")[:4_096]
        assert stored[-1]["text"] == said, name
    assert len(await doors.rig.messages()) == len(MESSAGES_OF_THEIRS)
    assert await doors.rig.quarantined() == []


async def test_what_became_of_ours_is_noted_before_it_is_answered(doors):
    for number, (name, post) in enumerate(REPORTS_ON_OURS.items(), 1):
        answer = await doors.post(post)
        assert (answer.status, answer.body) == (200, b"<Response/>"), name
        assert len(doors.rig.slips.noted) == number
    numbers = [report.seq for report, _, _ in doors.rig.slips.noted]
    assert numbers == [12, None, 12, 12, 12]


async def test_what_is_genuine_and_unreadable_is_put_out_of_the_way_and_taken(doors):
    for number, post in enumerate((written(MessageSid="x"), told(MessageSid="y")), 1):
        answer = await doors.post(post)
        assert (answer.status, answer.body) == (200, b"<Response/>")
        assert len(await doors.rig.quarantined()) == number


async def test_repeats_are_all_taken_and_stored_once(doors):
    for _ in range(5):
        assert (await doors.post(written("oi"))).status == 200
    assert len(await doors.rig.messages()) == 1


async def test_why_it_was_turned_away_is_for_the_log_and_in_words_of_ours(doors):
    with structlog.testing.capture_logs() as logs:
        for name in ("no header", "text changed", "another account", "unknown key"):
            await doors.post(FORGED[name])
    assert [(line["event"], line["why"]) for line in logs] == [
        ("whatsapp_forged", "headers"),
        ("whatsapp_forged", "signature"),
        ("whatsapp_forged", "account"),
        ("whatsapp_forged", "key"),
    ]
    assert "domingo" not in repr(logs)


async def test_a_body_that_cannot_be_genuine_is_not_even_waited_for(doors):
    begun = time.perf_counter()
    for name in ("no header", "two headers", "truncated", "unknown key", "unknown algorithm"):
        answer = await doors.post(FORGED[name].but(body=b"", length=200_000))
        assert answer.status == 403, name
    for post in (NO_FORM["JSON"], G.but(media=())):
        assert (await doors.post(post.but(body=b"", length=200_000))).status == 415
    assert (await doors.post(G.but(body=b"", length=300_000))).status == 413
    assert time.perf_counter() - begun < 10


async def test_turning_away_costs_next_to_nothing(doors):
    posts = [FORGED["no header"], FORGED["text changed"], FORGED["another account"]]
    begun = time.perf_counter()
    for post in posts * 20:
        assert (await doors.post(post)).status == 403
    assert (time.perf_counter() - begun) / 60 < 0.1  # measured: under 3 ms, the client included
