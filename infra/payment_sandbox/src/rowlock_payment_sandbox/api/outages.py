"""Calls that fail on request: before they had their effect, or after."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rowlock_payment_sandbox.api.problems import problem
from rowlock_payment_sandbox.sandbox import Sandbox

API = "/v1/"


class Outages:
    """Pure ASGI: what is lost is lost after the work is done and committed."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        outage = self._sandbox.switches.outage
        if outage.takes_failure():
            await problem(503, "outage", "Not now, as told.")(scope, receive, send)
        elif scope["method"] == "POST" and outage.takes_loss():
            await self._app(scope, receive, _swallow)
            await problem(500, "answer-lost", "Something broke, as told.")(scope, receive, send)
        else:
            await self._app(scope, receive, _later(send, outage.answer_after_ms))


async def _swallow(_message: Message) -> None:
    """What was answered, nobody hears."""


def _later(send: Send, after_ms: int) -> Send:
    async def send_later(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(after_ms / 1000)
        await send(message)

    return send_later if after_ms else send
