"""Reservation gave an order other seats than it had: from now on these are its seats."""

from collections.abc import Sequence

from chassis.database import Transaction
from orders.domain.order import Order
from orders.domain.seat_exchange import GivenSeats, not_exchanged_yet, with_seats
from orders.storage.seat_exchange import save_exchange


async def exchange_seats(tx: Transaction, *, order: Order, given: Sequence[GivenSeats]) -> Order:
    """The locked order with its seats of now; told again it changes nothing.

    Prices, attendees and what counts for a person belong to a line and stay. Raises GivenSeatsDoNotFit.
    """
    new = not_exchanged_yet(order, given)
    if not new:
        return order
    after = with_seats(order, new)
    await save_exchange(tx, after=after, given=new)
    return after
