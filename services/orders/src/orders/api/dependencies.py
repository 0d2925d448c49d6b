"""What the routers of this service ask for by annotation."""

from typing import Annotated

from fastapi import Depends, Request

from orders.api.hold_tokens import HoldTokens
from orders.usecases.order_access_tokens import OrderAccessTokens


async def hold_tokens(request: Request) -> HoldTokens:
    """What reads hold tokens."""
    return request.app.state.hold_tokens


async def access_tokens(request: Request) -> OrderAccessTokens:
    """What derives order access tokens."""
    return request.app.state.order_access_tokens


HoldTokensOf = Annotated[HoldTokens, Depends(hold_tokens)]
AccessTokensOf = Annotated[OrderAccessTokens, Depends(access_tokens)]
