"""An operator paid a refund back by hand and says so."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.refund import RECORDED, RefundIsUnderWay
from orders.domain.states import RefundState
from orders.storage.refunds import lock_refund
from orders.usecases.take_in_refund import settle


async def settle_refund(tx: Transaction, *, refund_id: UUID, now: datetime) -> bool:
    """Mark it paid back; False when it was settled before.

    One of a payment provider only once it was given up. Raises RefundNotFound or RefundIsUnderWay.
    """
    refund = await lock_refund(tx, refund_id)
    if refund.state is RefundState.SETTLED:
        return False
    if refund.provider != RECORDED and refund.is_open:
        raise RefundIsUnderWay(refund.state)
    await settle(tx, refund=refund, reference=None, now=now)
    return True
