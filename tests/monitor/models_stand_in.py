"""Both model APIs on loopback, as small as their SDKs take them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.web.server import Server, application, listen_tcp


@asynccontextmanager
async def model_server(words: str, status: int = 200) -> AsyncIterator[str]:
    """Its address; every answer says `words`."""

    async def openai(request: Request) -> JSONResponse:
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": words},
        }
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
        return JSONResponse({**body, "choices": [choice], "usage": usage}, status)

    async def anthropic(request: Request) -> JSONResponse:
        body = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": words}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        return JSONResponse(body, status)

    routes = [
        Route("/v1/chat/completions", openai, methods=["POST"]),
        Route("/v1/messages", anthropic, methods=["POST"]),
    ]
    listening = listen_tcp("127.0.0.1", 0)
    server = Server(application(routes), listening)
    await server.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await server.stop()
