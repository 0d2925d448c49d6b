"""What goes back when a buyer cancels an order, or some of its tickets, and what is kept."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from integration.orders.conftest import problem
from integration.orders.money import FEE_MINOR, PRICE_MINOR, MoneyScene, policy
from integration.orders.scene import Scene, hold_of

from chassis.clock import utc_now
from messages.reservation import EventSeats, HoldsConfirmed, SeatsReleased
from orders.domain.offer import CancellationDeadlinePassed
from orders.domain.order import OrderNotFound
from orders.domain.states import OrderState as S
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.cancel_tickets import TicketsUnknown

SEATS = ("A-1", "A-2", "A-3")
REFUND_MINOR = PRICE_MINOR - FEE_MINOR


async def cancel_orders_of_events(scene: Scene) -> int:
    return await scene.db.run(lambda tx: cancel_event_orders(tx, orders_max=10, now=utc_now()))


# The whole order


async def test_all_but_the_fee_goes_back_in_time(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())

    assert await money.scene.cancel(paid.order_id) == S.CANCELLING

    assert await money.refunds(paid.order_id) == [("order", 3 * REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [3 * FEE_MINOR]
    assert await money.payment_states(paid.order_id) == ["captured"]
    assert await money.left_over(paid.order_id) == 0


async def test_later_a_part_goes_back_and_then_nothing(money: MoneyScene) -> None:
    paid = [await money.paid(refund_policy=policy()) for _ in range(2)]

    for order, days in zip(paid, (1, 2), strict=True):
        later = utc_now() + timedelta(days=days, seconds=1)
        await money.scene.cancel(order.order_id, now=later)

    part, nothing = [order.order_id for order in paid]
    assert await money.refunds(part) == [("order", REFUND_MINOR // 2, "pending")]
    assert await money.fees(part) == [PRICE_MINOR - REFUND_MINOR // 2]
    assert (await money.refunds(nothing), await money.fees(nothing)) == ([], [PRICE_MINOR])
    assert await money.payment_states(nothing) == ["captured"]
    assert [await money.left_over(order_id) for order_id in (part, nothing)] == [0, 0]


async def test_without_a_policy_everything_goes_back(money: MoneyScene) -> None:
    paid = await money.paid()
    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert (await money.fees(paid.order_id), await money.payment_states(paid.order_id)) == ([], ["refunding"])


async def test_each_ticket_is_refunded_by_the_policy_of_its_own_event(money: MoneyScene) -> None:
    strict = policy(full_until=None, part_until=None)
    events = [await money.scene.publish_event(refund_policy=terms) for terms in (strict, None)]
    paid = await money.paid_for(*events)

    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [PRICE_MINOR]


async def test_when_the_organizer_cancels_everything_goes_back_the_fee_too(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy(full_until=None, part_until=None))
    await money.scene.cancel_event(paid.event_id)

    assert await cancel_orders_of_events(money.scene) == 1

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert await money.fees(paid.order_id) == []


async def test_a_buyer_who_is_faster_than_the_job_loses_nothing_by_it(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy(full_until=None, part_until=None))
    await money.scene.cancel_event(paid.event_id)

    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]


async def test_a_double_click_refunds_once(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy())

    states = [await money.scene.cancel(paid.order_id) for _ in range(2)]

    assert states == [S.CANCELLING, S.CANCELLING]
    assert await money.refunds(paid.order_id) == [("order", REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [FEE_MINOR]


# Some tickets


async def test_a_ticket_is_given_back_and_the_others_stay(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    await money.scene.take_messages()

    assert await money.cancel_tickets(paid.order_id, paid.ticket_ids[1]) == S.CONFIRMED

    assert await money.scene.tickets(paid.order_id) == ["valid", "voided", "valid"]
    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [FEE_MINOR]
    assert await money.left_over(paid.order_id) == 0
    ((kind, command),) = await money.scene.take_messages()
    assert (kind, command["seats"]) == (
        "release_seats", [{"event_id": str(paid.event_id), "seat_ids": ["A-2"]}],
    )  # fmt: skip
    order = await money.scene.order(paid.order_id)
    assert (order["state"], order["timeline"][-1]["reason"]) == (S.CONFIRMED, "tickets_cancelled")
    assert len(order["timeline"]) == order["version"]


async def test_what_was_given_back_is_given_back_once(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one, other, _ = paid.ticket_ids
    await money.cancel_tickets(paid.order_id, one)
    version = (await money.scene.order(paid.order_id))["version"]

    assert await money.cancel_tickets(paid.order_id, one) == S.CONFIRMED
    assert (await money.scene.order(paid.order_id))["version"] == version
    await money.cancel_tickets(paid.order_id, one, other)

    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")] * 2
    assert await money.left_over(paid.order_id) == 0


async def test_the_last_tickets_cancel_the_whole_order(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one, *others = paid.ticket_ids
    await money.cancel_tickets(paid.order_id, one)

    assert await money.cancel_tickets(paid.order_id, *others) == S.CANCELLING

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

    await cancel_orders_of_events(money.scene)

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

    assert await cancel_orders_of_events(money.scene) == 0
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


# Races: always on the row of the order


async def test_two_clicks_at_the_same_instant_refund_once(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one = paid.ticket_ids[0]

    answers = await money.scene.queue_for(
        paid.order_id, *[lambda: money.cancel_tickets(paid.order_id, one)] * 2
    )

    assert answers == [S.CONFIRMED, S.CONFIRMED]
    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")]
    assert await money.left_over(paid.order_id) == 0


async def test_clicks_on_the_order_and_on_its_tickets_at_once_refund_each_ticket_once(
    money: MoneyScene,
) -> None:
    for _ in range(10):
        paid = await money.paid(seats=SEATS, refund_policy=policy())

        await asyncio.gather(
            money.scene.cancel(paid.order_id),
            *(money.cancel_tickets(paid.order_id, ticket_id) for ticket_id in paid.ticket_ids),
            money.scene.cancel(paid.order_id),
        )

        refunds = await money.refunds(paid.order_id)
        assert sum(amount for _, amount, _ in refunds) == 3 * REFUND_MINOR
        assert sum(await money.fees(paid.order_id)) == 3 * FEE_MINOR
        assert await money.left_over(paid.order_id) == 0
        assert await money.scene.tickets(paid.order_id) == ["voided"] * 3


# Through the API


async def test_the_terms_say_what_cancelling_would_come_to(money: MoneyScene, ada: Any) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())

    shown = (await ada.get(f"/orders/{paid.order_id}/cancellation-terms")).json()
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    later = (await ada.get(f"/orders/{paid.order_id}/cancellation-terms")).json()

    assert (shown["refund"], shown["fee"]) == (pln(3 * REFUND_MINOR), pln(3 * FEE_MINOR))
    assert shown["tickets"] == [
        {"ticket_id": str(ticket_id), "refund": pln(REFUND_MINOR), "fee": pln(FEE_MINOR)}
        for ticket_id in paid.ticket_ids
    ]
    assert shown["holds_until"] < shown["cancellable_until"]
    assert later["refund"] == pln(2 * REFUND_MINOR)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.AWAITING_PAYMENT, (200, 0)),
        (S.FINALIZING, (409, "order-is-finalizing")),
        (S.CANCELLING, (200, 0)),
        (S.EXPIRED, (409, "order-is-over")),
        (S.REFUNDED, (409, "order-is-over")),
    ],
)
async def test_the_terms_are_refused_as_the_cancellation_would_be(
    scene: Scene, ada: Any, state: S, expected: tuple[int, Any]
) -> None:
    placed = await scene.order_in(state, paid=True)

    answer = await ada.get(f"/orders/{placed.order_id}/cancellation-terms")

    shown = answer.json()
    told = (200, shown["refund"]["amount_minor"]) if answer.status_code == 200 else problem(answer)
    assert told == expected


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


def pln(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "PLN"}
