"""Short questions that tell whether a part is ready; each answers within a second."""

import asyncio

import httpx

AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = b"\x01"


async def http_answers(url: str, *, status: int = 200) -> bool:
    """Whether the address answers a GET with this status."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=1.0) as client:
            return (await client.get(url)).status_code == status
    except httpx.HTTPError:
        return False


async def amqp_answers(host: str, port: int) -> bool:
    """Whether a broker greets back; RabbitMQ listens before it can, so an open port is not enough."""
    try:
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(AMQP_GREETING)
                return await reader.readexactly(1) == METHOD_FRAME
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def port_open(host: str, port: int) -> bool:
    """Whether somebody listens."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return True
    except (OSError, TimeoutError):
        return False
