"""A stand-in for Stripe over the wire: its API, its buyers and its signed notices.

async with running_stripe() as stripe:
    ...                                   # a client with stripe.url, stripe.api_key
    event = stripe.account.pay(session_id)  # what the buyer does on Stripe's page
    headers, body = stripe.signed(event)    # what Stripe then sends
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from stripe import WebhookSignature

from support.stripe_stand_in.account import Account
from support.stripe_stand_in.api import Api, Asked
from support.stripe_stand_in.faults import OUT_OF_ORDER, RATE_LIMITED, Faults

__all__ = ["OUT_OF_ORDER", "RATE_LIMITED", "StripeStandIn", "running_stripe"]

API_KEY = "sk_test_c3RhbmQtaW4"
NOTICE_SECRET = "whsec_c3RhbmQtaW4tc2VjcmV0"


@dataclass(frozen=True)
class StripeStandIn:
    """A running stand-in."""

    url: str
    api: Api
    api_key: str = API_KEY
    notice_secret: str = NOTICE_SECRET

    @property
    def account(self) -> Account:
        return self.api.account

    @property
    def faults(self) -> Faults:
        return self.api.faults

    @property
    def asked(self) -> list[Asked]:
        return self.api.asked

    def signed(
        self, event: dict[str, Any], *, at: datetime | None = None, secret: str = ""
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notice, signed now unless told otherwise; pretty-printed as Stripe's are."""
        body = json.dumps(event, indent=2)
        timestamp = None if at is None else int(at.timestamp())
        header = WebhookSignature.generate_signature_header(body, secret or self.notice_secret, timestamp)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header}
        return headers, body.encode()


@asynccontextmanager
async def running_stripe() -> AsyncIterator[StripeStandIn]:
    """Serve in this event loop, on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    api = Api(Account(), API_KEY)
    app = Starlette(routes=api.routes())
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield StripeStandIn(f"http://127.0.0.1:{listener.getsockname()[1]}", api)
    finally:
        api.faults.end()
        server.should_exit = True
        await serving
