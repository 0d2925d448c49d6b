"""Processes that hang, end or answer with errors."""

import asyncio
from functools import partial
from http import HTTPStatus

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
            list_venues = partial(stage.organizer.get, "/venues", expect=500)
            await alerts.fires_while(list_venues, "RowlockErrors", service="catalog")
        finally:
            await connection.execute("ALTER TABLE catalog.venues_gone RENAME TO venues")


async def test_replicas_that_break_off(system, stage, gateway, alerts):
    """Killed while people wait for their orders: what has reached a replica is never sent to another."""
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
    path = f"/orders/{order['order_id']}/finalization"

    async def break_off():
        requests = [buyer.send("POST", path, headers={"Prefer": "wait=10"}) for _ in range(60)]
        waiting = [asyncio.create_task(request) for request in requests]
        await asyncio.sleep(2)
        killed = system.kill("orders", "api")
        assert HTTPStatus.BAD_GATEWAY in {answer.status_code for answer in await asyncio.gather(*waiting)}
        await wait_until(lambda: system.pid("orders", "api") not in (killed, None), deadline_s=60)
        await _serves(gateway)

    with hanging(system, "reservation-worker-1"):
        await alerts.fires_while(break_off, "RowlockGatewayErrors")
    await buyer.see_order(order, become="confirmed")


async def test_a_process_that_ends_again_and_again(system, alerts):
    for _ in range(3):
        before = system.kill("notifications", "api")
        await wait_until(
            lambda before=before: system.pid("notifications", "api") not in (before, None), deadline_s=30
        )
        await asyncio.sleep(4)

    await alerts.fires("RowlockRestarting", service="notifications", process="api")


async def test_more_than_the_gateway_lets_through(gateway, alerts):
    """After the test of RowlockGatewayErrors, which is about a share: so many requests would make it small."""

    async def rush():
        notices = [gateway.post("/api/v1/payment-notices/sandbox") for _ in range(60)]
        answers = await asyncio.gather(*notices)
        assert HTTPStatus.TOO_MANY_REQUESTS in {answer.status_code for answer in answers}

    await alerts.fires_while(rush, "RowlockGatewayLimiting")


async def _serves(gateway) -> None:
    async def look() -> bool:
        return (await gateway.get("/api/v1/openapi/orders.json")).status_code == HTTPStatus.OK

    await wait_until(look, deadline_s=60, what="orders serves again")
