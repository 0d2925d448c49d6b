"""A buyer finds a free event, holds seats, orders, owns the tickets, and gives them back."""

from uuid import uuid4

from rowlock_demo.journeys.buyer import WAIT, Buyer, Json, attendees, seat_ids_of
from rowlock_demo.programme import REHEARSAL
from rowlock_demo.surprise import expect

CONTACT = {"email": "ada@example.org", "name": "Ada Nowak"}
PAGE = 3
NAMES = [("Ada", "Nowak"), ("Jan", "Kowalski")]


def walk(buyer: Buyer) -> None:
    """The whole journey; the seats are on sale again at its end."""
    buyer.tell.chapter("A free order, from browsing to tickets and back")
    event_id = _browse(buyer)
    _look_at_seats(buyer, event_id)
    hold = _hold(buyer, event_id)
    order = _order(buyer, hold)
    _own_tickets(buyer, order, hold)
    _cancel(buyer, order, hold)


def _browse(buyer: Buyer) -> str:
    buyer.tell.step("Browse what is on")
    page = buyer.get("/events", query={"limit": str(PAGE)}).json()
    expect(len(page["items"]) == PAGE, f"A page of {PAGE} events should show as many.")
    expect(page["next_cursor"] is not None, "With more events to come, the page should carry a cursor.")

    buyer.tell.step("Filter: rehearsals in Kraków that have seats left")
    query = {"text": "rehearsal", "city": "Kraków", "has_seats_left": "true"}
    items = buyer.get("/events", query=query).json()["items"]
    expect(
        [item["title"] for item in items] == [REHEARSAL.title], "The filter should find the rehearsal alone."
    )

    buyer.tell.step("Read about the event")
    event_id: str = items[0]["event_id"]
    buyer.get(f"/events/{event_id}")
    return event_id


def _look_at_seats(buyer: Buyer, event_id: str) -> None:
    buyer.tell.step("Fetch the seating plan, once: it never changes")
    buyer.get(f"/events/{event_id}/seating-plan")

    buyer.tell.step("Fetch the status of every seat: one letter each, in the plan's order")
    path = f"/events/{event_id}/availability"
    etag = buyer.get(path).headers["etag"]

    buyer.tell.step("Ask again: nothing changed, so nothing travels")
    buyer.get(path, headers={"If-None-Match": etag}, expect=304)


def _hold(buyer: Buyer, event_id: str) -> Json:
    buyer.tell.step("Hold the best two seats together in the stalls")
    wanted = {"event_id": event_id, "best_available": {"price_category": "Stalls", "quantity": len(NAMES)}}
    hold = buyer.post("/holds", wanted, expect=201).json()
    expect(len(hold["seats"]) == len(NAMES), "The hold should have as many seats as asked for.")
    buyer.see_seats(event_id, seat_ids_of(hold), become="h", called="held")

    buyer.tell.step("Somebody else clicks on the same seats a moment later: refused, with an alternative")
    refusal = buyer.post("/holds", {"event_id": event_id, "seat_ids": seat_ids_of(hold)}, expect=409).json()
    expect(sorted(refusal["taken"]) == sorted(seat_ids_of(hold)), "The refusal should name the taken seats.")
    expect(refusal["alternative"] is not None, "The refusal should offer an alternative.")

    buyer.tell.step("Renew the hold: more time, and a new hold token")
    renewed = buyer.post(
        f"/holds/{hold['hold_id']}/renewals", expect=200, headers={"Hold-Token": hold["hold_token"]}
    ).json()
    expect(renewed["expires_at"] > hold["expires_at"], "A renewed hold should expire later.")
    return renewed


def _order(buyer: Buyer, hold: Json) -> Json:
    buyer.tell.step("Place the order, with one attendee for each seat")
    body = {
        "hold_tokens": [hold["hold_token"]],
        "contact": CONTACT,
        "attendees": attendees(hold, ticket_types=["visitor"] * len(NAMES), names=NAMES),
    }
    key = str(uuid4())
    order = buyer.post("/orders", body, expect=201, key=key).json()
    expect(order["total"]["amount_minor"] == 0, "The entrance is free, so the order should cost nothing.")

    buyer.tell.step("The answer got lost, so the order is sent again: same key, same order, no second one")
    again = buyer.post("/orders", body, expect=201, key=key)
    expect(again.json()["order_id"] == order["order_id"], "The same key should give the same order.")
    expect(again.headers.get("idempotent-replay") == "true", "A replayed answer should say so.")

    buyer.tell.step("Finalize it and wait for the outcome")
    final = buyer.post(f"/orders/{order['order_id']}/finalization", expect=200, headers=WAIT).json()
    expect(final["state"] == "confirmed", f"The order should be confirmed, but is {final['state']}.")
    buyer.see_seats(hold["event_id"], seat_ids_of(hold), become="s", called="sold")
    return final


def _own_tickets(buyer: Buyer, order: Json, hold: Json) -> None:
    buyer.tell.step("Fetch the tickets")
    tickets = buyer.get(f"/orders/{order['order_id']}/tickets").json()["items"]
    expect(
        sorted(ticket["seat_id"] for ticket in tickets) == sorted(seat_ids_of(hold)),
        "Every seat should have a ticket.",
    )

    buyer.tell.step("Look at the history of orders")
    history = buyer.get("/orders").json()["items"]
    expect(history[0]["order_id"] == order["order_id"], "The newest order should come first.")

    buyer.tell.step("Look at one order and what happened to it when")
    timeline = buyer.get(f"/orders/{order['order_id']}").json()["timeline"]
    states = [entry["state"] for entry in timeline]
    expect(states == ["awaiting_payment", "finalizing", "confirmed"], f"The timeline shows {states}.")


def _cancel(buyer: Buyer, order: Json, hold: Json) -> None:
    buyer.tell.step("Plans changed: cancel the order")
    buyer.post(f"/orders/{order['order_id']}/cancellation", expect=200, headers=WAIT)
    buyer.see_order(order["order_id"], become="cancelled")
    buyer.see_seats(hold["event_id"], seat_ids_of(hold), become="a", called="on sale again")
