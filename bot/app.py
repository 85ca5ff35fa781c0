"""The composition root: the only place that builds concrete things, and their life and death."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bot.book import Book
from bot.clock import SYSTEM, Clock
from bot.delivery.courier import Courier
from bot.delivery.ports import Sender
from bot.delivery.unknowns import Unknowns
from bot.desk.connected import ConnectedDesk
from bot.desk.surface import AnySurface
from bot.doors import Doors
from bot.errors import BotError
from bot.intake.accept import Intake
from bot.intake.around import Around, unseen
from bot.intake.line import Line
from bot.intake.load import Load
from bot.intake.ports import Allowance
from bot.ledger.file import FileLock, private_file, secret_beside, socket_path
from bot.ledger.ledger import Ledger
from bot.model import Turn
from bot.monitor.error_reports import ErrorReports
from bot.pipeline import road
from bot.plan import Plan
from bot.presence import Presence
from bot.rules.match import engine_of
from bot.staff_notices import StaffNotices
from bot.web.leaving import Leaving
from bot.web.readiness import Readiness
from bot.web.server import Server, listen_local, listen_tcp
from bot.with_ledger import PULLED, with_ledger
from bot.with_models import WithModels
from bot.with_monitor import ErrorReporting, WithMonitor
from bot.with_pressure import with_pressure
from bot.with_telegram import WithTelegram, with_telegram
from bot.with_whatsapp import WINDOWS, WithWhatsApp, invitations_of, with_whatsapp
from bot.words.language import prepare

T = TypeVar("T")
log = structlog.get_logger()

NO_SENDERS: Mapping[str, Sender] = {}
GRACE_SECONDS = 10.0  # for turns under way when the program stops


class CannotListen(BotError):
    """The address is taken or does not exist."""


class App:
    """A desk that is open: ledger, line and doors."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        secret: bytes,
        clock: Clock,
        telegram: WithTelegram | None,
        whatsapp: WithWhatsApp | None,
        staff: StaffNotices,
        models: WithModels,
        senders: Mapping[str, Sender],
    ) -> None:
        settings = plan.settings
        engine_of(plan.book)  # built before the first message, not during it
        prepare(plan.book.languages)
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        book = always(plan.book)
        platforms = [each for each in (telegram, whatsapp) if each]
        self.presence = Presence(_all(each.typing for each in platforms))
        self.ledger = ledger
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
            wake_courier=lambda: self.courier.ring(),
            observe=self.monitor.responded,
        )
        self.courier = Courier(
            ledger,
            self.senders,
            clock,
            owner,
            at_once=settings.delivery.senders,
            send_seconds=settings.deadlines.send_seconds,
            report=staff.undelivered,
            observe=self.monitor.responded,
            looked_up=look_ups,
            adrift=self.unknowns.ring,
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
            owner,
            wake_courier=self.courier.ring,
            around=Around(
                equip=self._with_facts,
                show=telegram.show if telegram else unseen,
                observe=self.monitor.metrics.observe,
            ),
        )
        self.readiness = Readiness(Load())
        load = self.readiness.load
        reached = PULLED | self.senders.keys()
        self.pressure = with_pressure(
            settings, ledger, book, clock, self.presence, self.courier.ring, load, reached
        )
        limits = settings.limits
        self.intake = Intake(
            ledger,
            book,
            Allowance(limits.messages_per_hour, limits.commands_per_minute)
            if limits.enabled
            else None,
            secret,
            clock,
            self.line.ring,
            self.monitor.accepted,
            settings.inbox.queue_messages,
            load,
        )
        ring, observe = self.courier.ring, self.monitor.responded
        hooks = (
            telegram.hook(self.intake, ring) if telegram else None,
            whatsapp.hook(self.intake, staff.undelivered, observe, ring) if whatsapp else None,
        )
        doors = Doors(
            plan, self.intake, ledger, self.presence, book, clock, self.health, models, WINDOWS
        )
        open_hooks = [each for each in hooks if each]
        self.public = doors.public(secret, open_hooks, self.monitor.page, self.readiness)
        self.local = doors.local(reached)

    def _with_facts(self, turn: Turn) -> Turn:
        return replace(turn, facts=self.models.facts.for_turn(turn))

    def load(self) -> None:
        """Load the SDKs of platforms and models, which takes seconds, in the background."""
        self.models.open()
        for platform in (self.telegram, self.whatsapp):
            if platform:
                platform.open()

    async def stop_taking(self) -> None:
        """Let the turns under way finish and every open page go; what comes in is still stored."""
        self.pressure.stop()
        self.unknowns.stop()  # a question under way takes seconds: it ends beside the rest
        if self.telegram:
            await self.telegram.stop_receiving()
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
) -> AsyncIterator[App]:
    """Lock, migrate and open the database, serve the local socket, run the line and the courier.

    `senders` has further platforms that must be called, by channel. Without `connect` no platform
    is spoken with: what is to be sent waits for a desk that does. Without `load` the caller calls
    `App.load`, once its doors are open. Raises AlreadyServed when
    another process has the database, ConfigError when the database is newer than this program.
    """
    database = plan.environment.database_file
    lock = FileLock(database)
    lock.take()
    try:
        given = plan.environment.nightdesk_secret_key
        secret = given.get_secret_value().encode() if given else secret_beside(database)
        private_file(database)
        ledger = with_ledger(plan.settings, database)
        try:
            await ledger.start_afresh()
            telegram = await with_telegram(
                plan,
                ledger,
                always(plan.book),
                secret,
                clock,
                connect=connect,
                windows=WINDOWS,
            )
            staff = StaffNotices(plan, ledger, always(plan.book), clock, telegram)
            whatsapp = with_whatsapp(plan, ledger, clock, staff.alert, connect=connect)
            models = WithModels(plan, ledger, clock)
            await models.look_back()
            app = App(plan, ledger, secret, clock, telegram, whatsapp, staff, models, senders)
            local = Server(app.local, _listen_local(database))
            await local.start()
            running = [asyncio.create_task(each.run()) for each in (app.line, app.pressure)]
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
                app.unknowns.stop()
                await asyncio.gather(*running)
                await models.close()
                await app.monitor.close()
                for platform in (telegram, whatsapp):
                    if platform:
                        await platform.close()
                await staff.close()
                await local.stop()
                socket_path(database).unlink(missing_ok=True)
        finally:
            await ledger.close()
    finally:
        lock.free()


