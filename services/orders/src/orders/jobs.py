"""Periodic work: what messages alone would leave undone. Replicas share it by skipping locked rows."""

from collections.abc import Awaitable, Callable
from functools import partial

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from chassis.jobs import Job
from orders.settings import Settings
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.expire_order import expire_lapsed_orders
from orders.usecases.request_order_links import forget_lookups
from orders.usecases.resend_commands import resend_commands

Batch = Callable[[Transaction], Awaitable[int]]


def jobs(db: Database, settings: Settings) -> list[Job]:
    """All jobs of the worker, each in batches of `saga_batch_orders`."""
    orders_max = settings.saga_batch_orders

    async def cancel(tx: Transaction) -> int:
        return await cancel_event_orders(tx, orders_max=orders_max, now=utc_now())

    async def expire(tx: Transaction) -> int:
        grace_s = settings.order_expiry_grace_s
        return await expire_lapsed_orders(tx, grace_s=grace_s, orders_max=orders_max, now=utc_now())

    async def resend(tx: Transaction) -> int:
        return await resend_commands(
            tx,
            overdue_s=settings.saga_resend_s,
            overdue_s_max=settings.saga_resend_s_max,
            orders_max=orders_max,
            now=utc_now(),
        )

    async def forget(tx: Transaction) -> int:
        return await forget_lookups(tx, lookups_max=orders_max, now=utc_now())

    batches = {
        "cancel_event_orders": cancel,
        "expire_lapsed_orders": expire,
        "resend_commands": resend,
        "forget_lookups": forget,
    }
    every_s = settings.saga_job_every_s
    return [Job(name, every_s, partial(_until_done, db, batch)) for name, batch in batches.items()]


async def _until_done(db: Database, batch: Batch) -> int:
    """Run batches, each committed by itself, until one finds nothing."""
    total = 0
    while done := await db.run(batch):
        total += done
    return total
