"""Open-loop load keeps its schedule and counts the wait for a busy connection as latency."""

import asyncio

from bench.paced import run_paced

_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"


async def _run_against_server_taking(delay_s: float, *, rate_per_s: float, connections: int):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            await asyncio.sleep(delay_s)
            writer.write(_ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await run_paced(
            host="127.0.0.1",
            port=port,
            request=lambda number: b"POST /holds HTTP/1.1\r\n\r\n",
            rate_per_s=rate_per_s,
            seconds=0.5,
            connections=connections,
        )


async def test_every_request_that_was_due_is_answered() -> None:
    result = await _run_against_server_taking(0.0, rate_per_s=100, connections=4)

    assert result.statuses == {201: 50}


async def test_waiting_for_a_busy_connection_counts_as_latency() -> None:
    result = await _run_against_server_taking(0.02, rate_per_s=100, connections=1)

    assert result.percentile_ms(99) > 200
