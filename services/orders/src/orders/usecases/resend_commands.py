"""Asks reservation again where its answer is overdue. It answers the same however often asked,
so an order cannot stick in between, whatever became of the first message.
"""

from datetime import datetime, timedelta

from chassis.database import Transaction
from messages.reservation import ConfirmHolds, ReleaseSeats
from orders.domain.order import Order
from orders.domain.states import OrderState
from orders.storage.orders import lock_stuck_orders, mark_command_sent
from orders.storage.outbox import send
from orders.usecases.commands import confirm_holds, release_seats


async def resend_commands(tx: Transaction, *, overdue_s: int, orders_max: int, now: datetime) -> int:
    """Send the command again of some orders that have waited `overdue_s`; gives how many."""
    sent_before = now - timedelta(seconds=overdue_s)
    stuck = await lock_stuck_orders(tx, sent_before=sent_before, orders_max=orders_max)
    for order in stuck:
        await mark_command_sent(tx, order_id=order.order_id, at=now)
        await send(tx, _command(order))
    return len(stuck)


def _command(order: Order) -> ConfirmHolds | ReleaseSeats:
    return confirm_holds(order) if order.state is OrderState.FINALIZING else release_seats(order)
