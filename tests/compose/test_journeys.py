"""What people do in the system of compose.yaml, all the way through the gateway."""

from support.stage.account import new_email
from support.stage.buyer import states_of
from support.stage.organizer import PRICED


async def test_every_container_is_healthy(system):
    await system.see_healthy()


async def test_somebody_registers_by_mail_and_owns_the_tickets_of_a_free_event(stage):
    event_id, buyer = await stage.event(), await stage.register()
    order = await buyer.finalize(await buyer.order(await buyer.hold(event_id, "Stalls-1-3", "Stalls-1-4")))

    assert ["awaiting_payment", "finalizing", "confirmed"] == list(states_of(order))
    tickets = await buyer.tickets(order)
    assert ["Stalls-1-3", "Stalls-1-4"] == sorted(ticket["seat_id"] for ticket in tickets)
    assert [order["order_id"]] == [own["order_id"] for own in (await buyer.get("/orders")).json()["items"]]
    await buyer.see_seats(event_id, "Stalls-1-3", "Stalls-1-4", become="s")


async def test_a_payment_at_the_sandbox_confirms_the_order(stage):
    buyer = await stage.register()
    hold = await buyer.hold(await stage.event(prices=PRICED), "Stalls-1-1", "Stalls-1-2")
    order = await buyer.order(hold, ticket_type="adult")
    payment = await buyer.start_payment(order)
    leads_to = await stage.sandbox.pay(payment)

    assert f"{stage.system.url}/orders/{order['order_id']}" == leads_to
    order = await buyer.see_order(order, become="confirmed")
    assert [("captured", [])] == [(each["state"], each["refunds"]) for each in order["payments"]]
    assert 2 == len(await buyer.tickets(order))
    await stage.sandbox.told(payment, "payment.captured")


async def test_a_guest_buys_and_is_mailed_the_way_to_the_tickets(stage):
    guest, email = stage.guest(), new_email()
    order = await guest.order(
        await guest.hold(await stage.event(), areas={"floor": 2}), contact={"email": email}
    )
    guest = guest.owning(order)
    await guest.finalize(order)

    letter = await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#")
    assert f"{stage.system.url}/orders/{order['order_id']}#" in letter["text"]
    assert {"valid"} == {ticket["state"] for ticket in await guest.tickets(order)}


async def test_a_cancelled_order_gives_money_and_seats_back(stage):
    event_id = await stage.event(prices=PRICED)
    guest, other = stage.guest(), stage.guest()
    order = await guest.order(await guest.hold(event_id, "Stalls-1-1"), ticket_type="adult")
    guest = guest.owning(order)
    payment = await guest.start_payment(order)
    await stage.sandbox.pay(payment)
    await guest.see_order(order, become="confirmed")

    assert "cancelled" == (await guest.cancel(order))["state"]
    await guest.see_payment(order, payment, state="refunded")
    await other.see_seats(event_id, "Stalls-1-1", become="a")
    await other.hold(event_id, "Stalls-1-1")
