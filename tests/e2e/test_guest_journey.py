"""A guest buys without an account, follows the order by what it was given, and later makes it theirs."""

import pytest

from support.stage.account import new_email
from support.stage.buyer import seats_of, states_of
from support.stage.organizer import PRICED
from support.stage.person import problem, said


@pytest.fixture
async def bought(stage):
    """A guest with the right to a confirmed order, and the order."""
    guest, email = stage.guest(), new_email()
    hold = await guest.hold(await stage.event(), "Stalls-1-3", "Stalls-1-4")
    order = await guest.order(hold, contact={"email": email, "name": "Jan Gość"})
    guest = guest.owning(order)
    return guest, await guest.finalize(order), email


async def test_a_guest_holds_and_gives_up_with_nothing_but_the_hold_token(stage):
    guest, event_id = stage.guest(), await stage.event()
    hold = await guest.hold(event_id, "Stalls-1-1", "Stalls-1-2")
    path = f"/holds/{hold['hold_id']}"

    await guest.get(path, expect=401)
    guest = guest.holding(hold)
    renewed = (await guest.write("POST", f"{path}/renewals", expect=200)).json()
    smaller = (await guest.write("DELETE", f"{path}/seats/Stalls-1-2", expect=200)).json()
    assert hold["expires_at"] < renewed["expires_at"]
    assert ["Stalls-1-1"] == seats_of(smaller)
    await guest.write("DELETE", path, expect=204)
    await stage.guest().hold(event_id, "Stalls-1-1", "Stalls-1-2")


async def test_a_guest_is_told_to_send_a_key_that_nobody_guesses(stage):
    wanted = {"event_id": await stage.event(), "seat_ids": ["Stalls-1-1"]}
    refused = await stage.guest().write("POST", "/holds", wanted, expect=400, key="1234567890")
    assert "idempotency-key-guessable" == problem(refused)


async def test_a_guest_gets_the_same_hold_again_for_the_same_request(stage):
    wanted, key = {"event_id": await stage.event(), "seat_ids": ["Stalls-1-1"]}, "a-key-that-nobody-guesses"
    first, again = [
        await stage.guest().write("POST", "/holds", wanted, expect=201, key=key) for _ in range(2)
    ]
    assert first.json() == again.json()


async def test_a_guest_buys_and_follows_the_order_by_its_token(stage, bought):
    guest, order, email = bought
    assert ["awaiting_payment", "finalizing", "confirmed"] == list(states_of(order))
    assert not order.get("order_access_token"), "it is given once, with the order"

    tickets = await guest.tickets(order)
    assert ["Stalls-1-3", "Stalls-1-4"] == sorted(ticket["seat_id"] for ticket in tickets)
    for stranger in (stage.guest(), stage.buyer()):
        refused = await stranger.send("POST", f"/orders/{order['order_id']}/cancellation")
        assert refused.status_code in (401, 404)
    letter = await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#")
    assert "Twelfth Night" in letter["text"]


async def test_a_guest_pays_and_cancels(stage):
    guest, email = stage.guest(), new_email()
    hold = await guest.hold(await stage.event(prices=PRICED), "Stalls-1-1")
    order = await guest.order(hold, ticket_type="adult", contact={"email": email})
    guest = guest.owning(order)
    await stage.pay(order)
    await guest.see_order(order, become="confirmed")
    # A mail tells the state at its sending: one that is still to be sent would be outdated by the cancellation.
    await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#")

    (payment,) = (await guest.cancel(order))["payments"]
    assert "refunding" == payment["state"]
    await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#", count=2)


async def test_a_guest_who_lost_the_token_is_mailed_another_way_in(stage, bought):
    _lost, order, email = bought
    await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#")
    await stage.guest().write("POST", "/orders/lookups", {"email": email.upper()}, expect=202)

    token = await stage.mailbox.link_token(email, page=f"orders/{order['order_id']}", count=2)
    found = stage.guest().owning({"order_access_token": token})
    assert "confirmed" == (await found.read_order(order))["state"]


async def test_a_revoked_order_access_token_opens_nothing_and_a_new_one_can_be_mailed(stage, bought):
    guest, order, email = bought
    await stage.mailbox.letter(email, about=f"/orders/{order['order_id']}#")
    await guest.write("DELETE", f"/orders/{order['order_id']}/access-token", expect=204)
    await guest.get(f"/orders/{order['order_id']}", expect=404)

    await stage.guest().write("POST", "/orders/lookups", {"email": email}, expect=202)
    token = await stage.mailbox.link_token(email, page=f"orders/{order['order_id']}", count=2)
    assert token != guest.order_access_token
    await stage.guest().owning({"order_access_token": token}).read_order(order)


async def test_a_guest_who_registers_claims_the_orders_and_sees_them_in_the_history(stage, bought):
    guest, order, email = bought
    holder = await stage.register(email=email)
    await stage.mailbox.letter(email, about="/account/orders")  # there are orders to claim
    assert [] == (await holder.get("/orders")).json()["items"]

    claimed = (await holder.write("POST", "/orders/claims", expect=200)).json()
    assert {"order_ids": [order["order_id"]], "more": False} == claimed
    history = (await holder.get("/orders")).json()["items"]
    assert [order["order_id"]] == [old["order_id"] for old in history]
    assert 2 == len(await holder.tickets(order))
    await guest.get(f"/orders/{order['order_id']}", expect=404)
    assert [] == (await holder.write("POST", "/orders/claims", expect=200)).json()["order_ids"]


async def test_nobody_claims_the_orders_of_another_address(stage, bought):
    guest, order, _email = bought
    stranger = await stage.register()
    assert [] == (await stranger.write("POST", "/orders/claims", expect=200)).json()["order_ids"]
    await guest.read_order(order)


async def test_a_wrong_token_and_an_unknown_order_look_the_same(stage, bought):
    guest, order, _email = bought
    unknown = "01990000-0000-7000-8000-000000000001"
    wrong = stage.guest().owning({"order_access_token": "A" * 43})
    answers = [
        await wrong.get(f"/orders/{order['order_id']}", expect=404),
        await wrong.get(f"/orders/{unknown}", expect=404),
        await guest.get(f"/orders/{unknown}", expect=404),
    ]
    assert 1 == len({str(said(answer)) for answer in answers})
