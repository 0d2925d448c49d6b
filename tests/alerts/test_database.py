"""PostgreSQL is slow, locked or away."""

import asyncio
from http import HTTPStatus

from support.stage.buyer import wish
from support.stage.trouble import lock, locked, shut_out, superuser
from support.waiting import wait_until

AT_ONCE = 40


async def test_a_locked_table_makes_everybody_wait(system, stage, gateway, alerts):
    """A migration by hand, say, which takes a table for itself while people browse."""
    await stage.event()
    over = asyncio.Event()

    async def browse():
        while not over.is_set():
            await gateway.get("/api/v1/events")

    async with locked(system, "catalog.listings"):
        people = [asyncio.create_task(browse()) for _ in range(AT_ONCE)]
        await asyncio.gather(
            alerts.fires("RowlockLockWaits", service="catalog"),
            alerts.fires("RowlockStatementTimeouts", service="catalog", kind="lock_timeout"),
            alerts.fires("RowlockPoolExhausted", service="catalog", process="api"),
            alerts.fires("RowlockSlow", service="catalog", route="/api/v1/events"),
        )
        over.set()
    await asyncio.gather(*people)
    await alerts.ends("RowlockLockWaits", service="catalog")


async def test_seats_that_somebody_locks_make_holds_slow(system, stage, alerts):
    event_id = await stage.event()
    buyer = stage.buyer()

    async def slowly(n: int) -> None:
        async with locked(system, "reservation.seats"):
            hold = asyncio.create_task(buyer.hold(event_id, f"Stalls-2-{n}"))
            await asyncio.sleep(0.7)
        await hold

    for n in range(1, 9):
        await slowly(n)
    for _ in range(20):  # of so few nobody would be called for
        await buyer.send("POST", "/holds", wish(event_id, "Stalls-2-1"))

    await alerts.fires("RowlockHoldsSlow")


async def test_a_deadlock(system, stage, alerts):
    """Somebody at a console locks in another order than we do. Ours is the one PostgreSQL ends, and is repeated."""
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))

    async with locked(system, "orders.outbox") as console:
        finalization = asyncio.create_task(buyer.finalize(order))
        await wait_until(lambda: _has_the_orders(system), what="the order waits for the outbox")
        await lock(console, "orders.orders")

    assert (await finalization)["state"] == "confirmed"
    await alerts.fires("RowlockDeadlocks", service="orders")


async def test_a_service_without_its_database(system, stage, alerts):
    event_id = await stage.event()
    buyer = stage.buyer()

    async def ask():
        return await buyer.send("POST", "/holds", wish(event_id, "Stalls-1-1"))

    async with shut_out(system, "reservation"):
        await asyncio.gather(
            alerts.fires_while(ask, "RowlockDatabaseUnreachable", service="reservation"),
            alerts.fires_while(ask, "RowlockRefusing", service="reservation"),
        )

    async def is_held():
        return (await ask()).status_code == HTTPStatus.CREATED

    await wait_until(is_held, deadline_s=30, what="holds can be placed again")
    await alerts.ends("RowlockDatabaseUnreachable", service="reservation", within_s=90)


async def _has_the_orders(system) -> bool:
    async with superuser(system) as connection:
        query = """SELECT 1 FROM pg_locks waits JOIN pg_locks has USING (pid)
        WHERE NOT waits.granted AND waits.relation = 'orders.outbox'::regclass
        AND has.granted AND has.relation = 'orders.orders'::regclass"""
        return await (await connection.execute(query)).fetchone() is not None
