"""A buyer orders seats and a standing place together, pays at the provider's page, and gets it back."""

from typing import Any

from rowlock_demo.journeys import paying
from rowlock_demo.journeys.buyer import WAIT, Buyer, Json, attendees, seat_ids_of
from rowlock_demo.programme import NORTHERN_LIGHTS
from rowlock_demo.surprise import expect

CONTACT = {"email": "ola@example.org", "name": "Ola Wiśniewska", "phone": "+48 600 100 200"}
NAMES = [("Ola", "Wiśniewska"), ("Piotr", "Zieliński"), ("Ewa", "Mazur")]
STANDING = "front-standing"


def walk(buyer: Buyer) -> None:
    """The whole journey; the places are on sale again at its end."""
    buyer.tell.chapter("A priced order, paid at the provider's page")
    hold = _hold(buyer)
    order = _order(buyer, hold)
    payment = _pay(buyer, order)
    _own_tickets(buyer, order)
    _cancel(buyer, order, hold)
    if payment:
        buyer.tell.step("See that the money went back")
        paying.see_payment(buyer, order, payment, has={"state": "refunded"}, so="refunded")
        buyer.get(f"/orders/{order['order_id']}/payments/{payment['payment_id']}")


def _hold(buyer: Buyer) -> Json:
    event_id = buyer.find(NORTHERN_LIGHTS)
    buyer.tell.step("Hold two seats in the lower tier and a standing place, all or nothing")
    wanted = {
        "event_id": event_id,
        "best_available": {"price_category": "Lower tier", "quantity": 2},
        "areas": [{"area_id": STANDING, "quantity": 1}],
    }
    hold = buyer.post("/holds", wanted, expect=201).json()
    expect(len(hold["seats"]) == len(NAMES), "Two seats and a standing place should make three.")
    return hold


def _order(buyer: Buyer, hold: Json) -> Json:
    buyer.tell.step("Place the order: the server works out the total")
    types = {"Lower tier": ["adult", "concession"], "Front standing": ["adult"]}
    chosen = [types[seat["price_category"]].pop(0) for seat in hold["seats"]]
    body = {
        "hold_tokens": [hold["hold_token"]],
        "contact": CONTACT,
        "attendees": attendees(hold, ticket_types=chosen, names=NAMES),
    }
    order = buyer.post("/orders", body, expect=201).json()
    prices = NORTHERN_LIGHTS.prices
    total = sum(prices["Lower tier"].values()) + prices["Front standing"]["adult"]
    expect(order["total"]["amount_minor"] == total, f"The total should be {total}.")

    buyer.tell.step("Try to finalize before paying: refused")
    buyer.post(f"/orders/{order['order_id']}/finalization", expect=409)
    return order


def _pay(buyer: Buyer, order: Json) -> Json | None:
    """The payment, where a provider took it."""
    payment = paying.open_payment(buyer, order)
    if payment is None:
        _record(buyer, order)
        return None
    buyer.tell.step("Pay at its page with a card that is declined: another one may be tried")
    paying.pay(buyer, payment, card=paying.DECLINED)
    paying.see_payment(buyer, order, payment, has={"failure": "declined"}, so="declined")

    buyer.tell.step("Pay with a card that succeeds: the provider tells the system, which confirms the order")
    paying.pay(buyer, payment, card=paying.SUCCEEDS)
    buyer.see_order(order["order_id"], become="confirmed")
    return payment


def _record(buyer: Buyer, order: Json) -> None:
    """Without a provider, money arrives by other ways and an operator writes it down."""
    total: Json = order["total"]
    path = f"/orders/{order['order_id']}/recorded-payments"

    buyer.tell.step("An operator records a payment that is a grosz short: refused")
    short = total | {"amount_minor": total["amount_minor"] - 1, "reference": f"transfer {order['order_id']}"}
    _as_operator(buyer, path, short, expect=422)

    buyer.tell.step("An operator records the payment as it came in")
    _as_operator(buyer, path, total | {"reference": f"transfer {order['order_id']}"}, expect=201)
    buyer.see_order(order["order_id"], become="confirmed")


def _as_operator(buyer: Buyer, path: str, body: Json, **more: Any) -> None:
    buyer.seen.write("POST", path, body=body, token=buyer.tokens.operator, **more)


def _own_tickets(buyer: Buyer, order: Json) -> None:
    buyer.tell.step("Fetch the tickets")
    tickets = buyer.get(f"/orders/{order['order_id']}/tickets").json()["items"]
    expect(len(tickets) == len(NAMES), "Every place should have a ticket.")


def _cancel(buyer: Buyer, order: Json, hold: Json) -> None:
    buyer.tell.step(
        "Cancel in good time: the tickets are void, the money goes back, the seats are on sale again"
    )
    buyer.post(f"/orders/{order['order_id']}/cancellation", expect=200, headers=WAIT)
    buyer.see_order(order["order_id"], become="cancelled")
    numbered = [seat_id for seat_id in seat_ids_of(hold) if not seat_id.startswith(STANDING)]
    buyer.see_seats(hold["event_id"], numbered, become="a", called="on sale again")
