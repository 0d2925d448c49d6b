"""The saga's journeys: what the table of single steps does not show."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from integration.orders.scene import Scene, hold_expired, hold_of
from sqlalchemy.exc import IntegrityError

from chassis.clock import utc_now
from chassis.database import Transaction
from messages.reservation import HoldReleased, HoldsConfirmed, HoldsRefused, SeatsReleased
from orders.domain.offer import CancellationDeadlinePassed
from orders.domain.order import OrderNotFound
from orders.domain.states import Actor, Reason
from orders.domain.states import OrderState as S
from orders.storage.orders import OrderChangedUnlocked, lock_order
from orders.storage.tickets import SeatsWithoutLine
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.cancel_order import OrderIsFinalizing
from orders.usecases.capture_payment import PaymentAmountDiffers, PaymentReferenceUsed
from orders.usecases.confirm_order import confirm_order
from orders.usecases.expire_order import expire_lapsed_orders
from orders.usecases.finalize_order import EventIsCancelled, PaymentMissing
from orders.usecases.resend_commands import resend_commands
from orders.usecases.steps import finalize


async def reasons(scene: Scene, order_id: Any) -> list[str]:
    return [change["reason"] for change in (await scene.order(order_id))["timeline"]]


async def cancel_event_orders_of(scene: Scene, *, orders_max: int = 10, later_s: int = 0) -> int:
    now = utc_now() + timedelta(seconds=later_s)
    return await scene.db.run(lambda tx: cancel_event_orders(tx, orders_max=orders_max, now=now))


async def test_finalizing_asks_for_every_seat_of_every_hold(scene: Scene) -> None:
    hamlet, macbeth = await scene.publish_event(), await scene.publish_event()
    holds = [hold_of(hamlet, seats=["A-1", "A-2"]), hold_of(macbeth, seats=["floor:3"])]
    order_id = await scene.place(*holds)

    await scene.finalize(order_id)

    [(message_type, data)] = await scene.take_messages()
    assert message_type == "confirm_holds"
    asked = {hold["hold_id"]: (hold["event_id"], hold["seat_ids"]) for hold in data["holds"]}
    assert asked == {
        str(holds[0].hold_id): (str(hamlet), ["A-1", "A-2"]),
        str(holds[1].hold_id): (str(macbeth), ["floor:3"]),
    }


async def test_a_confirmed_order_has_a_ticket_with_its_own_code_for_each_seat(scene: Scene) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event(), seats=["A-1", "A-2", "A-3"]))
    await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=order_id))

    assert await scene.scalar("SELECT count(DISTINCT ticket_code) FROM orders.tickets") == 3
    assert await scene.tickets(order_id) == ["valid"] * 3


async def test_an_order_that_costs_something_is_finalized_by_its_payment_only(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    with pytest.raises(PaymentMissing):
        await scene.finalize(placed.order_id)

    await scene.pay(placed.order_id)
    assert (await scene.order(placed.order_id))["state"] == S.FINALIZING


async def test_another_buyers_order_is_not_found(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    with pytest.raises(OrderNotFound):
        await scene.finalize(placed.order_id, buyer_id="bob")
    with pytest.raises(OrderNotFound):
        await scene.cancel(placed.order_id, buyer_id="bob")


@pytest.mark.parametrize(("amount_minor", "currency"), [(4499, "PLN"), (9000, "PLN"), (4500, "EUR")])
async def test_a_wrong_amount_is_refused_and_not_recorded(
    scene: Scene, amount_minor: int, currency: str
) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    with pytest.raises(PaymentAmountDiffers):
        await scene.pay(placed.order_id, amount_minor=amount_minor, currency=currency)

    order = await scene.order(placed.order_id)
    assert (order["state"], order["payments"]) == (S.AWAITING_PAYMENT, [])


async def test_a_free_order_takes_no_payment(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    with pytest.raises(PaymentAmountDiffers):
        await scene.pay(placed.order_id)


async def test_a_payment_told_ten_times_at_once_is_one_payment(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    told = await asyncio.gather(*(scene.pay(placed.order_id, reference="bank-1") for _ in range(10)))

    assert len(set(told)) == 1
    assert await scene.take_sent() == ["confirm_holds"]


async def test_a_reference_belongs_to_one_order(scene: Scene) -> None:
    one = await scene.order_in(S.AWAITING_PAYMENT, paid=True)
    other = await scene.order_in(S.AWAITING_PAYMENT, paid=True)
    await scene.pay(one.order_id, reference="bank-1")

    with pytest.raises(PaymentReferenceUsed):
        await scene.pay(other.order_id, reference="bank-1")


async def test_of_two_payments_one_keeps_the_tickets_and_one_goes_back(scene: Scene) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)

    await scene.pay(placed.order_id)

    first, second = (await scene.order(placed.order_id))["payments"]
    assert (first["state"], first["refunds"]) == ("captured", [])
    assert (second["state"], second["refunds"][0]["reason"]) == ("refunding", "paid_twice")


async def test_a_payment_after_the_hold_lapsed_is_confirmed_if_the_seats_are_free(scene: Scene) -> None:
    placed = await scene.order_in(S.EXPIRED, paid=True)
    await scene.pay(placed.order_id)
    await scene.deliver(HoldsConfirmed(order_id=placed.order_id))

    assert await reasons(scene, placed.order_id) == [
        "order_placed",
        "hold_expired",
        "payment_captured",
        "seats_sold",
    ]


async def test_a_payment_after_the_hold_lapsed_is_refunded_if_the_seats_are_gone(scene: Scene) -> None:
    placed = await scene.order_in(S.EXPIRED, paid=True)
    await scene.pay(placed.order_id)
    await scene.deliver(HoldsRefused(order_id=placed.order_id, reason="seats_taken", lost_seats=()))

    order = await scene.order(placed.order_id)
    assert (order["state"], order["payments"][0]["refunds"][0]["reason"]) == (S.REFUNDED, "seats_taken")


async def test_a_free_order_of_a_cancelled_event_that_is_refused_is_cancelled(scene: Scene) -> None:
    placed = await scene.order_in(S.FINALIZING, paid=False)
    await scene.deliver(HoldsRefused(order_id=placed.order_id, reason="event_cancelled", lost_seats=()))

    assert (await scene.order(placed.order_id))["state"] == S.CANCELLED


async def test_a_lapsed_order_of_a_cancelled_event_cannot_be_finalized(scene: Scene) -> None:
    placed = await scene.order_in(S.EXPIRED, paid=False)
    await scene.cancel_event(placed.event_id)

    with pytest.raises(EventIsCancelled):
        await scene.finalize(placed.order_id)


async def test_a_confirmed_order_cannot_be_cancelled_after_the_deadline(scene: Scene) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=False)
    after_the_start = utc_now() + timedelta(days=8)

    with pytest.raises(CancellationDeadlinePassed):
        await scene.cancel(placed.order_id, now=after_the_start)

    assert await scene.tickets(placed.order_id) == ["valid"]


async def test_an_unpaid_order_may_be_given_up_at_any_time(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    assert await scene.cancel(placed.order_id, now=utc_now() + timedelta(days=8)) == S.CANCELLED


async def test_a_released_hold_ends_the_order_and_gives_up_its_other_holds(scene: Scene) -> None:
    event_id = await scene.publish_event()
    one, other = hold_of(event_id), hold_of(event_id, seats=["B-1"])
    order_id = await scene.place(one, other)

    await scene.deliver(HoldReleased(hold_id=one.hold_id, event_id=event_id, reason="buyer"))

    data = dict(await scene.take_messages())["release_holds"]
    assert set(data["hold_ids"]) == {str(one.hold_id), str(other.hold_id)}
    assert (await scene.order(order_id))["state"] == S.CANCELLED


async def test_a_lapsed_hold_leaves_the_other_holds_alone_for_a_late_payment(scene: Scene) -> None:
    event_id = await scene.publish_event()
    one, other = hold_of(event_id), hold_of(event_id, seats=["B-1"])
    order_id = await scene.place(one, other)

    await scene.deliver(hold_expired(one.hold_id))

    assert ((await scene.order(order_id))["state"], await scene.take_sent()) == (
        S.EXPIRED,
        ["order_expired"],
    )


async def test_a_message_about_a_hold_that_was_never_ordered_is_no_concern(scene: Scene) -> None:
    event_id = await scene.publish_event()
    hold = hold_of(event_id)

    await scene.deliver(hold_expired(hold.hold_id))
    await scene.deliver(HoldReleased(hold_id=hold.hold_id, event_id=event_id, reason="buyer"))

    assert await scene.take_sent() == []


async def test_the_news_of_an_order_names_it_and_the_version_it_came_with(scene: Scene) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)

    news = dict(await scene.take_messages())["order_confirmed"]

    assert news == {"order_id": str(placed.order_id), "version": 3}


async def test_a_change_that_is_rolled_back_tells_nobody(scene: Scene) -> None:
    placed = await scene.order_in(S.FINALIZING, paid=False)
    await scene.take_sent()

    async with scene.db.engine.connect() as never_committed:
        await confirm_order(never_committed, order_id=placed.order_id, now=utc_now())

    assert await scene.take_sent() == []


async def test_two_finalizations_and_a_cancellation_at_once_have_one_outcome(scene: Scene) -> None:
    for _ in range(20):
        placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)
        await scene.take_sent()

        *_, cancelled = await asyncio.gather(
            scene.finalize(placed.order_id),
            scene.finalize(placed.order_id),
            scene.cancel(placed.order_id),
            return_exceptions=True,
        )

        state = (await scene.order(placed.order_id))["state"]
        sent = await scene.take_sent()
        legal = [(S.FINALIZING, ["confirm_holds"]), (S.CANCELLED, ["order_cancelled", "release_holds"])]
        assert (state, sent) in legal
        assert isinstance(cancelled, OrderIsFinalizing) == (state == S.FINALIZING)


async def test_an_answer_and_a_cancellation_at_once_leave_no_valid_ticket_behind(scene: Scene) -> None:
    for _ in range(20):
        placed = await scene.order_in(S.FINALIZING, paid=True)

        await asyncio.gather(
            scene.deliver(HoldsConfirmed(order_id=placed.order_id)),
            scene.cancel(placed.order_id),
            scene.deliver(HoldsConfirmed(order_id=placed.order_id)),
            return_exceptions=True,
        )

        state, tickets = (await scene.order(placed.order_id))["state"], await scene.tickets(placed.order_id)
        assert (state, tickets) in [(S.CONFIRMED, ["valid"]), (S.CANCELLING, ["voided"])]


async def test_a_cancelled_event_takes_its_orders_along_in_batches(scene: Scene) -> None:
    event_id, other_event = await scene.publish_event(), await scene.publish_event()
    waiting = [await scene.place(hold_of(event_id, seats=[f"A-{n}"])) for n in range(3)]
    kept = await scene.place(hold_of(other_event))
    spanning = await scene.place(hold_of(other_event, seats=["B-1"]), hold_of(event_id, seats=["B-1"]))
    await scene.cancel_event(event_id)

    batches = [await cancel_event_orders_of(scene, orders_max=3) for _ in range(3)]

    assert batches == [3, 1, 0]
    assert {(await scene.order(order_id))["state"] for order_id in [*waiting, spanning]} == {S.CANCELLED}
    assert (await scene.order(kept))["state"] == S.AWAITING_PAYMENT


async def test_an_order_caught_finalizing_by_its_events_cancellation_is_refunded(scene: Scene) -> None:
    placed = await scene.order_in(S.FINALIZING, paid=True)
    await scene.cancel_event(placed.event_id)
    assert await cancel_event_orders_of(scene) == 0

    await scene.deliver(HoldsConfirmed(order_id=placed.order_id))
    await scene.deliver(SeatsReleased(order_id=placed.order_id))

    order = await scene.order(placed.order_id)
    assert (order["state"], order["payments"][0]["state"]) == (S.CANCELLED, "refunding")
    assert await scene.tickets(placed.order_id) == []


async def test_an_event_is_looked_at_until_none_of_its_orders_is_left(scene: Scene) -> None:
    placed = await scene.order_in(S.FINALIZING, paid=False)
    await scene.cancel_event(placed.event_id)
    done = "SELECT orders_cancelled_at IS NOT NULL FROM orders.offers"

    await cancel_event_orders_of(scene, later_s=61)
    assert await scene.scalar(done) is False

    await scene.deliver(HoldsRefused(order_id=placed.order_id, reason="event_cancelled", lost_seats=()))
    await cancel_event_orders_of(scene)
    assert await scene.scalar(done) is False  # an order may just be being placed

    await cancel_event_orders_of(scene, later_s=61)
    assert await scene.scalar(done) is True


@pytest.mark.parametrize(
    ("state", "command"), [(S.FINALIZING, "confirm_holds"), (S.CANCELLING, "release_seats")]
)
async def test_an_overdue_answer_is_asked_for_again(scene: Scene, state: S, command: str) -> None:
    await scene.order_in(state, paid=False)
    await scene.take_sent()

    async def resend(later_s: int) -> int:
        now = utc_now() + timedelta(seconds=later_s)
        return await scene.db.run(
            lambda tx: resend_commands(tx, overdue_s=30, overdue_s_max=600, orders_max=10, now=now)
        )

    assert [await resend(29), await resend(31), await resend(31)] == [0, 1, 0]
    assert await scene.take_sent() == [command]


async def test_each_resend_waits_twice_as_long_up_to_ten_minutes(scene: Scene) -> None:
    await scene.order_in(S.FINALIZING, paid=False)
    sent_at = utc_now()

    async def resend(now: datetime) -> int:
        return await scene.db.run(
            lambda tx: resend_commands(tx, overdue_s=30, overdue_s_max=600, orders_max=10, now=now)
        )

    for wait_s in (30, 60, 120, 240, 480, 600, 600):
        early, due = sent_at + timedelta(seconds=wait_s - 2), sent_at + timedelta(seconds=wait_s + 2)
        assert [await resend(early), await resend(due)] == [0, 1]
        sent_at = due


async def test_an_unpaid_order_expires_even_if_no_message_says_so(scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    async def expire(later_s: int) -> int:
        now = utc_now() + timedelta(seconds=later_s)
        return await scene.db.run(lambda tx: expire_lapsed_orders(tx, grace_s=3600, orders_max=9, now=now))

    assert [await expire(900 + 3590), await expire(900 + 3610)] == [0, 1]
    assert (await scene.order(placed.order_id))["timeline"][-1]["actor"] == "orders"


async def test_the_database_refuses_a_second_valid_ticket_for_a_seat(scene: Scene) -> None:
    event_id = await scene.publish_event()
    orders = [await scene.place(hold_of(event_id)), await scene.place(hold_of(event_id))]
    for order_id in orders:
        await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=orders[0]))

    with pytest.raises(IntegrityError, match="tickets_valid_seat_key"):
        await scene.deliver(HoldsConfirmed(order_id=orders[1]))

    assert (await scene.order(orders[1]))["state"] == S.FINALIZING


async def test_an_order_that_changed_without_its_lock_is_not_written_over(scene: Scene) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event()))

    async def finalize_what_was_read_before(tx: Transaction) -> None:
        stale = replace(await lock_order(tx, order_id), version=1)
        await finalize(tx, order=stale, reason=Reason.FINALIZED_BY_BUYER, actor=Actor.BUYER, now=utc_now())

    await scene.rows("UPDATE orders.orders SET version = 7 WHERE order_id = :id RETURNING 1", id=order_id)
    with pytest.raises(OrderChangedUnlocked):
        await scene.db.run(finalize_what_was_read_before)
    assert S.AWAITING_PAYMENT == (await scene.order(order_id))["state"]


async def test_an_order_gets_a_ticket_for_each_of_its_seats_or_none(scene: Scene) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event(), seats=["A-1", "A-2"]))
    await scene.finalize(order_id)
    await scene.rows(
        "UPDATE orders.order_lines SET seat_id = 'B-9' WHERE order_id = :id AND seat_id = 'A-2' RETURNING 1",
        id=order_id,
    )

    with pytest.raises(SeatsWithoutLine):
        await scene.deliver(HoldsConfirmed(order_id=order_id))

    assert (S.FINALIZING, []) == ((await scene.order(order_id))["state"], await scene.tickets(order_id))
