"""`nightdesk desk`: the staff side in a terminal, as single commands or as a running session."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.socket_client import DeskGone, Refusal, SocketClient, local_desk
from bot.cli.typed import Keyboard
from bot.desk.card import harmless

HELP = """\
  list                 open cases, the longest waiting first
  show N               the card of case N
  claim N              take the chat: the bot is silent at once
  reply N TEXT         answer the customer (takes the chat if nobody has it)
  note N TEXT          write a note that stays inside
  template N           ask the customer to write again (WhatsApp, after 24 hours)
  release N            give the chat back to the bot, the case stays open
  resolve N            give the chat back to the bot and close the case
  quit                 leave (Ctrl+D too)"""
ACTIONS = ("claim", "reply", "note", "template", "release", "resolve")
_ACTS = {"template": "invite"}  # words that the desk knows by another name
LOOK_SECONDS = 2.0  # how often a running session looks for new cases
CARRIED_OUT_SECONDS = 10.0  # how long to wait for the line to carry out an act
LEAVES = frozenset({"reply", "template", "resolve"})  # acts of which the customer hears
FINISHED = frozenset({"done", "dead"})
CLOSED = "closed"  # a reply would be kept until the customer writes
_TOLD = {
    "claim": "case {case} is yours; the bot is silent.",
    "reply": "sent to the customer of case {case}.",
    "note": "noted on case {case}; the customer does not see it.",
    "template": "sent the approved message that asks the customer of case {case} to write again.",
    "release": "case {case} is back with the bot and waits for the next person.",
    "resolve": "case {case} is resolved; the bot answers again.",
}
_KEPT = (
    "kept for the customer of case {case}, who has not written for 24 hours: "
    "it goes out when they write. `template {case}` asks them to."
)
_LATER = "done for case {case}; the customer hears of it as soon as `nightdesk serve` runs."


class Desk:
    """What one agent can do."""

    def __init__(self, client: SocketClient, agent: str, console: Console) -> None:
        self._client = client
        self._agent = agent
        self._console = console

    async def newest(self) -> list[dict[str, Any]]:
        """The open cases that were opened last."""
        found = await self._client.get("/desk/cases", agent=self._agent, newest=1)
        return list(found["cases"])

    async def list_cases(self, *, everything: bool, as_json: bool) -> None:
        listed = await self._client.get("/desk/cases", agent=self._agent, all=int(everything))
        found = listed["cases"]
        if as_json:
            self._console.print_json(json.dumps(listed))
        elif not found:
            self._console.print("Nobody is waiting.")
        else:
            self._console.print(_table(found))
            if listed["total"] > len(found):
                self._console.print(f"These are {len(found)} of {listed['total']} cases.")

    async def show(self, case: int, *, as_json: bool) -> None:
        card = await self._client.get(f"/desk/cases/{case}", agent=self._agent)
        if as_json:
            self._console.print_json(json.dumps(card))
            return
        title, *rest = card["lines"]
        self._console.print(f"[bold]{escape(title)}[/bold]")
        for line in rest:
            self._console.print(escape(line), highlight=False, soft_wrap=True)

    async def act(self, action: str, case: int, text: str) -> bool:
        """Do it, wait until it is carried out, and say how it went."""
        before = await self._last_answer()
        done = await self._client.post(
            "/desk/acts",
            {
                "id": secrets.token_hex(8),
                "case": case,
                "agent": self._agent,
                "action": _ACTS.get(action, action),
                "text": text,
            },
        )
        state = await self._carried_out(done["act"])
        told = [each for each in await self._answers(before) if each["seq"] > before]
        if told:
            for each in told:
                self._console.print(f"[yellow]{escape(harmless(each['text']))}[/yellow]")
            return False
        if state not in FINISHED:
            self._console.print(
                f"[yellow]stored, not carried out yet ({state}); it will be.[/yellow]"
            )
            return True
        if done["case"] != case:
            self._console.print(f"[yellow]Case {case} is closed; this is about the open one.[/]")
        if action == "reply" and done["window"] == CLOSED:
            self._console.print(f"[yellow]{_KEPT.format(case=done['case'])}[/yellow]")
        elif action in LEAVES and not done["reached"]:
            self._console.print(f"[yellow]{_LATER.format(case=done['case'])}[/yellow]")
        else:
            self._console.print(f"[green]{_TOLD[action].format(case=done['case'])}[/green]")
        if done["holder"] not in ("", self._agent):
            was = "it was with" if action == "claim" else "it is with"
            self._console.print(f"[yellow]Mind that {was} {escape(done['holder'])}.[/yellow]")
        if not done["confirmed"]:
            self._console.print("[yellow]An answer of the bot may still arrive.[/yellow]")
        return True

    async def _carried_out(self, act: int) -> str:
        deadline = asyncio.get_running_loop().time() + CARRIED_OUT_SECONDS
        while True:
            state = str((await self._client.get(f"/desk/acts/{act}"))["state"])
            if state in FINISHED or asyncio.get_running_loop().time() > deadline:
                return state
            await asyncio.sleep(0.05)

    async def _answers(self, after: int) -> list[dict[str, Any]]:
        found = await self._client.get("/desk/answers", agent=self._agent, after=after)
        return list(found["answers"])

    async def _last_answer(self) -> int:
        answers = await self._answers(0)
        return int(answers[-1]["seq"]) if answers else 0


def _table(found: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("case", "waiting", "status"):
        table.add_column(name, no_wrap=True)
    found = list(found)
    windows = any(case["window"] for case in found)
    if windows:
        table.add_column("to answer", no_wrap=True)
    table.add_column("why", ratio=2)
    table.add_column("last message", ratio=3, overflow="ellipsis", no_wrap=True)
    for case in found:
        status = f"with {case['agent']}" if case["agent"] else case["status"]
        table.add_row(
            str(case["id"]),
            case["waiting"],
            escape(harmless(status)),
            *([_window(case["window"])] if windows else ()),
            escape(case["why"]),
            escape(harmless(case["last_text"])),
        )
    return table


def _window(left: str) -> str:
    return f"[red]{escape(left)}[/red]" if left == CLOSED else escape(left)


async def run_command(agent: str, console: Console, command: Callable[[Desk], Any]) -> bool:
    """Run one command against the desk; False when the desk said no."""
    async with local_desk() as client:
        try:
            return await command(Desk(client, agent, console)) is not False
        except Refusal as refusal:
            console.print(f"[red]{escape(str(refusal))}[/red]")
            return False


async def session(agent: str, console: Console) -> None:
    """A running desk: shows new cases and messages as they come, takes commands."""
    async with local_desk() as client:
        desk = Desk(client, agent, console)
        console.print(f"Desk of [bold]{escape(agent)}[/bold]. Type help for the commands.")
        await desk.list_cases(everything=False, as_json=False)
        keyboard = Keyboard("desk> ")
        watching = asyncio.create_task(
            _watch(desk, lambda text: keyboard.above(lambda: console.print(text)))
        )
        try:
            async for line in keyboard.lines():
                if watching.done():
                    break
                if line.strip() in ("quit", "exit"):
                    return
                await _obey(desk, console, line)
            if watching.done():
                watching.result()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _obey(desk: Desk, console: Console, line: str) -> None:
    word, _, rest = line.strip().partition(" ")
    number, _, text = rest.strip().partition(" ")
    try:
        if word == "list":
            await desk.list_cases(everything=number == "all", as_json=False)
        elif word == "show" and number.isdecimal():
            await desk.show(int(number), as_json=False)
        elif word in ACTIONS and number.isdecimal():
            await desk.act(word, int(number), text.strip())
        elif word == "help":
            console.print(HELP, highlight=False)
        elif word:
            console.print(f"[yellow]I do not know that. Nothing was sent.[/yellow]\n{HELP}")
    except Refusal as refusal:
        console.print(f"[red]{escape(str(refusal))}[/red]")


async def _watch(desk: Desk, say: Callable[[str], None]) -> None:
    """Say what is new: cases, and messages in the chats that this session has seen."""
    seen: dict[int, float] = {}
    first_look = True
    while True:
        try:
            found = await desk.newest()
        except DeskGone as gone:
            say(f"[red]{gone}[/red]")
            raise
        except Refusal:  # the ledger is busy: look again
            found = []
        for case in () if first_look else reversed(found):
            number, text = case["id"], escape(harmless(case["last_text"])[:80])
            if number not in seen:
                say(f"[bold]New case {number}[/bold] ({escape(case['why'])}): {text}")
            elif case["last_at"] > seen[number]:
                say(f"[bold]Case {number}[/bold]: {text}")
        seen |= {case["id"]: case["last_at"] for case in found}
        first_look = False
        await asyncio.sleep(LOOK_SECONDS)
