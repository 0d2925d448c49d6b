"""Compares what orders has written down itself, some orders at a time. Each page is one snapshot, so
that nothing under way shows as a difference.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Database, Snapshot
from orders.domain.findings import Finding, Report
from orders.queries.reconcile import money, progress
from orders.queries.reconcile.terms import BEFORE_ALL_IDS, Terms

ORDERS_AT_ONCE = 1000

_PAGE = text("""
SELECT order_id FROM orders.orders WHERE order_id > :after ORDER BY order_id LIMIT :orders_max
""")
_CHECKS = {**money.CHECKS, **progress.CHECKS}


async def compare_books(db: Database, *, terms: Terms, report: Report) -> None:
    """Compare ledger, payments, refunds, orders and tickets of every order."""
    after: UUID | None = BEFORE_ALL_IDS
    while after is not None:
        async with db.snapshot() as conn:
            after = await _compare_page(conn, after, terms, report)


async def _compare_page(conn: Snapshot, after: UUID, terms: Terms, report: Report) -> UUID | None:
    page = (await conn.scalars(_PAGE, {"after": after, "orders_max": ORDERS_AT_ONCE})).all()
    if not page:
        return None
    parameters: dict[str, Any] = {
        "after": after,
        "upto": page[-1],
        "stuck_before": terms.now - timedelta(seconds=terms.stuck_s),
        "refund_stuck_before": terms.now - timedelta(seconds=terms.refund_stuck_s),
    }
    for kind, check in _CHECKS.items():
        rows = (await conn.execute(check, parameters)).mappings()
        report.add(Finding(kind=kind, **row) for row in rows)
    report.compared["orders"] += len(page)
    return page[-1]
