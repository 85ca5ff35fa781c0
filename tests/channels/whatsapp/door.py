"""The hook behind a real server on loopback."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.whatsapp.signature import Signatures
from bot.web.holding import Holding
from bot.web.server import Server, application, listen_tcp
from bot.web.whatsapp_hook import WhatsAppDoor, WhatsAppHook
from tests.channels.whatsapp.payloads import ACCOUNT
from tests.channels.whatsapp.rig import Rig
from tests.channels.whatsapp.signing import (
    KEY,
    KEY_SECRET,
    NEXT_TOKEN,
    PUBLIC,
    TOKEN,
    Answer,
    Post,
    send,
)


class Doors:
    """A real server on loopback for each address that the desk may be known by."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._servers: dict[str, tuple[Server, int]] = {}

    async def post(self, post: Post) -> Answer:
        if post.public not in self._servers:
            self._servers[post.public] = await opened(self.rig.receiver, post.public)
        return await send(self._servers[post.public][1], post)

    async def close(self) -> None:
        for server, _ in self._servers.values():
            await server.stop()


async def opened(
    door: WhatsAppDoor,
    public: str = PUBLIC,
    holding: Holding | None = None,
    refused: Callable[[], None] = lambda: None,
) -> tuple[Server, int]:
    signatures = Signatures(public, ACCOUNT, (TOKEN, NEXT_TOKEN), {KEY: KEY_SECRET})
    hook = WhatsAppHook(door, signatures, holding or Holding(), refused)
    listening = listen_tcp("127.0.0.1", 0)
    server = Server(application(hook.routes()), listening)
    await server.start()
    return server, listening.getsockname()[1]
