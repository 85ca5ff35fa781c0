"""The terminal programs against a desk that runs: live, from both sides, until it closes."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from bot.cli import chat as chat_room
from bot.cli import desk as desk_room
from bot.cli.chat import chat
from bot.cli.desk import session
from bot.cli.socket_client import DeskGone, SocketClient, local_desk
from bot.cli.typed import Keyboard


def typing(monkeypatch: pytest.MonkeyPatch, room: object) -> asyncio.Queue[str | None]:
    """Lines typed by the test instead of a person; None is the end of input."""
    keyboard: asyncio.Queue[str | None] = asyncio.Queue()

    class Typed(Keyboard):
        async def lines(self) -> AsyncIterator[str]:
            while (line := await keyboard.get()) is not None:
                yield line

    monkeypatch.setattr(room, "Keyboard", Typed)
    return keyboard


async def until(condition) -> None:
    async with asyncio.timeout(6):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_person_answers_while_the_customer_watches(desk, monkeypatch):
    said: list[str] = []
    keyboard = typing(monkeypatch, chat_room)
    talking = asyncio.create_task(chat(said.append))
    await keyboard.put("quero falar com uma pessoa")
    await until(lambda: any("desk |" in line for line in said))
    await desk.act("reply", 1, "Oi, sou a Rita")
    await until(lambda: "person | Oi, sou a Rita" in said)

    await keyboard.put("/forget")
    await until(lambda: any("[1]" in line for line in said))
    await keyboard.put("1")
    await until(lambda: any("was deleted" in line for line in said))
    await keyboard.put(None)
    await talking


async def test_the_chat_says_when_the_desk_closes(desk, monkeypatch):
    typing(monkeypatch, chat_room)
    said: list[str] = []
    talking = asyncio.create_task(chat(said.append))
    await until(lambda: said)
    await asyncio.sleep(0.3)
    desk.app.presence.close()
    with pytest.raises(DeskGone, match="closed"):
        await talking


async def test_what_needs_no_answer_does_not_keep_the_chat_waiting(desk, monkeypatch):
    keyboard = typing(monkeypatch, chat_room)
    said: list[str] = []
    await keyboard.put("ok")
    await keyboard.put(None)
    async with asyncio.timeout(5):
        await chat(said.append)
    assert not any("no answer yet" in line for line in said)


async def test_a_chat_that_nobody_serves_leaves_without_waiting_for_ever(desk, monkeypatch):
    monkeypatch.setattr(chat_room, "ANSWER_SECONDS", 0.3)
    keyboard = typing(monkeypatch, chat_room)
    said: list[str] = []
    await desk.app.line.stop(1)
    await keyboard.put("qual o horário?")
    await keyboard.put(None)
    await chat(said.append)
    assert any("no answer yet" in line for line in said)


async def test_a_running_desk_shows_new_cases_and_messages(desk, monkeypatch):
    monkeypatch.setattr(desk_room, "LOOK_SECONDS", 0.05)
    keyboard = typing(monkeypatch, desk_room)
    screen = io.StringIO()
    running = asyncio.create_task(session("Rita", Console(file=screen, width=120)))
    await until(lambda: "Desk of Rita" in screen.getvalue())
    await desk.ask("quero falar com uma pessoa", "m1")
    await until(lambda: "New case 1" in screen.getvalue())
    await desk.post("é urgente [bold]mesmo[/bold]", "m2")
    await until(lambda: "Case 1: é urgente [bold]mesmo[/bold]" in screen.getvalue())
    await keyboard.put("quit")
    await running


async def test_a_running_desk_ends_when_its_desk_is_gone(desk, monkeypatch):
    monkeypatch.setattr(desk_room, "LOOK_SECONDS", 0.05)
    keyboard = typing(monkeypatch, desk_room)
    screen = io.StringIO()
    running = asyncio.create_task(session("Rita", Console(file=screen, width=120)))
    await until(lambda: "Nobody is waiting" in screen.getvalue())

    async def gone(*args, **kwargs):
        raise DeskGone("the desk does not answer any more")

    monkeypatch.setattr(SocketClient, "get", gone)
    await until(lambda: "does not answer" in screen.getvalue())
    await keyboard.put("list")
    with pytest.raises(DeskGone):
        await running


async def test_an_act_that_is_not_carried_out_yet_says_that_it_is_kept(desk, monkeypatch):
    monkeypatch.setattr(desk_room, "CARRIED_OUT_SECONDS", 0.0)
    await desk.ask("quero falar com uma pessoa", "m1")
    await desk.app.line.stop(1)  # nobody carries anything out any more
    screen = io.StringIO()
    done = await desk_room.run_command(
        "Rita", Console(file=screen, width=120), lambda each: each.act("note", 1, "x")
    )
    assert done
    assert "it will be" in screen.getvalue()


async def test_a_claim_waits_for_what_is_on_its_way(desk, monkeypatch):
    await desk.ask("quero falar com uma pessoa", "m1")
    looks = iter((True, True, False))

    async def being_sent(conversation):
        return next(looks)

    monkeypatch.setattr(desk.app.ledger, "being_sent", being_sent)
    assert (await desk.act("claim", 1))["confirmed"]


async def test_a_desk_that_vanishes_is_named(tmp_path, monkeypatch):
    import aiohttp

    connector = aiohttp.UnixConnector(str(tmp_path / "none.sock"))
    async with aiohttp.ClientSession("http://desk", connector=connector) as http:
        client = SocketClient(http)
        with pytest.raises(DeskGone):
            await client.get("/desk/ping")
        with pytest.raises(DeskGone):
            async for _ in client.events("/chat/events"):
                pass


async def test_a_socket_left_by_a_killed_process_is_no_desk(tmp_path, monkeypatch):
    import socket

    from bot.config import PROJECT

    database = tmp_path / "desk.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(database) + ".sock")
    dead.close()
    async with local_desk() as client:
        assert await client.get("/desk/ping") == {"desk": "open"}


async def test_typed_lines_end_with_the_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("um\ndois\n"))
    assert [line async for line in Keyboard("> ").lines()] == ["um", "dois"]


def test_what_happens_is_shown_above_the_line_being_typed(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    keyboard = Keyboard("desk> ")
    keyboard._typing = True
    keyboard.above(lambda: print("New case 1"))
    assert capsys.readouterr().out.startswith("\r\x1b[KNew case 1\ndesk> ")


async def test_an_agent_is_told_whose_chat_it_is(desk):
    await desk.ask("quero falar com uma pessoa", "m1")
    await desk.act("claim", 1)
    screen = io.StringIO()
    for action in ("reply", "claim"):
        await desk_room.run_command(
            "Bruno", Console(file=screen, width=120), lambda each, a=action: each.act(a, 1, "oi")
        )
    assert "it is with Rita" in screen.getvalue()
    assert "it was with Rita" in screen.getvalue()
