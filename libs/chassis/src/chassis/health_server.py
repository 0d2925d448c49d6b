"""A worker's /healthz, /readyz, /aboutz and /metrics: a handful of lines of HTTP, there is no more to say."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from chassis.metrics import CONTENT_TYPE_LATEST, exposition

REQUEST_TIMEOUT_S = 5.0
_REASONS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


class HealthServer:
    """Listens on `port`, or does nothing for port 0. `not_ready` names what is missing, `facts` says who
    the process is.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        not_ready: Callable[[], Awaitable[list[str]]],
        facts: Callable[[], dict[str, Any]],
    ) -> None:
        self._host = host
        self._port = port
        self._not_ready = not_ready
        self._facts = facts
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen; OSError when the port is taken."""
        if self._port:
            self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(head.split(b" ", 2)[1]))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
            return  # whoever asked has gone, or did not speak HTTP
        finally:
            writer.close()

    async def _answer(self, target: bytes) -> bytes:
        if target == b"/healthz":
            return _json_response(200, {"status": "alive"})
        if target == b"/readyz":
            failing = await self._not_ready()
            return _json_response(
                503 if failing else 200, {"status": "failing" if failing else "ready", "failing": failing}
            )
        if target == b"/aboutz":
            return _json_response(200, self._facts())
        if target == b"/metrics":
            return _response(200, CONTENT_TYPE_LATEST, exposition())
        return _json_response(404, {"status": "not found"})


def _json_response(status: int, document: dict[str, Any]) -> bytes:
    return _response(status, "application/json", json.dumps(document).encode())


def _response(status: int, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
