"""Processes that hang, end or answer with errors."""

import asyncio

from support.stage.trouble import hanging, superuser
from support.waiting import wait_until


async def test_a_part_that_hangs(system, alerts):
    with hanging(system, "accounts-api-1", "catalog-worker-1"):
        await asyncio.gather(
            alerts.fires("RowlockPartDown", service="accounts", process="api"),
            alerts.fires("RowlockPartDown", service="catalog", process="worker"),
            alerts.fires("RowlockNoReadyReplica", service="accounts-api@file"),
        )
    await alerts.ends("RowlockPartDown")
    await alerts.ends("RowlockNoReadyReplica")


async def test_the_gateway_hangs(system, alerts):
    with hanging(system, "gateway"):
        await alerts.fires("RowlockGatewayDown")
    await alerts.ends("RowlockGatewayDown")


async def test_a_service_that_answers_with_errors(system, stage, alerts):
    """A release that does not fit its database."""
    async with superuser(system) as connection:
        await connection.execute("ALTER TABLE catalog.venues RENAME TO venues_gone")
        try:
            for _ in range(40):
                await stage.organizer.get("/venues", expect=500)
            await alerts.fires("RowlockErrors", service="catalog")
        finally:
            await connection.execute("ALTER TABLE catalog.venues_gone RENAME TO venues")


async def test_replicas_that_break_off(system, stage, alerts):
    """Killed while people wait for their orders: what has reached a replica is never sent to another."""
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
    path = f"/orders/{order['order_id']}/finalization"

    with hanging(system, "reservation-worker-1"):
        waiting = [
            asyncio.create_task(buyer.send("POST", path, headers={"Prefer": "wait=10"})) for _ in range(60)
        ]
        await asyncio.sleep(3)
        system.kill("orders", "api")
        answers = await asyncio.gather(*waiting)
    assert 502 in {answer.status_code for answer in answers}
    await alerts.fires("RowlockGatewayErrors")


async def test_a_process_that_ends_again_and_again(system, alerts):
    for _ in range(3):
        before = system.kill("notifications", "api")
        await wait_until(
            lambda before=before: system.pid("notifications", "api") not in (before, None), deadline_s=30
        )
        await asyncio.sleep(4)

    await alerts.fires("RowlockRestarting", service="notifications", process="api")
