"""Periodic work: what messages alone would leave undone. Replicas share it by skipping locked rows."""

from collections.abc import Awaitable, Callable
from functools import partial

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from chassis.jobs import Job
from chassis.logs import get_logger
from orders.clients.payment_provider import PaymentProvider
from orders.jobs.payments import payment_jobs
from orders.jobs.reconcile import reconcile_jobs
from orders.jobs.refunds import refund_jobs
from orders.settings import Settings
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.erase_person import erase_booked_orders
from orders.usecases.expire_order import expire_lapsed_orders
from orders.usecases.request_order_links import forget_lookups
from orders.usecases.resend_commands import resend_commands
from orders.usecases.shred_attendees import AttendeesLeft, attendees_left, shred_attendees

Batch = Callable[[Transaction], Awaitable[int]]

log = get_logger()


def jobs(db: Database, settings: Settings, *, provider: PaymentProvider | None) -> list[Job]:
    """All jobs of the worker; `provider` is whom those of payments and refunds ask, if there is one."""
    return [
        *saga_jobs(db, settings),
        *payment_jobs(db, settings, provider),
        *refund_jobs(db, settings, provider),
        *reconcile_jobs(db, settings, provider),
        *retention_jobs(db, settings),
    ]


def saga_jobs(db: Database, settings: Settings) -> list[Job]:
    """Those that see every order to its end, each in batches of `saga_batch_orders`."""
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


def retention_jobs(db: Database, settings: Settings) -> list[Job]:
    """Those that make orders forget people; a run tells what is left."""
    every_s = settings.retention_job_every_s

    async def erase(tx: Transaction) -> int:
        wait_s, orders_max = settings.erasure_wait_s, settings.saga_batch_orders
        return await erase_booked_orders(tx, wait_s=wait_s, orders_max=orders_max, now=utc_now())

    async def shred() -> int:
        shredded, left = await shred_due_attendees(db, settings)
        log.info("attendees_shredded", shredded=shredded, due=left.due, kept=left.kept)
        return shredded

    return [
        Job("shred_attendees", every_s, shred),
        Job("erase_booked_orders", every_s, partial(_until_done, db, erase)),
    ]


async def shred_due_attendees(db: Database, settings: Settings) -> tuple[int, AttendeesLeft]:
    """Shred all attendees that are due; gives how many, and what is left."""
    keep_days, rows_max = settings.attendee_keep_days, settings.retention_batch_rows

    async def shred(tx: Transaction) -> int:
        return await shred_attendees(tx, keep_days=keep_days, rows_max=rows_max, now=utc_now())

    shredded = await _until_done(db, shred)
    async with db.snapshot() as conn:
        return shredded, await attendees_left(conn, keep_days=keep_days, now=utc_now())


async def _until_done(db: Database, batch: Batch) -> int:
    """Run batches, each committed by itself, until one finds nothing."""
    total = 0
    while done := await db.run(batch):
        total += done
    return total
