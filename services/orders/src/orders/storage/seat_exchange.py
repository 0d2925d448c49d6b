"""Writes which seats an order was given instead of others; only while it is locked."""

from collections.abc import Sequence

from sqlalchemy import text, update

from chassis.database import Transaction
from orders.domain.order import Order
from orders.domain.seat_exchange import GivenSeats, pairs_of
from orders.storage.tables import order_holds

# The seat that was ordered is told for good.
_EXCHANGE_LINES = text("""
UPDATE orders.order_lines AS line
SET seat_id = exchange.given, ordered_seat_id = line.seat_id
FROM unnest(CAST(:hold_ids AS uuid[]), CAST(:asked AS text[]), CAST(:given AS text[]))
  AS exchange (hold_id, asked, given)
WHERE line.order_id = :order_id AND line.hold_id = exchange.hold_id AND line.seat_id = exchange.asked
RETURNING line.line_id
""")


class LinesDoNotFit(Exception):
    """An order's lines name other seats than its holds: something was written without its lock."""


async def save_exchange(tx: Transaction, *, after: Order, given: Sequence[GivenSeats]) -> None:
    """Let lines and holds of the locked order name the seats of the order `after` the exchange.

    Tickets are issued afterwards; voided ones go on naming the seats they were for. Raises LinesDoNotFit.
    """
    exchanged = pairs_of(given)
    hold_ids, asked, instead = (list(column) for column in zip(*exchanged, strict=True))
    values = {"order_id": after.order_id, "hold_ids": hold_ids, "asked": asked, "given": instead}
    if len((await tx.execute(_EXCHANGE_LINES, values)).all()) != len(exchanged):
        raise LinesDoNotFit(str(after.order_id))
    for hold in after.holds:
        if hold.hold_id in hold_ids:
            this_hold = order_holds.c.hold_id == hold.hold_id
            await tx.execute(update(order_holds).where(this_hold).values(seat_ids=list(hold.seat_ids)))
