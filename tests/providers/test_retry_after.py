"""The forms in which a server says for how long it wants to be left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bot.providers.retry_after import retry_after

NOW = 1_795_000_000.0  # Wed, 18 Nov 2026 11:06:40 GMT


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """A desk that is not on UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/Sao_Paulo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "1e12"}, 1e12),  # absurd: the chain decides
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": "Wed, 18 Nov 2026 11:07:10 GMT"}, 30.0),
        ({"retry-after": "Wed, 18 Nov 2026 11:07:10"}, 30.0),
        ({"retry-after": "Wed, 18 Nov 2026 08:07:10 -0300"}, 30.0),
        ({"retry-after": "Wed, 18 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Nov 2026 11:00:00 GMT"}, None),
        ({"retry-after": "Wed, 18 Nov 99999 11:00:00 GMT"}, None),
    ],
)
def test_every_form_is_understood_wherever_the_desk_stands(headers, seconds):
    assert retry_after(headers, NOW) == seconds


def test_a_date_is_held_against_the_servers_own_clock():
    """Ours may be wrong by hours; the server's are both its own."""
    headers = {
        "retry-after": "Wed, 18 Nov 2026 11:07:10 GMT",
        "date": "Wed, 18 Nov 2026 11:07:00 GMT",
    }
    assert retry_after(headers, NOW - 7200) == 10.0
    assert retry_after(headers | {"date": "rubbish"}, NOW) == 30.0
