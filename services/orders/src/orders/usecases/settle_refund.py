"""An operator paid a refund back by hand and says so."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.storage.payments import refund_state, settle


class RefundNotFound(Exception):
    """There is no refund {refund_id}."""

    def __init__(self, refund_id: UUID) -> None:
        super().__init__(f"there is no refund {refund_id}")


async def settle_refund(tx: Transaction, *, refund_id: UUID, now: datetime) -> bool:
    """Mark it paid back; False when it was settled before. Raises RefundNotFound."""
    if await settle(tx, refund_id=refund_id, at=now):
        return True
    if await refund_state(tx, refund_id=refund_id) is None:
        raise RefundNotFound(refund_id)
    return False
