"""What routes are given: the sandbox, and the proof of who asks."""

import hmac
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.exceptions import HTTPException

from rowlock_payment_sandbox.delivery import Sender
from rowlock_payment_sandbox.errors import ApiKeyWrong
from rowlock_payment_sandbox.sandbox import Sandbox


async def _sandbox(request: Request) -> Sandbox:
    return request.app.state.sandbox


async def _sender(request: Request) -> Sender:
    return request.app.state.sender


Box = Annotated[Sandbox, Depends(_sandbox)]
Notices = Annotated[Sender, Depends(_sender)]


async def is_merchant(sandbox: Box, authorization: Annotated[str, Header()] = "") -> None:
    """Raises ApiKeyWrong."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(key.encode(), sandbox.api_key.encode()):
        raise ApiKeyWrong


async def is_no_other_site(request: Request) -> None:
    """Raises HTTPException for what a page of another site has a browser send. Programs name no origin."""
    own = f"{request.url.scheme}://{request.headers['host']}"
    if request.headers.get("origin", own) != own:
        raise HTTPException(403, "Only the sandbox's own pages may send this.")
