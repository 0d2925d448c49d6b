"""Where a provider's notices are sent to when a test wants to see them as they travel."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

NO_CONTENT = 204


@dataclass
class CaughtNotices:
    """Every notice with its headers, byte for byte, the oldest first."""

    url: str
    notices: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def catch(self, request: Request) -> Response:
        self.notices.append((dict(request.headers), await request.body()))
        return Response(status_code=NO_CONTENT)


@asynccontextmanager
async def catching_notices() -> AsyncIterator[CaughtNotices]:
    """Listen in this event loop, on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    caught = CaughtNotices(f"http://127.0.0.1:{listener.getsockname()[1]}/notices")
    app = Starlette(routes=[Route("/notices", caught.catch, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield caught
    finally:
        server.should_exit = True
        await serving
