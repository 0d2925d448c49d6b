"""Who may do what with orders: the one dependency every route of an order asks for.

An unknown order, another's order and a wrong token look exactly the same: 404, whoever asks.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response, Security
from fastapi.security import APIKeyHeader

from chassis.access import OptionalPrincipal
from chassis.idempotency import Write
from chassis.problems import UNAUTHENTICATED, ProblemError
from orders.domain.rights import OrderRight, access_token_sha256

OPERATOR = "operator"

ORDER_ACCESS_TOKEN = APIKeyHeader(
    name="Order-Access-Token",
    scheme_name="orderAccessToken",
    description="Token of an order placed without an account, as given with it or in a mail; "
    "its bearer may do with this order what its buyer may",
    auto_error=False,
)


async def right_to_order(
    principal: OptionalPrincipal,
    token: Annotated[str | None, Security(ORDER_ACCESS_TOKEN)],
    response: Response,
) -> OrderRight:
    """What the caller has shown; 401 for nothing at all. Whether it fits the order is judged beside it."""
    if principal is None and token is None:
        raise ProblemError(
            UNAUTHENTICATED,
            "Sign in, or send the Order-Access-Token of the order.",
            headers={"WWW-Authenticate": 'Bearer realm="rowlock"'},
        )
    # Shared caches keep away from what Authorization guards; they know nothing of our header.
    response.headers["Cache-Control"] = "no-store"
    return OrderRight(
        buyer_id=principal.subject if principal else None,
        is_operator=principal is not None and OPERATOR in principal.roles,
        access_token_sha256=access_token_sha256(token) if token else None,
    )


RightToOrder = Annotated[OrderRight, Depends(right_to_order)]


def key_scope(write: Write, *, order_id: UUID, right: OrderRight) -> str:
    """Whose Idempotency-Keys these are: a guest's by the token shown, so that no other token replays them."""
    if right.access_token_sha256 is None or write.scope:
        return write.scope
    return f"order:{order_id}:{right.access_token_sha256.hex()}"
