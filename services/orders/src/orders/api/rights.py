"""Who may do what with orders: the one dependency every route of an order asks for.

An unknown order, another's order and a wrong token look exactly the same: 404, whoever asks.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyHeader

from chassis.access import OptionalPrincipal
from chassis.idempotency import Write
from chassis.problems import UNAUTHENTICATED, ProblemError
from orders.api.limits import LimitsOf
from orders.domain.basket import Hold
from orders.domain.order import OrderNotFound
from orders.domain.rights import (
    OrderRight,
    access_token_sha256,
    key_scope_of_holds,
    key_scope_of_token,
)

OPERATOR = "operator"

ORDER_ACCESS_TOKEN = APIKeyHeader(
    name="Order-Access-Token",
    scheme_name="orderAccessToken",
    description="Token of an order placed without an account, as given with it or in a mail; "
    "its bearer may do with this order what its buyer may",
    auto_error=False,
)


async def right_to_order(
    request: Request,
    principal: OptionalPrincipal,
    token: Annotated[str | None, Security(ORDER_ACCESS_TOKEN)],
    limits: LimitsOf,
    response: Response,
) -> AsyncIterator[OrderRight]:
    """What the caller has shown; 401 for nothing at all. Whether it fits the order is judged beside it;
    a token that did not is counted against the caller's address.
    """
    if principal is None and token is None:
        raise ProblemError(
            UNAUTHENTICATED,
            "Sign in, or send the Order-Access-Token of the order.",
            headers={"WWW-Authenticate": 'Bearer realm="rowlock"'},
        )
    # Shared caches keep away from what Authorization guards; they know nothing of our header.
    response.headers["Cache-Control"] = "no-store"
    try:
        yield OrderRight(
            buyer_id=principal.subject if principal else None,
            is_operator=principal is not None and OPERATOR in principal.roles,
            access_token_sha256=access_token_sha256(token) if token else None,
        )
    except OrderNotFound:
        if token is not None:
            await limits.wrong_token(request)
        raise


RightToOrder = Annotated[OrderRight, Depends(right_to_order)]


def key_scope(write: Write, *, order_id: UUID, right: OrderRight) -> str:
    """Whose Idempotency-Keys these are: a guest's by the token shown, so that no other token replays them."""
    if right.access_token_sha256 is None or write.scope:
        return write.scope
    return key_scope_of_token(order_id, right.access_token_sha256)


def guest_scope(holds: Sequence[Hold]) -> str:
    """Whose Idempotency-Keys a guest's are who places an order: those of whoever bears its hold tokens.

    By the hold and not the token, so that the stored answer is found again from the order. What was
    sent is compared before an answer is repeated, and with it the tokens.
    """
    return key_scope_of_holds(hold.hold_id for hold in holds)
