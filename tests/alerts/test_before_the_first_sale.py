"""First of all, for afterwards there are purchases."""

HOLDS = 60


async def test_nothing_sold(stage, alerts):
    event_id = await stage.event(seating_plan_id=await stage.organizer.import_plan(_plan()))
    buyers = [stage.buyer() for _ in range(HOLDS // 5)]
    for n in range(HOLDS):
        await buyers[n % len(buyers)].hold(event_id, areas={"floor": 1})

    await alerts.fires("RowlockNothingSold")

    buyer = stage.buyer()
    await buyer.finalize(await buyer.order(await buyer.hold(event_id, areas={"floor": 1})))
    await alerts.ends("RowlockNothingSold")


def _plan():
    from support.stage.organizer import small_plan

    return small_plan(standing=HOLDS + 10)
