"""Asks reservation again where its answer is overdue. It answers the same however often asked,
so an order cannot stick in between, whatever became of the first message.
"""

from datetime import datetime

from chassis.database import Transaction
from messages.reservation import ConfirmHolds, ReleaseSeats
from orders.domain.order import Order
from orders.domain.states import OrderState
from orders.storage.orders import lock_stuck_orders, mark_command_resent
from orders.storage.outbox import send
from orders.usecases.reservation_commands import confirm_holds, release_seats


async def resend_commands(
    tx: Transaction, *, overdue_s: int, overdue_s_max: int, orders_max: int, now: datetime
) -> int:
    """Send the command again of some orders whose answer is overdue; gives how many.

    The first time after `overdue_s`, then after twice as long each time, up to `overdue_s_max`:
    a reservation that is down must not come back to a heap of repetitions.
    """
    stuck = await lock_stuck_orders(
        tx, overdue_s=overdue_s, overdue_s_max=overdue_s_max, orders_max=orders_max, now=now
    )
    for order in stuck:
        await mark_command_resent(tx, order_id=order.order_id, at=now)
        await send(tx, _command(order))
    return len(stuck)


def _command(order: Order) -> ConfirmHolds | ReleaseSeats:
    return confirm_holds(order) if order.state is OrderState.FINALIZING else release_seats(order)
