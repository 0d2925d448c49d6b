"""A guest buys without an account, and later makes the order part of one."""

from rowlock_demo.journeys.buyer import WAIT, Buyer, Json, attendees
from rowlock_demo.people import BUYER
from rowlock_demo.programme import JAM_SESSION
from rowlock_demo.session import log_in, log_out
from rowlock_demo.surprise import expect

AREA = "dance-floor"
NAMES = [("Bruno", "Lis")]
WRONG_TOKEN = "A" * 43


def walk(buyer: Buyer) -> None:
    """The whole journey; the place is on sale again at its end."""
    buyer.tell.chapter("A guest, without an account")
    guest = buyer.identified(None)
    order = _order(guest, _hold(guest))
    owner = guest.bearing(Order_Access_Token=order["order_access_token"])
    _own(guest, owner, order)
    _claim(buyer, owner, order)


def _hold(guest: Buyer) -> Json:
    event_id = guest.find(JAM_SESSION)
    wanted = {"event_id": event_id, "areas": [{"area_id": AREA, "quantity": len(NAMES)}]}

    guest.tell.step("Hold a place under a key that others could guess: refused, for the key is a secret here")
    guest.post("/holds", wanted, expect=400, key="1")

    guest.tell.step("Hold a place without logging in")
    return guest.post("/holds", wanted, expect=201).json()


def _order(guest: Buyer, hold: Json) -> Json:
    guest.tell.step("Order it: the answer carries the order access token, once")
    body = {
        "hold_tokens": [hold["hold_token"]],
        "contact": {"email": BUYER.email, "name": BUYER.name},
        "attendees": attendees(hold, ticket_types=["guest"], names=NAMES),
    }
    order = guest.post("/orders", body, expect=201).json()
    expect(bool(order.get("order_access_token")), "A guest's order should come with its access token.")
    return order


def _own(guest: Buyer, owner: Buyer, order: Json) -> None:
    path = f"/orders/{order['order_id']}"
    guest.tell.step("Somebody else tries another token: the order looks like one that never was")
    guest.bearing(Order_Access_Token=WRONG_TOKEN).get(path, expect=404)

    guest.tell.step("Finalize it with the right one")
    final = owner.post(f"{path}/finalization", expect=200, headers=WAIT).json()
    expect(final["state"] == "confirmed", f"The order should be confirmed, but is {final['state']}.")

    guest.tell.step("Fetch the ticket")
    tickets = owner.get(f"{path}/tickets").json()["items"]
    expect(len(tickets) == len(NAMES), "The place should have a ticket.")


def _claim(buyer: Buyer, owner: Buyer, order: Json) -> None:
    path = f"/orders/{order['order_id']}"
    buyer.tell.step("Later the guest logs in to an account with the same, verified e-mail address")
    account = buyer.identified(log_in(buyer.seen, BUYER)["access_token"])

    buyer.tell.step("Claim the orders that were placed with it")
    claimed = account.post("/orders/claims", expect=200).json()
    expect(order["order_id"] in claimed["order_ids"], "The guest's order should be among the claimed ones.")

    buyer.tell.step("The order access token is good no longer: the order is the account's now")
    owner.get(path, expect=404)

    buyer.tell.step("Cancel the order and log out")
    account.post(f"{path}/cancellation", expect=200, headers=WAIT)
    account.see_order(order["order_id"], become="cancelled")
    log_out(account.seen, token=account.tokens.buyer)
