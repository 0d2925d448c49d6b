"""Gives a guest's orders to the account that proved their e-mail."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change
from orders.domain.rights import OrderOwner
from orders.domain.states import Actor, Reason
from orders.storage.guest_orders import count_guest_orders, lock_guest_orders
from orders.storage.ownership import hand_over

CLAIMED_ORDERS_MAX = 100
"""In one transaction; who has more asks again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedOrders:
    """The orders that changed hands now, the oldest first, and whether more are left to claim."""

    order_ids: tuple[UUID, ...]
    more: bool


async def claim_orders(
    tx: Transaction, *, buyer_id: str, email_fingerprint: str, now: datetime
) -> ClaimedOrders:
    """Make the guests' orders with this e-mail the buyer's; their access tokens are void from then on.

    `email_fingerprint` is of an e-mail that `buyer_id` is known to own. An order is claimed once:
    the locks decide between accounts, and against a guest who acts at the same time.
    """
    guests = await lock_guest_orders(tx, email_fingerprint=email_fingerprint, orders_max=CLAIMED_ORDERS_MAX)
    for order in guests:
        owner = OrderOwner(buyer_id=buyer_id, access_generation=order.owner.access_generation + 1)
        claimed = Change(state=order.state, reason=Reason.CLAIMED_BY_BUYER, actor=Actor.BUYER, at=now)
        await hand_over(tx, order=order, owner=owner, change=claimed)
    left = await count_guest_orders(tx, email_fingerprint=email_fingerprint)
    return ClaimedOrders(order_ids=tuple(order.order_id for order in guests), more=left > 0)
