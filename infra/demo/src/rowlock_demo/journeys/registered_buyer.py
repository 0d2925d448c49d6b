"""A buyer logs in, orders seats that are given by name, and finds the order in the history."""

import secrets
from datetime import date

from rowlock_demo.journeys.buyer import WAIT, Buyer, Json, attendees, seat_ids_of
from rowlock_demo.people import BUYER
from rowlock_demo.pesel import unborn_pesel
from rowlock_demo.programme import GALA
from rowlock_demo.session import log_in, log_out
from rowlock_demo.surprise import expect

NAMES = [("Bruno", "Lis"), ("Maja", "Liss")]
BORN = (date(2290, 5, 17), date(2291, 11, 2))
SERIALS = 10_000


def walk(buyer: Buyer) -> None:
    """The whole journey; the seats are on sale again at its end, and the session is over."""
    buyer.tell.chapter("A buyer with an account, and seats given by name")
    account = _log_in(buyer)
    event_id = _read(account)
    hold = _hold(account, event_id)
    order = _order(account, hold)
    _correct(account, order)
    _own(account, order)
    _cancel(account, order, hold)
    account.tell.step("Log out")
    log_out(account.seen, token=account.tokens.buyer)


def _log_in(buyer: Buyer) -> Buyer:
    buyer.tell.step("Log in with e-mail and password")
    account = buyer.identified(log_in(buyer.seen, BUYER)["access_token"])

    buyer.tell.step("See who one is")
    me = account.get("/accounts/me").json()
    expect(me["email"] == BUYER.email, f"The account should be {BUYER.email}.")
    return account


def _read(buyer: Buyer) -> str:
    event_id = buyer.find(GALA)
    buyer.tell.step("Read what the event asks of its guests")
    event = buyer.get(f"/events/{event_id}").json()
    asked = (event["pesel_required"], event["tickets_per_person_max"])
    expect(asked == (True, GALA.tickets_per_person_max), "The gala should ask for a PESEL, one seat each.")
    return event_id


def _hold(buyer: Buyer, event_id: str) -> Json:
    buyer.tell.step("Hold two seats together")
    wanted = {"event_id": event_id, "best_available": {"price_category": "Stalls", "quantity": len(NAMES)}}
    return buyer.post("/holds", wanted, expect=201).json()


def _order(buyer: Buyer, hold: Json) -> Json:
    people = attendees(hold, ticket_types=["donor"] * len(NAMES), names=NAMES)
    first, second = (unborn_pesel(born=born, serial=secrets.randbelow(SERIALS)) for born in BORN)

    buyer.tell.step("Order without saying who comes: refused, naming what is missing")
    buyer.post("/orders", _body(hold, people), expect=422)

    buyer.tell.step("Order both seats for one person: refused, naming whose limit is reached")
    same = [{**person, "pesel": first} for person in people]
    buyer.post("/orders", _body(hold, same), expect=409)

    buyer.tell.step("Order one seat for each of two people")
    each = [{**person, "pesel": pesel} for person, pesel in zip(people, (first, second), strict=True)]
    order = buyer.post("/orders", _body(hold, each), expect=201).json()
    shown = {line["attendee"]["pesel"] for line in order["lines"]}
    expect(shown == {f"*********{pesel[-2:]}" for pesel in (first, second)}, "A PESEL should come masked.")
    buyer.tell.remark("The answer shows the last two digits only, and the database none.")
    return order


def _body(hold: Json, people: list[Json]) -> Json:
    contact = {"email": BUYER.email, "name": BUYER.name}
    return {"hold_tokens": [hold["hold_token"]], "contact": contact, "attendees": people}


def _correct(buyer: Buyer, order: Json) -> None:
    buyer.tell.step("Correct a name, which the organizer allows until two days before")
    line = next(line for line in order["lines"] if line["attendee"]["last_name"] == NAMES[1][1])
    path = f"/orders/{order['order_id']}/attendees/{line['line_id']}"
    corrected = buyer.patch(path, {"last_name": "Lis"}, expect=200).json()
    expect(corrected["attendee"]["last_name"] == "Lis", "The name should be the corrected one.")


def _own(buyer: Buyer, order: Json) -> None:
    buyer.tell.step("Finalize the order and wait for the outcome")
    final = buyer.post(f"/orders/{order['order_id']}/finalization", expect=200, headers=WAIT).json()
    expect(final["state"] == "confirmed", f"The order should be confirmed, but is {final['state']}.")

    buyer.tell.step("Find it in the history of one's orders")
    history = buyer.get("/orders", query={"limit": "3"}).json()["items"]
    expect(history[0]["order_id"] == order["order_id"], "The newest order should come first.")


def _cancel(buyer: Buyer, order: Json, hold: Json) -> None:
    buyer.tell.step("Plans changed: cancel, so that both may order again")
    buyer.post(f"/orders/{order['order_id']}/cancellation", expect=200, headers=WAIT)
    buyer.see_order(order["order_id"], become="cancelled")
    buyer.see_seats(hold["event_id"], seat_ids_of(hold), become="a", called="on sale again")
