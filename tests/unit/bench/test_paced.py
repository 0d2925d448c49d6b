"""Open-loop load keeps its schedule and counts the wait for a busy connection as latency."""

import asyncio

from bench.http_connection import HttpConnection
from bench.paced import PacedResult, run_paced

_ANSWER = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok"


async def _post(connection: HttpConnection, number: int) -> int:
    status, body = await connection.post("/holds", token="a-token", body={"number": number})
    assert body == b"ok"
    return status


async def _run_against_server_taking(delay_s: float, *, connections: int) -> PacedResult:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.partition(b"Content-Length: ")[2]))
                await asyncio.sleep(delay_s)
                writer.write(_ANSWER)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        return await run_paced(url=url, work=_post, rate_per_s=100, seconds=0.5, connections=connections)


async def test_all_work_that_was_due_is_done() -> None:
    result = await _run_against_server_taking(0.0, connections=4)

    assert {201: 50} == result.statuses


async def test_waiting_for_a_busy_connection_counts_as_latency() -> None:
    result = await _run_against_server_taking(0.02, connections=1)

    assert result.figures()["p99_ms"] > 200
