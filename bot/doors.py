"""The doors of a desk: what is served to the internet, and what only to its operators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from bot.book import Book
from bot.clock import Clock
from bot.desk.window import Windows
from bot.intake.accept import Intake
from bot.ledger.ledger import Ledger
from bot.plan import Plan
from bot.presence import Presence
from bot.web.api import Api
from bot.web.chat import Chat, Visitors
from bot.web.dead import Dead
from bot.web.health import Health
from bot.web.local import Local
from bot.web.metrics import MetricsPage
from bot.web.readiness import Readiness
from bot.web.server import Application, Hook, application
from bot.web.status import Platforms, Status
from bot.with_models import WithModels


@dataclass(frozen=True, slots=True)
class Doors:
    """Builds both applications from the same parts."""

    plan: Plan
    intake: Intake
    ledger: Ledger
    presence: Presence
    book: Callable[[], Book]
    clock: Clock
    platforms: Platforms
    models: WithModels
    windows: Windows

    def public(
        self,
        secret: bytes,
        hooks: Sequence[Hook],
        figures: Callable[[], Awaitable[tuple[bytes, str]]] | None,
        readiness: Readiness,
    ) -> Application:
        """What is served over TCP: web chat, API, hooks of platforms, health and `figures`."""
        settings, most = self.plan.settings, self.plan.settings.web.max_body_bytes
        keys, ledger = self.plan.environment.api_keys, self.ledger
        models = self.models.health
        chat = Chat(
            self.intake,
            self.ledger,
            self.presence,
            Visitors(secret),
            self.book,
            self.clock,
            most,
        )
        return application(
            [
                *Api(self.intake, self.ledger, keys, self.clock, most).routes(),
                *Health(
                    ledger.backlog, self.platforms, models, readiness, ledger.soundness
                ).routes(),
                *(chat.routes() if settings.web.chat else ()),
                *(route for hook in hooks for route in hook.routes()),
                *(MetricsPage(figures).routes() if figures else ()),
            ],
            settings.web.trusted_proxies,
        )

    def local(
        self, channels: Collection[str], hooks: Sequence[Hook], wake_courier: Callable[[], None]
    ) -> Application:
        """What is served over the Unix socket: the terminal chat, the desk, status, dead letters.

        `channels` are those on which a reply can leave.
        """
        settings = self.plan.settings
        desk = Local(
            self.intake,
            self.ledger,
            self.ledger,
            self.ledger,
            self.presence,
            self.clock,
            settings.web.max_body_bytes,
            settings.deadlines.send_seconds,
            self.book,
            channels,
            windows=self.windows,
        )
        status = Status(
            self.ledger.standing,
            self.platforms,
            self.models.health,
            self.models.spending,
            self.clock,
            self.clock.now(),
        )
        dead = Dead(
            self.ledger.letters,
            self.intake.ring,
            wake_courier,
            {hook.channel: hook.reread for hook in hooks},
            self.clock,
            settings.web.max_body_bytes,
        )
        return application([*desk.routes(), *status.routes(), *dead.routes()])
