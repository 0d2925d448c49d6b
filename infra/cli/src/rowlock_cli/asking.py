"""Questions to parts that may be dead, slow or silent: each has its time, and none holds up the others."""

import asyncio
import logging
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from typing import Annotated, Any, TypeVar

import httpx
import typer

T = TypeVar("T")

DeadlineOption = Annotated[float, typer.Option(min=0.1, help="How long one question may take, in seconds.")]

DEADLINE_S = 3.0
"""For one question. A process that waits for its dead database says so after two seconds."""

_deadline_s = ContextVar("deadline_s", default=DEADLINE_S)
TIMEOUT = httpx.Timeout(60.0)
"""Of an HTTP client below `ask`, whose deadline comes before."""

_given_up: list[asyncio.AbstractEventLoop] = []


class Unanswered(Exception):
    """No answer that could be used; the message says why, without a secret."""


async def ask(question: Coroutine[Any, Any, T]) -> T:
    """The answer. Raises Unanswered when the time is over, and whatever the question raises.

    A question that is given up may go on for a while: a library that cancels politely waits for a server
    which does not listen any more, so nobody waits for that here.
    """
    task = asyncio.ensure_future(question)
    within_s = _deadline_s.get()
    done, _ = await asyncio.wait({task}, timeout=within_s)
    if not done:
        task.cancel()
        raise Unanswered(f"no answer within {within_s:g} s")
    return task.result()


def answered(work: Coroutine[Any, Any, T], *, deadline_s: float = DEADLINE_S) -> T:
    """Run `work`, each question of which has `deadline_s`, and return as soon as it is done, whatever the
    questions it gave up are still doing.
    """
    result: Future[T] = Future()
    # A library's word on a connection that was given up is of no use beside ours.
    logging.getLogger().addHandler(logging.NullHandler())
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # of what was given up
    _given_up.append(loop)

    async def run() -> None:
        _deadline_s.set(deadline_s)
        try:
            result.set_result(await work)
        except BaseException as error:  # noqa: BLE001 -- raised where it is waited for
            result.set_exception(error)

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(run())  # noqa: RUF006 -- the loop runs on and keeps it
        loop.run_forever()

    threading.Thread(target=serve, daemon=True, name="questions").start()
    try:
        return result.result()
    finally:
        loop.call_soon_threadsafe(loop.stop)


async def addresses_of(host: str) -> list[str]:
    """The addresses of a host, in order; only those of IPv4 where it has any. Raises Unanswered.

    In a thread that nobody waits for: a resolver takes its time when the name server is away.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Any]] = loop.create_future()

    def tell(result: "list[Any] | None") -> None:
        if not found.done():
            found.set_result(result or [])

    def look() -> None:
        result = None
        with suppress(OSError, UnicodeError):
            result = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        with suppress(RuntimeError):  # the command has ended meanwhile
            loop.call_soon_threadsafe(tell, result)

    threading.Thread(target=look, daemon=True, name="resolver").start()
    infos = await found
    if not infos:
        raise Unanswered(f"the name {host} does not resolve here")
    old = sorted({info[4][0] for info in infos if info[0] is socket.AF_INET}, key=_as_numbers)
    return old or sorted({info[4][0] for info in infos})


def _as_numbers(address: str) -> tuple[int, ...]:
    return tuple(map(int, address.split(".")))


def first_line(error: BaseException) -> str:
    """What went wrong, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
