"""A buyer lets a hold lapse: the seats are on sale again, and who finalizes late may still get them."""

from support.stage.organizer import PRICED


async def test_the_seats_of_a_lapsed_hold_are_on_sale_again(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2")
    order = await buyer.order(hold)
    await stage.backstage.lapse(hold)

    assert "expired" == (await buyer.read_hold(hold))["state"]
    await buyer.see_order(order, become="expired")
    await buyer.see_seats(event_id, "Stalls-1-1", "Stalls-1-2", become="a")
    await stage.buyer().hold(event_id, "Stalls-1-1", "Stalls-1-2")


async def test_the_seats_of_a_lapsed_hold_are_on_sale_again_though_no_worker_runs(stage):
    event_id = await stage.event()
    hold = await stage.buyer().hold(event_id, "Stalls-1-1", "Stalls-1-2")
    other = stage.buyer()
    with stage.system.stopped_workers():
        await stage.backstage.lapse(hold)
        await other.see_seats(event_id, "Stalls-1-1", "Stalls-1-2", become="a")
        taken_over = await other.hold(event_id, "Stalls-1-1", "Stalls-1-2")

    order = await other.finalize(await other.order(taken_over))
    assert "confirmed" == order["state"]


async def test_a_lapsed_order_is_finalized_late_while_its_seats_are_free(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1")
    order = await buyer.order(hold)
    await stage.backstage.lapse(hold)
    await buyer.see_order(order, become="expired")

    assert "confirmed" == (await buyer.finalize(order))["state"]
    assert ["valid"] == [ticket["state"] for ticket in await buyer.tickets(order)]
    await buyer.see_seats(event_id, "Stalls-1-1", become="s")


async def test_a_lapsed_order_is_not_finalized_when_another_has_a_seat(stage):
    event_id = await stage.event()
    buyer, other = stage.buyer(), stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2")
    order = await buyer.order(hold)
    await stage.backstage.lapse(hold)
    others = await other.hold(event_id, "Stalls-1-2")

    refused = await buyer.finalize(order)
    assert ("expired", "seats_taken") == (refused["state"], refused["timeline"][-1]["reason"])
    assert [] == await buyer.tickets(order)
    assert "confirmed" == (await other.finalize(await other.order(others)))["state"]


async def test_a_late_payment_is_refunded_when_another_has_the_seats(stage):
    event_id = await stage.event(prices=PRICED)
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1")
    order = await buyer.order(hold, ticket_type="adult")
    await stage.backstage.lapse(hold)
    await stage.buyer().hold(event_id, "Stalls-1-1")
    await stage.pay(order)

    refunded = await buyer.see_order(order, become="refunded")
    (payment,) = refunded["payments"]
    assert ("refunding", "pending") == (payment["state"], payment["refunds"][0]["state"])
    assert [] == await buyer.tickets(order)
