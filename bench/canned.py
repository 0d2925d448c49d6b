"""A server that answers every request with the same 201 and does nothing else: `python -m bench.canned PORT`.

What wrk reaches against it is the least rate at which the generator itself could be the bottleneck.
"""

import asyncio
import sys
from typing import cast

import uvloop

_BODY = b'{"hold_id":"019a0000-0000-7000-8000-000000000000","state":"active"}'
_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


class CannedAnswer(asyncio.Protocol):
    """Answers a request once all of it is there; counts on no request before the last one's answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, body = self._received.partition(b"\r\n\r\n")
        if ended and len(body) >= _content_length(head):
            self._received = b""
            self._transport.write(_ANSWER)


def _content_length(head: bytes) -> int:
    _, _, rest = head.partition(b"\r\nContent-Length: ")
    return int(rest.partition(b"\r\n")[0] or 0)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(CannedAnswer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
