"""First of all: nothing is broken yet, and nobody has bought anything."""

import asyncio

from support.stage.organizer import small_plan

HOLDS = 60


async def test_a_healthy_system_is_quiet(stage, alerts):
    event_id = await stage.event()
    await asyncio.sleep(10)

    assert await alerts.firing() == []
    await stage.buyer().hold(event_id, "Stalls-1-1")


async def test_nothing_sold(stage, alerts):
    event_id = await stage.event(
        seating_plan_id=await stage.organizer.import_plan(small_plan(standing=HOLDS + 10))
    )
    buyers = [stage.buyer() for _ in range(HOLDS // 5)]
    for n in range(HOLDS):
        await buyers[n % len(buyers)].hold(event_id, areas={"floor": 1})

    await alerts.fires("RowlockNothingSold")

    buyer = stage.buyer()
    await buyer.finalize(await buyer.order(await buyer.hold(event_id, areas={"floor": 1})))
    await alerts.ends("RowlockNothingSold")
