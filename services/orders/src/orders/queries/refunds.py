"""Refunds as operators and organizers watch them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from orders.domain.offer import EventNotFound
from orders.domain.states import OVER_STATES, OrderState

_OPEN = (OrderState.AWAITING_PAYMENT, OrderState.FINALIZING, OrderState.CONFIRMED)

_REFUNDS = text("""
SELECT refund_id, order_id, refund.amount_minor, refund.currency, refund.reason, refund.state,
       refund.attempts, refund.failure, refund.created_at, refund.settled_at, provider, capture_reference
FROM orders.refunds AS refund
JOIN orders.payments USING (payment_id, order_id)
WHERE refund.state = :state
ORDER BY refund_id
LIMIT :limit
""")

# An order of several events counts, with all its refunds, for each of them: it is cancelled whole. One that
# gave its tickets of this event back and keeps others is none of it any more.
_EVENT_REFUNDS = text("""
WITH of_event AS MATERIALIZED (
    SELECT DISTINCT order_id FROM orders.order_holds WHERE event_id = :event_id
)
SELECT offers.event_id, offers.state, offers.cancelled_at, offers.organization_id,
       (SELECT coalesce(jsonb_object_agg(state, number), '{}') FROM (
            SELECT state, count(*) AS number FROM orders.orders JOIN of_event USING (order_id)
            WHERE state <> 'confirmed' OR EXISTS (
                SELECT FROM orders.tickets
                WHERE tickets.order_id = orders.order_id AND tickets.event_id = :event_id
                  AND tickets.state = 'valid')
            GROUP BY state
        ) AS counted) AS orders,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'state', state, 'refunds', number,
                   'amount', jsonb_build_object('amount_minor', amount_minor, 'currency', currency)
               ) ORDER BY currency, state), '[]') FROM (
            SELECT state, currency, count(*) AS number, sum(amount_minor) AS amount_minor
            FROM orders.refunds JOIN of_event USING (order_id) GROUP BY state, currency
        ) AS summed) AS refunds
FROM orders.offers WHERE offers.event_id = :event_id
""")

# Of refunds that are not settled: how many there are, and since when the oldest is owed.
_OWED = text("""
SELECT state, count(*) AS refunds, min(created_at) AS since FROM orders.refunds
WHERE state <> 'settled' GROUP BY state
""")


async def refunds_in_state(conn: Snapshot, *, state: str, limit: int) -> list[RowMapping]:
    """The oldest refunds in a state, with the provider and its name of what they pay back from."""
    return list((await conn.execute(_REFUNDS, {"state": state, "limit": limit})).mappings())


async def refunds_of_event(
    conn: Snapshot, *, event_id: UUID, organization_ids: Collection[UUID] | None
) -> dict[str, Any]:
    """How many of the event's orders are in each state, and its refunds by state and currency.

    For organizers of `organization_ids`; None: for an operator. Raises EventNotFound.
    """
    row: RowMapping | None = (
        (await conn.execute(_EVENT_REFUNDS, {"event_id": event_id})).mappings().one_or_none()
    )
    if row is None or (organization_ids is not None and row["organization_id"] not in organization_ids):
        raise EventNotFound
    counts = {OrderState(state): number for state, number in row["orders"].items()}
    return {
        "event_id": row["event_id"],
        "cancelled_at": row["cancelled_at"],
        "orders": {
            "open": sum(counts.get(state, 0) for state in _OPEN),
            "cancelling": counts.get(OrderState.CANCELLING, 0),
            "over": sum(counts.get(state, 0) for state in OVER_STATES),
        },
        "refunds": row["refunds"],
    }


async def owed_refunds(conn: Snapshot) -> list[RowMapping]:
    """`state`, `refunds` and `since` of those that are not settled, by state."""
    return list((await conn.execute(_OWED)).mappings())
