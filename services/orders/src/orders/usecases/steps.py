"""The steps of the saga that several use cases take (`domain.saga.Effect` says what each is).

Each expects the order to be locked and writes its state, history, money, tickets and command
in the caller's transaction, so that they are committed together or not at all.
"""

from datetime import datetime

from chassis.database import Transaction
from chassis.statements import at_once
from messages.base import Message
from orders.domain.order import Change, Order
from orders.domain.person_limit import COUNTED_STATES
from orders.domain.states import Actor, OrderState, Reason
from orders.metrics import order_came
from orders.storage.orders import save_change
from orders.storage.outbox import send
from orders.storage.payment_looks import look_at_pending_soon
from orders.storage.tickets import void_tickets
from orders.usecases.count_person_tickets import count_again
from orders.usecases.give_back_money import give_back_all
from orders.usecases.order_news import news_of
from orders.usecases.reservation_commands import confirm_holds, release_holds, release_seats


async def move(tx: Transaction, *messages: Message, order: Order, change: Change) -> Order:
    """Change the order's state, tell whom it concerns, and send `messages`; gives the order after it.

    A payment page that is open for it then has to be closed: a job does.
    """
    async with at_once(tx):
        after = await save_change(tx, order=order, change=change)
        order_came(tx, after.state)
        if order.state is OrderState.AWAITING_PAYMENT:
            await look_at_pending_soon(tx, order_id=order.order_id, at=change.at)
        await send(tx, *news_of(after), *messages)
    return after


async def finalize(tx: Transaction, *, order: Order, reason: Reason, actor: Actor, now: datetime) -> Order:
    """Ask reservation to sell the seats; a lapsed order's tickets count again, or PersonLimitReached."""
    if order.state not in COUNTED_STATES:
        await count_again(tx, order_id=order.order_id)
    change = Change(state=OrderState.FINALIZING, reason=reason, actor=actor, at=now)
    return await move(tx, confirm_holds(order), order=order, change=change)


async def withdraw(tx: Transaction, *, order: Order, reason: Reason, actor: Actor, now: datetime) -> Order:
    """End an order of which nothing was sold and give up its holds."""
    change = Change(state=OrderState.CANCELLED, reason=reason, actor=actor, at=now)
    return await move(tx, release_holds(order), order=order, change=change)


async def recall(
    tx: Transaction, *, order: Order, reason: Reason, actor: Actor, fee_minor: int = 0, now: datetime
) -> Order:
    """Void what was sold, start the refund of all but `fee_minor`, and ask for the seats to be taken back."""
    change = Change(state=OrderState.CANCELLING, reason=reason, actor=actor, at=now)
    after = await move(tx, order=order, change=change)
    await void_tickets(tx, order_id=order.order_id, at=now)
    await give_back_all(tx, order_id=order.order_id, fee_minor=fee_minor, reason=reason, now=now)
    await send(tx, release_seats(after))
    return after


async def give_back(tx: Transaction, *, order: Order) -> None:
    """Seats were sold to an order that is over: free them again."""
    await send(tx, release_seats(order))
