"""WhatsApp, as its people live it: what is peculiar to it. What all channels share is elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.whatsapp_desk import Stage, whatsapp_desk


@pytest.fixture
async def stage(monkeypatch, tmp_path) -> AsyncIterator[Stage]:
    async with whatsapp_desk(monkeypatch, tmp_path) as stage:
        yield stage
        assert not stage.api.violations


async def test_a_question_is_answered(stage):
    assert "Pix" in await stage.says(stage.ana, "vcs aceitam pix?")


async def test_a_button_and_its_number_mean_the_same(stage):
    await stage.says(stage.ana, "/start")
    welcome = await stage.hears(stage.ana)
    assert welcome.labels == ["Meu pedido", "Trocar ou devolver", "Falar com uma pessoa"]
    pressed = await stage.presses(stage.ana, "Meu pedido")
    await stage.says(stage.bia, "/start")
    assert await stage.says(stage.bia, "1") == pressed
