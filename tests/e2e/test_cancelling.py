"""Orders and events are cancelled, seats are kept from sale: what a buyer and an organizer change their minds about."""

from support.stage.account import new_email
from support.stage.buyer import wish
from support.stage.mailbox import link_token
from support.stage.organizer import PRICED
from support.stage.person import problem
from support.waiting import wait_until


async def test_a_cancelled_order_puts_its_seats_back_on_sale(stage):
    event_id = await stage.event()
    buyer, other = stage.buyer(), stage.buyer()
    order = await buyer.finalize(await buyer.order(await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2")))
    cancelled = await buyer.cancel(order)

    assert "cancelled" == cancelled["state"]
    assert {"voided"} == {ticket["state"] for ticket in await buyer.tickets(order)}
    await other.see_seats(event_id, "Stalls-1-1", "Stalls-1-2", become="a")
    order = await other.finalize(await other.order(await other.hold(event_id, "Stalls-1-1", "Stalls-1-2")))
    assert {"valid"} == {ticket["state"] for ticket in await other.tickets(order)}


async def test_a_paid_order_is_refunded_when_it_is_cancelled(stage):
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(prices=PRICED), "Stalls-1-1")
    order = await buyer.order(hold, ticket_type="concession")
    await stage.pay(order)
    await buyer.see_order(order, become="confirmed")

    (payment,) = (await buyer.cancel(order))["payments"]
    assert ("refunding", "pending") == (payment["state"], payment["refunds"][0]["state"])


async def test_who_gives_one_ticket_back_is_mailed_which_and_what_goes_back(stage):
    guest, email = stage.guest(), new_email()
    hold = await guest.hold(await stage.event(prices=PRICED), "Stalls-1-1", "Stalls-1-2")
    order = await guest.order(hold, ticket_type="adult", contact={"email": email})
    guest = guest.owning(order)
    await stage.pay(order)
    await guest.see_order(order, become="confirmed")
    (given_back,) = [t["ticket_id"] for t in await guest.tickets(order) if t["seat_id"] == "Stalls-1-2"]
    wanted, path = {"ticket_ids": [given_back]}, f"/orders/{order['order_id']}/cancelled-tickets"
    for _ in range(2):  # again, it changes nothing and tells nobody
        await guest.write("POST", path, wanted, expect=200)

    letter = await stage.mailbox.letter(email, about="Cancelled tickets of order")
    for part in (letter["text"], letter["html"]):
        words = " ".join(part.split())
        assert "Your other ticket stays valid. PLN 45.00 goes back to you." in words.replace("</p> <p>", " ")
        assert ("Stalls-1-2" in words, "Stalls-1-1" in words) == (True, False)
    token = link_token(letter, page=f"orders/{order['order_id']}")
    found = stage.guest().owning({"order_access_token": token})
    assert ["valid", "voided"] == sorted(ticket["state"] for ticket in await found.tickets(order))
    assert 1 == await stage.mailbox.count(email, about="Cancelled tickets of order")


async def test_an_order_that_was_not_finalized_gives_its_seats_back_at_once(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(event_id, "Stalls-1-1"))

    assert "cancelled" == (await buyer.cancel(order))["state"]
    await buyer.see_seats(event_id, "Stalls-1-1", become="a")


async def test_an_order_is_not_cancelled_after_the_deadline_of_its_event(stage):
    buyer = stage.buyer()
    event_id = await stage.event(cancellation_deadline_at="2026-01-01T00:00:00Z")
    hold = await buyer.hold(event_id, "Stalls-1-1")
    order = await buyer.finalize(await buyer.order(hold))
    refused = await buyer.write("POST", f"/orders/{order['order_id']}/cancellation", expect=409)

    assert "cancellation-deadline-passed" == problem(refused)
    assert "confirmed" == (await buyer.read_order(order))["state"]


async def test_blocked_seats_are_not_sold_until_they_are_unblocked(stage):
    event_id = await stage.event()
    organizer, buyer = stage.organizer, stage.buyer()
    seats = {"seat_ids": ["Stalls-1-1", "Stalls-1-2"]}
    await organizer.write(
        "POST", f"/events/{event_id}/blocked-seats", seats | {"reason": "camera"}, expect=200
    )

    await buyer.see_seats(event_id, "Stalls-1-1", "Stalls-1-2", become="b")
    refusal = await buyer.hold(event_id, "Stalls-1-2", "Stalls-1-3", expect=409)
    assert ["Stalls-1-2"] == refusal["taken"]
    listed = (await organizer.get(f"/events/{event_id}/blocked-seats")).json()["items"]
    assert [("Stalls-1-1", "camera"), ("Stalls-1-2", "camera")] == [
        (seat["seat_id"], seat["reason"]) for seat in listed
    ]
    await organizer.write("POST", f"/events/{event_id}/unblocked-seats", seats, expect=200)
    await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2")
    await buyer.write("POST", f"/events/{event_id}/blocked-seats", seats, expect=403)


async def test_a_cancelled_event_releases_its_holds_and_cancels_its_orders(stage):
    event_id = await stage.event(prices=PRICED)
    buyer = stage.buyer()
    bought = await buyer.order(await buyer.hold(event_id, "Stalls-1-1"), ticket_type="adult")
    await stage.pay(bought)
    await buyer.see_order(bought, become="confirmed")
    placed = await buyer.order(await buyer.hold(event_id, "Stalls-1-2"), ticket_type="adult")
    held = await buyer.hold(event_id, "Stalls-1-3")
    await stage.organizer.cancel_event(event_id)

    bought = await buyer.see_order(bought, become="cancelled")
    placed = await buyer.see_order(placed, become="cancelled")
    for order in (placed, bought):
        assert "event_cancelled" in {change["reason"] for change in order["timeline"]}
    assert {"voided"} == {ticket["state"] for ticket in await buyer.tickets(bought)}
    assert ["refunding"] == [payment["state"] for payment in bought["payments"]]

    async def released() -> bool:
        return (await buyer.read_hold(held))["state"] == "released"

    await wait_until(released, deadline_s=10, what="the hold is released")
    refused = await buyer.send("POST", "/holds", wish(event_id, "Stalls-1-4"))
    assert "event-not-on-sale" == problem(refused)
