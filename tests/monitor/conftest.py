"""A ledger for this room's tests, the same as the ledger's own, and a Sentry that goes nowhere."""

from __future__ import annotations

import pytest
import sentry_sdk

from bot.monitor.sentry import start
from tests.ledger.conftest import engine, rows
from tests.monitor.canaries import DSN, Envelopes

__all__ = ["engine", "rows"]


@pytest.fixture
def envelopes():
    return Envelopes()


@pytest.fixture
def sentry(envelopes):
    sentry = start(DSN, "nightdesk@1.2.3", envelopes)
    yield sentry
    sentry.close()
    sentry_sdk.get_global_scope().set_client(None)