def _listen_local(database: Path) -> socket.socket:
    path = socket_path(database)
    try:
        return listen_local(path)
    except OSError as error:
        raise CannotListen(
            f"cannot make the local socket {path}: {error.strerror or error}"
        ) from error


async def serve(
    plan: Plan, now_open: Callable[[int], None], reports: ErrorReports | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; `now_open` is told the port once connections are taken.

    After SIGTERM everything is served for `web.drain_seconds` more, but /readyz says 503.

    `reports` gather errors for Sentry. Raises CannotListen besides what `opened` raises.
    """
    host, port = plan.environment.host, plan.environment.port
    leaving = Leaving()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leaving.signalled, number)
    async with opened(plan, load=False) as app:
        try:
            listening = listen_tcp(host, port)
        except OSError as error:
            raise CannotListen(
                f"cannot listen on {host}:{port}: {error.strerror or error}; set HOST and PORT"
            ) from error
        public = Server(app.public, listening)
        await public.start()
        app.load()
        now_open(listening.getsockname()[1])
        reporting = ErrorReporting(plan, reports or ErrorReports())
        try:
            await leaving.asked.wait()
            app.readiness.leave()
            log.info("closing")
            await leaving.drained(plan.settings.web.drain_seconds)
        finally:
            # Messages are still stored while the last turns finish; pages are let go first,
            # for a stream that stays open would hold the server.
            await app.stop_taking()
            await public.stop()
            await reporting.close()
