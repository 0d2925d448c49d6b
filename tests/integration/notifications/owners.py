"""Accounts and orders as notifications meets them: answers over HTTP, told beforehand."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

GONE = 410


class Owners:
    """Answers `GET path` with what `tell` was given last; 404 for what it was never told."""

    def __init__(self, *, key: str) -> None:
        self._key = key
        self._answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[str] = []
        self.while_asked: Callable[[], Awaitable[None]] | None = None
        self.url = ""

    def tell(self, path: str, answer: Any, *, status: int = 200) -> None:
        self._answers[path] = (status, answer)

    def reset(self) -> None:
        self._answers.clear()
        self.asked.clear()
        self.while_asked = None

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.headers.get("Internal-Api-Key") != self._key:
            return Response(status_code=401)
        if self.while_asked:
            await self.while_asked()
        status, answer = self._answers.get(request.url.path, (404, None))
        return JSONResponse(answer, status)


@asynccontextmanager
async def running_owners(*, key: str) -> AsyncIterator[Owners]:
    """Serve in this event loop, on a port of its own."""
    owners = Owners(key=key)
    listener = socket.create_server(("127.0.0.1", 0))
    owners.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", owners.answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield owners
    finally:
        server.should_exit = True
        await serving
