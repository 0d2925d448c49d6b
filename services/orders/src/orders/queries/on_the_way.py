"""How many orders, payments and refunds are on their way, and since when: what /metrics tells.

Each statement reads the index of what is not over, and no more than `rows_max` of it.
"""

from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot

_ORDERS = text("""
SELECT state, count(*) AS number,
       extract(epoch FROM clock_timestamp() - min(changed_at))::float8 AS oldest_s
FROM ((SELECT state, changed_at FROM orders.orders
       WHERE state IN ('finalizing', 'cancelling') LIMIT :rows_max)
      UNION ALL
      (SELECT state, changed_at FROM orders.orders
       WHERE state = 'awaiting_payment' LIMIT :rows_max)) AS bounded
GROUP BY state
""")

_PAYMENTS = text("""
SELECT state, count(*) AS number,
       extract(epoch FROM clock_timestamp() - min(coalesce(expires_at, created_at)))::float8 AS oldest_s
FROM (SELECT state, expires_at, created_at FROM orders.payments
      WHERE state = 'pending' LIMIT :rows_max) AS bounded
GROUP BY state
""")

_REFUNDS = text("""
SELECT state, count(*) AS number,
       extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS oldest_s
FROM (SELECT state, created_at FROM orders.refunds
      WHERE state <> 'settled' LIMIT :rows_max) AS bounded
GROUP BY state
""")


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """How many there are in each state, and the age of the oldest in seconds; no word for none."""

    number: dict[str, float]
    oldest_s: dict[str, float]


async def orders_on_the_way(conn: Snapshot, *, rows_max: int) -> OnTheWay:
    """Ages count from when an order last changed."""
    return await _read(conn, _ORDERS, rows_max)


async def payments_on_the_way(conn: Snapshot, *, rows_max: int) -> OnTheWay:
    """Ages count from when a payment's page closed, negative while it is open."""
    return await _read(conn, _PAYMENTS, rows_max)


async def refunds_on_the_way(conn: Snapshot, *, rows_max: int) -> OnTheWay:
    """Ages count from when a refund was started."""
    return await _read(conn, _REFUNDS, rows_max)


async def _read(conn: Snapshot, statement: TextClause, rows_max: int) -> OnTheWay:
    rows: list[RowMapping] = list((await conn.execute(statement, {"rows_max": rows_max})).mappings())
    return OnTheWay(
        {row["state"]: row["number"] for row in rows},
        {row["state"]: max(row["oldest_s"], 0.0) for row in rows},
    )
