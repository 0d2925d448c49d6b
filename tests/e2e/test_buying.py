"""A buyer finds an event, holds seats, names the attendees, and owns the tickets."""

import uuid

from support.stage.buyer import WAIT, order_of, seats_of, states_of, wish
from support.stage.organizer import PRICED
from support.stage.person import problem


async def test_a_buyer_finds_a_free_event_and_owns_its_tickets(stage):
    title = f"Midsummer {uuid.uuid4().hex}"
    await stage.event(title=title)
    buyer = stage.buyer()

    found = (await buyer.get("/events", query={"text": title})).json()["items"]
    assert [title] == [event["title"] for event in found]
    event_id = found[0]["event_id"]
    hold = await buyer.hold(event_id, "Stalls-1-3", "Stalls-1-4")
    await buyer.see_seats(event_id, "Stalls-1-3", "Stalls-1-4", become="h")
    order = await buyer.order(hold)
    assert ("awaiting_payment", 0) == (order["state"], order["total"]["amount_minor"])
    order = await buyer.finalize(order)

    assert ["awaiting_payment", "finalizing", "confirmed"] == states_of(order)
    tickets = await buyer.tickets(order)
    assert ["Stalls-1-3", "Stalls-1-4"] == sorted(ticket["seat_id"] for ticket in tickets)
    assert {"valid"} == {ticket["state"] for ticket in tickets}
    assert 2 == len({ticket["ticket_code"] for ticket in tickets})
    await buyer.see_seats(event_id, "Stalls-1-3", "Stalls-1-4", become="s")
    assert "confirmed" == (await buyer.read_hold(hold))["state"]


async def test_a_priced_order_is_finalized_by_its_recorded_payment(stage):
    event_id = await stage.event(prices=PRICED)
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2"), ticket_type="adult")
    assert {"amount_minor": 9000, "currency": "PLN"} == order["total"]

    path = f"/orders/{order['order_id']}"
    refused = await buyer.write("POST", f"{path}/finalization", expect=409)
    assert "payment-missing" == problem(refused)
    short = {"amount_minor": 8999, "currency": "PLN", "reference": "short"}
    refused = await stage.operator.write("POST", f"{path}/recorded-payments", short, expect=422)
    assert "payment-amount-differs" == problem(refused)
    await stage.pay(order)

    order = await buyer.see_order(order, become="confirmed")
    assert [("captured", [])] == [(paid["state"], paid["refunds"]) for paid in order["payments"]]
    assert 2 == len(await buyer.tickets(order))


async def test_the_best_available_seats_are_neighbours_in_the_first_row(stage):
    event_id = await stage.event()
    hold = await stage.buyer().hold(event_id, best=("Stalls", 3))

    assert {"1"} == {seat["row"] for seat in hold["seats"]}
    numbers = sorted(int(seat["number"]) for seat in hold["seats"])
    assert list(range(numbers[0], numbers[0] + 3)) == numbers


async def test_standing_places_are_sold_until_there_are_none(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    order = await buyer.finalize(await buyer.order(await buyer.hold(event_id, areas={"floor": 8})))

    assert ["confirmed", 8] == [order["state"], len(await buyer.tickets(order))]
    refused = await stage.buyer().send("POST", "/holds", wish(event_id, areas={"floor": 3}))
    assert ["not-enough-seats", 2] == [problem(refused), refused.json()["largest_block"]]
    await stage.buyer().hold(event_id, areas={"floor": 2})


async def test_one_order_takes_seats_of_two_events(stage):
    events = [await stage.event(), await stage.event()]
    buyer = stage.buyer()
    holds = [await buyer.hold(event_id, "Stalls-2-1", areas={"floor": 1}) for event_id in events]
    order = await buyer.finalize(await buyer.order(*holds))

    assert "confirmed" == order["state"]
    tickets = await buyer.tickets(order)
    assert sorted(events * 2) == sorted(ticket["event_id"] for ticket in tickets)


async def test_finalizing_without_the_wish_to_wait_answers_at_once(stage):
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
    with stage.system.stopped_workers():  # so that it cannot be done already
        answer = await buyer.write("POST", f"/orders/{order['order_id']}/finalization", expect=202)
        assert ["finalizing", f"/api/v1/orders/{order['order_id']}"] == [
            answer.json()["state"],
            answer.headers["location"],
        ]
    await buyer.see_order(order, become="confirmed")

    again = await buyer.write("POST", f"/orders/{order['order_id']}/finalization", expect=200, headers=WAIT)
    assert "confirmed" == again.json()["state"]


async def test_a_repeated_request_gets_the_first_answer(stage):
    buyer, event_id = stage.buyer(), await stage.event()
    wanted = wish(event_id, "Stalls-1-1")
    first, again = [await buyer.write("POST", "/holds", wanted, expect=201, key="mine") for _ in range(2)]
    assert [first.json(), "true"] == [again.json(), again.headers["idempotent-replay"]]

    await buyer.order(await buyer.hold(event_id, "Stalls-1-2"))  # orders knows the event
    body = order_of(first.json())
    first, again = [await buyer.write("POST", "/orders", body, expect=201, key="mine-too") for _ in range(2)]
    assert [first.json(), "true"] == [again.json(), again.headers["idempotent-replay"]]

    body["contact"]["name"] = "Somebody Else"
    refused = await buyer.write("POST", "/orders", body, expect=422, key="mine-too")
    assert "idempotency-key-reused" == problem(refused)


async def test_nobody_sees_the_order_or_the_hold_of_another(stage):
    buyer, stranger = stage.buyer(), stage.buyer()
    hold = await buyer.hold(await stage.event(), "Stalls-1-1")
    order = await buyer.order(hold)
    path = f"/orders/{order['order_id']}"

    for reading in (path, f"{path}/tickets", f"/holds/{hold['hold_id']}"):
        await stranger.get(reading, expect=404)
    for writing in (f"{path}/finalization", f"{path}/cancellation", f"/holds/{hold['hold_id']}/renewals"):
        await stranger.write("POST", writing, expect=404)
    assert [] == (await stranger.get("/orders")).json()["items"]
    assert [seats_of(order)] == [seats_of(own) for own in (await buyer.get("/orders")).json()["items"]]
