"""Writes a placed order: its row, holds and lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Transaction
from chassis.ids import new_id
from orders.domain.basket import Line
from orders.domain.order import Change, Order
from orders.storage.orders import add_history
from orders.storage.tables import order_holds, order_lines, orders


async def insert_order(tx: Transaction, *, order: Order, placed: Change, holds_expire_at: datetime) -> None:
    """Write the order's row and its first history row."""
    await tx.execute(
        insert(orders).values(
            order_id=order.order_id,
            buyer_id=order.owner.buyer_id,
            access_token_sha256=order.owner.access_token_sha256,
            access_generation=order.owner.access_generation,
            state=order.state,
            total_minor=order.total.amount_minor,
            currency=order.total.currency,
            version=order.version,
            equivalent_seats_allowed=order.equivalent_seats_allowed,
            holds_expire_at=holds_expire_at,
            placed_at=placed.at,
            changed_at=placed.at,
        )
    )
    await add_history(tx, order=order, change=placed)


async def claim_holds(tx: Transaction, *, order: Order) -> set[UUID]:
    """Bind the order's holds to it; gives those that another order already has.

    Inserted in one order everywhere, so that two orders for the same holds queue and do not
    deadlock; the loser waits for the winner's commit and then sees the conflict.
    """
    rows = [
        {
            "hold_id": hold.hold_id,
            "order_id": order.order_id,
            "event_id": hold.event_id,
            "seat_ids": list(hold.seat_ids),
        }
        for hold in sorted(order.holds, key=lambda hold: hold.hold_id)
    ]
    statement = upsert(order_holds).values(rows).on_conflict_do_nothing().returning(order_holds.c.hold_id)
    claimed = set(await tx.scalars(statement))
    return {hold.hold_id for hold in order.holds} - claimed


async def insert_lines(tx: Transaction, *, order_id: UUID, lines: Sequence[Line]) -> list[UUID]:
    """Write the lines, numbered in their order; gives their ids."""
    line_ids = [new_id() for _ in lines]
    numbered = zip(line_ids, lines, strict=True)
    rows = [_line_row(order_id, position, *pair) for position, pair in enumerate(numbered)]
    await tx.execute(insert(order_lines), rows)
    return line_ids


def _line_row(order_id: UUID, position: int, line_id: UUID, line: Line) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "order_id": order_id,
        "position": position,
        "hold_id": line.hold_id,
        "event_id": line.event_id,
        "seat_id": line.seat_id,
        "price_category": line.price_category,
        "ticket_type": line.ticket_type,
        "price_minor": line.price_minor,
    }
