"""A replica that does as it is told and remembers every request byte for byte."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A request as it arrived behind the gateway."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Backend:
    """One replica on a port of its own."""

    name: str
    port: int = 0
    host: str = "127.0.0.1"
    ready: bool = True
    hang_up: bool = False
    """Close the connection after a request was read, without an answer."""
    delay_s: float = 0
    answer: bytes | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections from now on, as a killed process does."""
        if self._server:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.close()

    def reset(self) -> None:
        self.ready, self.hang_up, self.delay_s, self.answer = True, False, 0, None
        self.received.clear()
        self.connections = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while request := await read_request(reader):
                if request.target == "/readyz":
                    writer.write(response(b"200 OK" if self.ready else b"503 Unready", b"{}"))
                    continue
                self.received.append(request)
                if self.hang_up:
                    break
                await asyncio.sleep(self.delay_s)
                writer.write(self.answer or response(b"200 OK", self.name.encode()))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await read_body(reader, headers)
    return Received(method, target, headers, body)


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    return await reader.readexactly(int(headers.get("content-length", 0)))


def response(status: bytes, body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Server: stand-in", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
