"""One keep-alive HTTP/1.1 connection and nothing more, so that little of the CPU goes to the load itself."""

import asyncio
import json
import secrets
from typing import Any, Self
from urllib.parse import urlencode


class HttpConnection:
    """Sends one request at a time. Counts on answers that tell their length, as ours do."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, *, token: str | None = None, body: Any) -> tuple[int, bytes]:
        """Write `body` as JSON under a new idempotency key; the answer's status and body."""
        content = json.dumps(body).encode()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"{authorization}Idempotency-Key: {secrets.token_hex(12)}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return await self._exchange(head.encode() + content)

    async def submit(self, path: str, *, fields: dict[str, str]) -> tuple[int, bytes]:
        """Send a form as a browser does."""
        content = urlencode(fields)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return await self._exchange((head + content).encode())

    async def get(self, path: str) -> tuple[int, bytes]:
        """Read what everybody may read."""
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n"
        return await self._exchange(head.encode())

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        return int(head[9:12]), await self._reader.readexactly(_content_length(head))


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)
