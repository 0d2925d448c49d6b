"""How orders, payments and refunds stand: what is on its way, and what has been for too long.

Each reads an index of what is not over; none counts what is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot

_UNDER_WAY = text("""
SELECT count(*) AS orders, count(*) FILTER (WHERE changed_at < :late) AS stuck,
       extract(epoch FROM clock_timestamp() - min(changed_at))::float AS oldest_s,
       (SELECT count(*) FROM orders.offers
        WHERE state = 'cancelled' AND orders_cancelled_at IS NULL AND cancelled_at < :late) AS events
FROM orders.orders WHERE state IN ('finalizing', 'cancelling')
""")

_PENDING_PAYMENTS = text("""
SELECT count(*) AS payments, count(*) FILTER (WHERE expires_at < :late) AS stuck
FROM orders.payments WHERE state = 'pending'
""")


async def orders_under_way(conn: Snapshot, *, late: datetime) -> RowMapping:
    """`orders` that wait for reservation, how many of them since before `late` (`stuck`), for how long the
    oldest has (`oldest_s`), and cancelled `events` whose orders are still not all cancelled.
    """
    return await _one(conn, _UNDER_WAY, late)


async def pending_payments(conn: Snapshot, *, late: datetime) -> RowMapping:
    """`payments` that are pending; `stuck` are those whose page closed before `late`."""
    return await _one(conn, _PENDING_PAYMENTS, late)


async def _one(conn: Snapshot, statement: Any, late: datetime) -> RowMapping:
    return (await conn.execute(statement, {"late": late})).mappings().one()
