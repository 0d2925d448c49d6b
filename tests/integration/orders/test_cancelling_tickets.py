"""What goes back when a buyer gives some tickets of an order back; the others stay."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from integration.orders.conftest import problem
from integration.orders.money import FEE_MINOR, PRICE_MINOR, REFUND_MINOR, SEATS, MoneyScene, pln, policy
from integration.orders.scene import Scene, hold_of

from chassis.clock import utc_now
from messages.reservation import EventSeats, HoldsConfirmed, SeatsReleased
from orders.domain.cancellation import TicketsUnknown
from orders.domain.offer import CancellationDeadlinePassed
from orders.domain.order import OrderNotFound
from orders.domain.states import OrderState as S


async def test_a_ticket_is_given_back_and_the_others_stay(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    await money.scene.take_messages()

    assert await money.cancel_tickets(paid.order_id, paid.ticket_ids[1]) == S.CONFIRMED

    assert await money.scene.tickets(paid.order_id) == ["valid", "voided", "valid"]
    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [FEE_MINOR]
    assert await money.left_over(paid.order_id) == 0
    (kind, command), news = await money.scene.take_messages()
    assert (kind, command["seats"]) == (
        "release_seats", [{"event_id": str(paid.event_id), "seat_ids": ["A-2"]}],
    )  # fmt: skip
    order = await money.scene.order(paid.order_id)
    assert (order["state"], order["timeline"][-1]["reason"]) == (S.CONFIRMED, "tickets_cancelled")
    assert len(order["timeline"]) == order["version"]
    told = {
        "order_id": str(paid.order_id),
        "version": order["version"],
        "ticket_ids": [str(paid.ticket_ids[1])],
    }
    assert news == ("order_tickets_cancelled", told)


async def test_what_was_given_back_is_given_back_once(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one, other, _ = paid.ticket_ids
    await money.cancel_tickets(paid.order_id, one)
    version = (await money.scene.order(paid.order_id))["version"]
    await money.scene.take_messages()

    assert await money.cancel_tickets(paid.order_id, one) == S.CONFIRMED
    assert await money.scene.take_messages() == []
    assert (await money.scene.order(paid.order_id))["version"] == version
    await money.cancel_tickets(paid.order_id, one, other)

    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")] * 2
    assert await money.left_over(paid.order_id) == 0


async def test_the_last_tickets_cancel_the_whole_order(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one, *others = paid.ticket_ids
    await money.cancel_tickets(paid.order_id, one)
    await money.scene.take_messages()

    assert await money.cancel_tickets(paid.order_id, *others) == S.CANCELLING

    assert await money.scene.take_sent() == ["release_seats"]  # one mail will tell that all are cancelled
    assert await money.refunds(paid.order_id) == [
        ("ticket", REFUND_MINOR, "pending"),
        ("order", 2 * REFUND_MINOR, "pending"),
    ]
    assert await money.fees(paid.order_id) == [FEE_MINOR, 2 * FEE_MINOR]
    assert await money.left_over(paid.order_id) == 0


async def test_the_rest_of_an_order_goes_back_without_the_fees_kept_before(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    await money.scene.cancel_event(paid.event_id)

    await money.cancel_orders_of_events()

    assert await money.refunds(paid.order_id) == [
        ("ticket", REFUND_MINOR, "pending"),
        ("order", 2 * PRICE_MINOR, "pending"),
    ]
    assert await money.fees(paid.order_id) == [FEE_MINOR]
    assert await money.left_over(paid.order_id) == 0


async def test_a_ticket_of_another_order_is_none_of_this_one(money: MoneyScene) -> None:
    paid, other = await money.paid(seats=SEATS), await money.paid()

    with pytest.raises(TicketsUnknown):
        await money.cancel_tickets(paid.order_id, paid.ticket_ids[0], other.ticket_ids[0])
    with pytest.raises(OrderNotFound):
        await money.cancel_tickets(paid.order_id, paid.ticket_ids[0], buyer_id="eve")

    assert await money.scene.tickets(paid.order_id) == ["valid"] * 3


async def test_only_the_events_of_the_tickets_given_back_have_a_say(money: MoneyScene) -> None:
    over = utc_now() - timedelta(seconds=1)
    events = [
        await money.scene.publish_event(),
        await money.scene.publish_event(cancellation_deadline_at=over),
    ]
    paid = await money.paid_for(*events)
    cancellable, final = paid.ticket_ids

    with pytest.raises(CancellationDeadlinePassed):
        await money.cancel_tickets(paid.order_id, final)
    assert await money.cancel_tickets(paid.order_id, cancellable) == S.CONFIRMED

    assert await money.scene.tickets(paid.order_id) == ["voided", "valid"]


async def test_an_event_all_of_whose_tickets_were_given_back_does_not_cancel_the_rest(
    money: MoneyScene,
) -> None:
    events = [await money.scene.publish_event() for _ in range(2)]
    paid = await money.paid_for(*events)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])

    await money.scene.cancel_event(events[0])

    assert await money.cancel_orders_of_events() == 0
    assert (await money.scene.order(paid.order_id))["state"] == S.CONFIRMED


async def test_the_answer_to_some_seats_does_not_complete_the_cancellation_of_all(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    await money.scene.cancel(paid.order_id)

    async def released(*seats: str) -> str:
        parts = (EventSeats(event_id=paid.event_id, seat_ids=seats),)
        await money.scene.deliver(SeatsReleased(order_id=paid.order_id, seats=parts))
        return (await money.scene.order(paid.order_id))["state"]

    assert [await released("A-1"), await released(*SEATS)] == [S.CANCELLING, S.CANCELLED]


async def test_a_ticket_given_back_no_longer_counts_for_its_person(scene: Scene, money: MoneyScene) -> None:
    event_id = await scene.publish_event(pesel_required=True, tickets_per_person_max=1)
    pesels = ("44051401359", "02070803628")
    hold = hold_of(event_id, seats=("A-1", "A-2"))
    order_id = await scene.place(hold, pesels=pesels)
    await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=order_id))
    sql = "SELECT ticket_id FROM orders.tickets WHERE order_id = :order_id AND seat_id = 'A-1'"
    ((ticket_id,),) = await scene.rows(sql, order_id=order_id)

    await money.cancel_tickets(order_id, ticket_id)

    await scene.place(hold_of(event_id, seats=("B-1",)), pesels=pesels[:1])
    with pytest.raises(Exception, match="more tickets"):
        await scene.place(hold_of(event_id, seats=("B-2",)), pesels=pesels[1:])


async def test_nobody_is_put_on_a_seat_that_was_given_back(money: MoneyScene, ada: Any) -> None:
    paid = await money.paid(seats=SEATS)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    lines = (await money.scene.order(paid.order_id))["lines"]

    answers = [
        await ada.patch(f"/orders/{paid.order_id}/attendees/{line['line_id']}", {"first_name": "Jan"})
        for line in lines[:2]
    ]

    assert problem(answers[0]) == (409, "ticket-cancelled")
    assert answers[1].status_code == 200


async def test_a_ticket_is_cancelled_through_the_api(money: MoneyScene, ada: Any, sign_in: Any) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    path, body = f"/orders/{paid.order_id}/cancelled-tickets", {"ticket_ids": [str(paid.ticket_ids[0])]}

    first = await ada.post(path, body, key="one")
    again = await ada.post(path, body, key="one")
    unknown = await ada.post(path, {"ticket_ids": [str(uuid.uuid4())]})
    others = await sign_in("eve").post(path, body)
    last = await ada.post(path, {"ticket_ids": [str(ticket_id) for ticket_id in paid.ticket_ids]})

    assert (first.status_code, first.json()["state"]) == (200, "confirmed")
    assert first.json() == again.json()
    assert [refund["amount"] for refund in first.json()["payments"][0]["refunds"]] == [pln(REFUND_MINOR)]
    assert (problem(unknown), problem(others)) == ((422, "tickets-unknown"), (404, "not-found"))
    assert (last.status_code, last.json()["state"]) == (202, "cancelling")


async def test_the_terms_of_a_ticket_are_those_it_is_cancelled_by(money: MoneyScene, ada: Any) -> None:
    over = utc_now() - timedelta(seconds=1)
    events = [
        await money.scene.publish_event(refund_policy=policy()),
        await money.scene.publish_event(cancellation_deadline_at=over),
    ]
    paid = await money.paid_for(*events)
    path = f"/orders/{paid.order_id}/cancellation-terms"
    ticket_id, final = paid.ticket_ids

    shown = (await ada.get(path, params={"ticket_id": str(ticket_id)})).json()
    refused = [
        await ada.get(path, params=params)
        for params in ({"ticket_id": str(final)}, {"ticket_id": [*paid.ticket_ids]}, {})
    ]
    unknown = await ada.get(path, params={"ticket_id": str(uuid.uuid4())})
    await money.cancel_tickets(paid.order_id, ticket_id)

    assert [each["ticket_id"] for each in shown["tickets"]] == [str(ticket_id)]
    assert await money.refunds(paid.order_id) == [("ticket", shown["refund"]["amount_minor"], "pending")]
    assert await money.fees(paid.order_id) == [shown["fee"]["amount_minor"]]
    assert [problem(answer) for answer in refused] == [(409, "cancellation-deadline-passed")] * 3
    assert problem(unknown) == (422, "tickets-unknown")
