"""Everything at once: duplicates, fifty chats, bursts with a button among them."""

from __future__ import annotations

import asyncio

import aiohttp

from bot.delivery.transcript import own_id
from tests.faults.judge import (
    ANSWERED,
    KEPT,
    all_leased,
    count,
    drained,
    from_database,
    looking,
    replies,
    verdict,
)
from tests.faults.rig import HOLDING_BACK, ONE_BY_ONE, PATIENCE, QUICK, Bench, Senders


async def test_every_copy_of_a_message_is_acknowledged_and_one_answer_given(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(QUICK)
    copies = [(f"c{n % 10}", f"m{n // 10}") for n in range(100)] * 5
    for conversation, id in copies:  # the order of what is sent at one instant is nobody's
        customers.tried[conversation] = sorted({*customers.tried[conversation], id})
    copies += [("one", "only")] * 500
    await asyncio.gather(*(customers.say(program, *copy) for copy in copies))

    assert customers.codes == {202: 101, 200: 899}
    assert await drained(bench.database)
    found = await verdict(program, customers)
    assert (found.lost, found.doubled, found.unexpected, found.stranded) == ((), (), (), ())

    program.kill()  # and a copy is known after it, too
    program = await bench.start(QUICK)
    await asyncio.gather(*(customers.say(program, *copy) for copy in set(copies)))
    assert customers.codes == {202: 101, 200: 1000}
    assert await drained(bench.database)
    assert (await verdict(program, customers)).doubled == ()


async def test_fifty_chats_are_served_side_by_side(bench: Bench, customers: Senders) -> None:
    chats = 50
    program = await bench.start(HOLDING_BACK)
    await customers.fill(program, chats, 1)
    # All are being served at once; in line the second would wait for the end of the first's burst.
    assert await all_leased(bench.database, chats)
    for n in range(chats):  # a command ends the burst before it, in its own chat only
        await customers.say(program, f"c{n}", "help", "/help")
    assert await drained(bench.database, PATIENCE)
    assert await verdict(program, customers) == KEPT


async def test_twenty_messages_in_each_of_many_chats_keep_their_order(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(ONE_BY_ONE)
    await customers.fill(program, 12, 20)
    assert await drained(bench.database)
    assert await verdict(program, customers) == KEPT


class Visitor:
    """A browser at the web chat."""

    def __init__(self, http: aiohttp.ClientSession, url: str, customers: Senders) -> None:
        self._http = http
        self._url = url
        self._customers = customers
        self._cookie = ""
        self.chat = ""

    async def arrive(self) -> None:
        async with self._http.get(f"{self._url}/") as page:
            self._cookie = page.cookies["nightdesk_chat"].value
        self.chat = self._cookie.partition(".")[0]

    async def say(self, id: str, text: str, press: tuple[str, int] | None = None) -> None:
        self._customers.tried[self.chat].append(id)
        button = {"message": press[0], "index": press[1]} if press else None
        async with self._http.post(
            f"{self._url}/chat/messages",
            json={"id": id, "text": text, "button": button},
            headers={"Cookie": f"nightdesk_chat={self._cookie}"},
        ) as response:
            assert response.status == 202, await response.text()
        self._customers.acknowledged[self.chat, id] += 1


async def test_a_burst_with_a_button_or_a_command_in_it_is_one_turn_at_a_time(
    bench: Bench, customers: Senders
) -> None:
    # A pause far longer than any hiccup between two fragments: what follows is no race.
    program = await bench.start(
        {"NIGHTDESK__INBOX__PAUSE_SECONDS": "2", "NIGHTDESK__INBOX__PAUSE_CAP_SECONDS": "8"}
    )
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as http:
        visitors = [Visitor(http, program.url, customers) for _ in range(10)]
        for visitor in visitors:
            await visitor.arrive()
            await visitor.say("first", "xyzzy plugh frobozz")  # nobody knows: buttons are offered
        assert await drained(bench.database)
        with looking(bench.database) as connection:
            offers = connection.execute(
                "SELECT conversation, seq FROM messages WHERE buttons IS NOT NULL"
            ).fetchall()
        buttons = {row["conversation"]: own_id(row["seq"]) for row in offers}
        assert len(buttons) == len(visitors)

        async def by_page(visitor: Visitor) -> None:
            button = next(id for key, id in buttons.items() if visitor.chat in key)
            for n in range(6):
                await visitor.say(f"f{n}", f"horário {n},", (button, 1) if n == 3 else None)
                await asyncio.sleep(0.2)

        async def by_program(chat: str) -> None:
            for n in range(6):
                await customers.say(program, chat, f"f{n}", "/help" if n == 3 else f"horário {n},")
                await asyncio.sleep(0.2)

        await asyncio.gather(
            *(by_page(visitor) for visitor in visitors),
            *(by_program(f"c{n}") for n in range(20)),
        )
    assert await drained(bench.database)
    assert from_database(bench.database, customers) == KEPT
    assert count(bench.database, ANSWERED) == 30 * 6 + len(visitors)
    assert max(replies(bench.database).values()) <= 3
    with looking(bench.database) as connection:
        assert connection.execute("SELECT max(attempts) FROM turns").fetchone()[0] == 1
