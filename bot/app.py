"""The composition root: the only place that builds concrete things, and their life and death."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bot.book import Book
from bot.chores import Chores
from bot.clock import SYSTEM, Clock
from bot.delivery.courier import Courier
from bot.delivery.ports import Sender
from bot.delivery.unknowns import Unknowns
from bot.desk.connected import ConnectedDesk
from bot.desk.surface import AnySurface
from bot.doors import Doors
from bot.errors import CannotListen
from bot.fleet.neighbours import Household, nowhere_to_look
from bot.fleet.role import Role
from bot.intake.accept import Intake
from bot.intake.around import Around, unseen
from bot.intake.line import Line
from bot.intake.load import Load
from bot.intake.ports import Allowance
from bot.model import Turn
from bot.pipeline import road
from bot.plan import Plan
from bot.presence import Presence
from bot.rules.match import engine_of
from bot.rules.recent import forget_recent_texts
from bot.staff_notices import StaffNotices
from bot.stores import Store, opened_store
from bot.web.readiness import Readiness
from bot.web.server import Server, listen_local
from bot.with_ledger import PULLED, purging
from bot.with_models import WithModels
from bot.with_monitor import WithMonitor
from bot.with_pressure import with_pressure
from bot.with_telegram import WithTelegram, with_telegram
from bot.with_whatsapp import WINDOWS, WithWhatsApp, invitations_of, with_whatsapp
from bot.words.language import prepare

T = TypeVar("T")
log = structlog.get_logger()

NO_SENDERS: Mapping[str, Sender] = {}
GRACE_SECONDS = 10.0  # for turns under way when the program stops


class App:
    """A desk that is open: ledger, line and doors."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        role: Role,
        telegram: WithTelegram | None,
        whatsapp: WithWhatsApp | None,
        staff: StaffNotices,
        models: WithModels,
        senders: Mapping[str, Sender],
    ) -> None:
        settings, ledger, clock = plan.settings, store.ledger, store.clock
        neighbours = store.neighbours
        engine_of(plan.book)  # built before the first message, not during it
        prepare(plan.book.languages)
        book = always(plan.book)
        platforms = [each for each in (telegram, whatsapp) if each]
        self.presence = Presence(_all(each.typing for each in platforms))
        self.presence.tell = neighbours.show
        self.ledger = ledger
        self.neighbours = neighbours
        self.telegram = telegram
        self.whatsapp = whatsapp
        self.models = models
        self.monitor = WithMonitor(plan, ledger, models, self.health, PULLED, clock)
        self.senders = {**_all(each.senders for each in platforms), **senders}
        look_ups = whatsapp.look_ups if whatsapp else {}
        self.unknowns = Unknowns(
            ledger,
            ledger,
            look_ups,
            clock,
            notice=staff.undelivered,
            wake_courier=neighbours.wake_courier,
            observe=self.monitor.responded,
            leads=neighbours.leads,
        )
        self.courier = Courier(
            ledger,
            self.senders,
            clock,
            neighbours.owner,
            at_once=settings.delivery.senders,
            send_seconds=settings.deadlines.send_seconds,
            report=staff.undelivered,
            observe=self.monitor.responded,
            looked_up=look_ups,
            adrift=self.unknowns.ring,
            leads=neighbours.leads,
        )
        surface = AnySurface(
            (
                ConnectedDesk(ledger, settings.desk.seen_minutes * 60),
                *(telegram.surfaces() if telegram else ()),
            )
        )
        self.line = Line(
            ledger,
            road(surface, models.room, models.measure, invitations_of(plan)),
            book,
            clock,
            self.presence,
            neighbours.owner,
            wake_courier=neighbours.wake_courier,
            around=Around(
                equip=self._with_facts,
                show=telegram.show if telegram else unseen,
                observe=self.monitor.metrics.observe,
            ),
            serves=neighbours.serves,
        )
        neighbours.meet(
            Household(
                self.presence,
                self.line.ring if role.answers else None,
                self.line.serving,
                self.courier.ring,
                self.line.look,
                whatsapp.look_soon if whatsapp else nowhere_to_look,
                forget_recent_texts,
            )
        )
        self.readiness = Readiness(Load(), neighbours.workers)
        load = self.readiness.load
        reached = PULLED | self.senders.keys()
        self.pressure = with_pressure(
            settings, ledger, book, clock, self.presence, neighbours.wake_courier, load, reached
        )
        limits = settings.limits
        self.intake = Intake(
            ledger,
            book,
            Allowance(limits.messages_per_hour, limits.commands_per_minute)
            if limits.enabled
            else None,
            store.secret,
            clock,
            neighbours.arrived,
            self.monitor.accepted,
            settings.inbox.queue_messages,
            load,
        )
        ring, refused, observe = (
            neighbours.wake_courier,
            neighbours.refused,
            self.monitor.responded,
        )
        some = (
            telegram.hook(self.intake, ring) if telegram else None,
            whatsapp.hook(self.intake, staff.undelivered, observe, ring, refused)
            if whatsapp
            else None,
        )
        hooks = [each for each in some if each]
        self.chores = Chores(
            (purging(ledger, clock), *(whatsapp.chores if whatsapp and role.answers else ())),
            may_run=neighbours.leads,
        )
        doors = Doors(
            plan, self.intake, ledger, self.presence, book, clock, self.health, models, WINDOWS
        )
        self.public = doors.public(store.secret, hooks, self.monitor.page, self.readiness)
        self.local = doors.local(reached, hooks, ring)

    def _with_facts(self, turn: Turn) -> Turn:
        return replace(turn, facts=self.models.facts.for_turn(turn))

    def load(self) -> None:
        """Load the SDKs of platforms and models, which takes seconds, in the background."""
        self.models.open()
        self.chores.open()
        for platform in (self.telegram, self.whatsapp):
            if platform:
                platform.open()

    async def stop_taking(self) -> None:
        """Let the turns under way finish and every open page go; what comes in is still stored."""
        await self.chores.stop()
        self.pressure.stop()
        self.unknowns.stop()  # a question under way takes seconds: it ends beside the rest
        if self.telegram:
            await self.telegram.stop_receiving()
        await self.neighbours.retire()
        await self.line.stop(GRACE_SECONDS)
        self.presence.close()

    def health(self) -> Mapping[str, Mapping[str, Any]]:
        """What the platforms that must be called say about themselves."""
        platforms = {"telegram": self.telegram, "whatsapp": self.whatsapp}
        return {name: each.health() for name, each in platforms.items() if each}


