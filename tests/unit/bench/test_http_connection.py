"""The bench's HTTP connection sends what a browser sends."""

import asyncio

from bench.http_connection import HttpConnection


async def test_a_form_is_sent_as_a_browser_sends_it() -> None:
    received = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        received.extend(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        async with HttpConnection(host=host, port=port) as connection:
            assert (303, b"") == await connection.submit("/pay/1", fields={"card": "4242 & more"})

    assert received.startswith(b"POST /pay/1 HTTP/1.1\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in received
    assert received.endswith(b"\r\n\r\ncard=4242+%26+more")
