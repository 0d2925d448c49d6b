"""An operator has a refund that was given up tried once more, such as after topping up the account."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.refund import RefundHasNotFailed
from orders.domain.states import RefundState
from orders.storage.refund_outcomes import send_again
from orders.storage.refunds import lock_refund


async def retry_refund(tx: Transaction, *, refund_id: UUID, now: datetime) -> None:
    """Have the job send it again at once, as a new attempt. Raises RefundNotFound or RefundHasNotFailed."""
    refund = await lock_refund(tx, refund_id)
    if refund.state is not RefundState.FAILED:
        raise RefundHasNotFailed(refund.state)
    await send_again(tx, refund=refund, at=now)