def _all(parts: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return {name: each for part in parts for name, each in part.items()}


def always(book: Book) -> Callable[[], Book]:
    return lambda: book


@asynccontextmanager
async def opened(
    plan: Plan,
    clock: Clock = SYSTEM,
    senders: Mapping[str, Sender] = NO_SENDERS,
    *,
    connect: bool = True,
    load: bool = True,
    role: Role = Role.DESK,
    local_socket: Path | None = None,
) -> AsyncIterator[App]:
    """Open the database, serve the local socket, run the line and the courier.

    `senders` has further platforms that must be called, by channel. Without `connect` no platform
    is spoken with: what is to be sent waits for a desk that does. Without `load` the caller calls
    `App.load`, once its doors are open. `local_socket` is for a command, where a database has no
    socket of its own. Raises what `opened_store` raises.
    """
    async with opened_store(plan, clock, role) as store:
        ledger, clock, book = store.ledger, store.clock, always(plan.book)
        leads = store.neighbours.leads
        telegram = await with_telegram(
            plan,
            ledger,
            book,
            store.secret,
            clock,
            connect=connect,
            windows=WINDOWS,
            leads=leads,
        )
        staff = StaffNotices(plan, ledger, book, clock, telegram)
        whatsapp = with_whatsapp(plan, ledger, clock, staff.alert, connect=connect)
        models = WithModels(plan, ledger, clock)
        await models.look_back()
        app = App(plan, store, role, telegram, whatsapp, staff, models, senders)
        await store.neighbours.open()
        path = store.local_socket or local_socket
        local = Server(app.local, _listen_local(path)) if path else None
        if local:
            await local.start()
        running = [asyncio.create_task(app.pressure.run())]
        if role.answers:
            running.append(asyncio.create_task(app.line.run()))
            if app.senders:
                running.append(asyncio.create_task(app.courier.run()))
                running.append(asyncio.create_task(app.unknowns.run()))
        if load:
            app.load()
        if connect:
            app.monitor.open()
        try:
            yield app
        finally:
            await app.stop_taking()
            await app.courier.stop()
            await store.neighbours.leave()
            await asyncio.gather(*running)
            await models.close()
            await app.monitor.close()
            for platform in (telegram, whatsapp):
                if platform:
                    await platform.close()
            await staff.close()
            if local and path:
                await local.stop()
                path.unlink(missing_ok=True)
            await store.neighbours.close()


def _listen_local(path: Path) -> socket.socket:
    try:
        return listen_local(path)
    except OSError as error:
        raise CannotListen(
            f"cannot make the local socket {path}: {error.strerror or error}"
        ) from error
