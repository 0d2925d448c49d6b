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
    """Counts on the generator sending one request a packet and waiting for its answer, as wrk does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(CannedAnswer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
