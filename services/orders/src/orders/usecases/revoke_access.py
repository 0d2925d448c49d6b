"""Makes the access token of a guest's order void, at the word of whoever may change the order."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change
from orders.domain.rights import OrderRight
from orders.domain.states import Actor, Reason
from orders.storage.ownership import hand_over, lock_own_order
from orders.usecases.order_access_tokens import OrderAccessTokens


async def revoke_access(
    tx: Transaction, *, order_id: UUID, right: OrderRight, access_tokens: OrderAccessTokens, now: datetime
) -> None:
    """Go on to a token that only a mail to the order's contact can tell. Raises OrderNotFound.

    An order of an account has no token, so nothing is left to do there.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    if not order.owner.is_guest:
        return
    guest = access_tokens.guest(order_id, generation=order.owner.access_generation + 1)
    revoked = Change(state=order.state, reason=Reason.ACCESS_REVOKED, actor=Actor.BUYER, at=now)
    await hand_over(tx, order=order, owner=guest, change=revoked)
