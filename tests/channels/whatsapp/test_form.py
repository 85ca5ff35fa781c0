"""A form as it was signed; and whatever it holds, reading it ends in a noun or in a reason."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from bot.channels.whatsapp.form import MOST_FIELDS, Form
from bot.channels.whatsapp.parse import conversation_of, line_of, parse
from bot.errors import Unreadable
from tests.channels.whatsapp.payloads import (
    NOW,
    body,
    form,
    from_ad,
    place,
    press,
    said,
    sent_file,
    sid,
    status,
)


def after(code: int | None) -> tuple[str, float | None]:
    return "refused", None


def test_a_form_keeps_blank_and_repeated_fields():
    read_form = Form.read(b"b=2&a=&b=1&b=2&c&=x&d=%00")
    assert list(read_form) == ["b", "a", "c", "", "d"]
    assert read_form.getlist("b") == ["2", "1", "2"]
    assert (read_form.getlist("d"), read_form.get("d")) == (["\x00"], "\ufffd")
    assert (read_form.get("b"), read_form.get("a"), read_form.get("none")) == ("2", "", "")
    assert len(Form.read(b"")) == 0


def test_a_form_of_too_many_fields_is_not_read():
    Form.read(b"&".join(b"a=1" for _ in range(MOST_FIELDS)))
    with pytest.raises(Unreadable) as caught:
        Form.read(b"&".join(b"a=1" for _ in range(MOST_FIELDS + 1)))
    assert (caught.value.code, caught.value.status) == ("too_many_fields", 413)


GOOD = [said(), press(), place(), sent_file("audio/ogg"), from_ad(), status("failed"),
        said("", FlowData='{"a":{"b":[1,"x"]}}', InteractiveData='{"title":"a"}')]  # fmt: skip
STRANGE = ["", " ", "x", "0", "-1", "\x00", "😀", "whatsapp:", "+", "{", "[[]]", '{"title": 1}',
           "9" * 40, sid(3), "a" * 5_000, "received", "FAILED"]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_thousands_of_changed_and_garbled_forms_end_in_a_noun_or_a_reason(seed):
    chance = random.Random(seed)
    for _ in range(2_000):
        fields = dict(chance.choice(GOOD))
        for _ in range(chance.choice((1, 1, 2, 3))):
            fields[chance.choice(list(fields))] = chance.choice([*STRANGE, None])
        raw = bytearray(body(fields))
        if chance.random() < 0.5:
            for _ in range(chance.choice((1, 4))):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        with suppress(Unreadable):
            parse(
                form(bytes(raw)),
                chance.choice(("", "m=1.1", "m=x", "%ff", "m=1.1&m=2.2")),
                NOW,
                after,
            )
        conversation_of(form(bytes(raw)))
        line_of(form(bytes(raw)))
