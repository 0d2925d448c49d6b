"""What an operator asks orders: how many orders, payments and refunds came where, and which stay there too long."""

import uuid
from datetime import timedelta

import pytest
from integration.orders.money import MoneyScene
from integration.orders.scene import Scene, hold_of

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.sampling import take_sample
from orders.clients.payment_provider import ProviderRefundState
from orders.domain.basket import BasketError
from orders.domain.order import Money
from orders.domain.states import OrderState, PaymentFailure
from orders.jobs.samples import sample_money, sample_saga
from orders.storage.payments import fail, insert_pending
from support.metrics import Figures, Rise

ORDERS = "rowlock_order_changes_total"
PAYMENTS = "rowlock_payment_changes_total"
REFUNDS = "rowlock_refund_changes_total"
PATH_TO = {
    OrderState.AWAITING_PAYMENT: ["awaiting_payment"],
    OrderState.FINALIZING: ["awaiting_payment", "finalizing"],
    OrderState.CONFIRMED: ["awaiting_payment", "finalizing", "confirmed"],
    OrderState.CANCELLING: ["awaiting_payment", "finalizing", "confirmed", "cancelling"],
    OrderState.CANCELLED: ["awaiting_payment", "finalizing", "confirmed", "cancelling", "cancelled"],
    OrderState.EXPIRED: ["awaiting_payment", "expired"],
    OrderState.REFUNDED: ["awaiting_payment", "finalizing", "refunded"],
}


@pytest.fixture
def rise() -> Rise:
    return Rise()


async def told(scene: Scene, name: str) -> dict[str, float]:
    """By state, as a worker tells it."""
    for sample in (sample_saga, sample_money):
        await take_sample(scene.db, sample, every_s=10)
    return Figures().by("state", name)


async def pending_payment(scene: Scene, order_id: uuid.UUID) -> uuid.UUID:
    payment_id, now = new_id(), utc_now()
    await scene.db.run(
        lambda tx: insert_pending(
            tx,
            payment_id=payment_id,
            order_id=order_id,
            provider="model",
            amount=Money(amount_minor=4500, currency="PLN"),
            return_url="http://here/",
            look_at=now,
            at=now,
        )
    )
    return payment_id


@pytest.mark.parametrize("state", list(OrderState))
async def test_an_order_counts_in_each_state_it_came_through(
    scene: Scene, rise: Rise, state: OrderState
) -> None:
    await scene.order_in(state, paid=state is OrderState.REFUNDED)
    assert rise.by("state", ORDERS) == dict.fromkeys(PATH_TO[state], 1)


async def test_an_order_that_could_not_be_placed_does_not_count(scene: Scene, rise: Rise) -> None:
    event_id = await scene.publish_event()
    hold = hold_of(event_id)
    await scene.place(hold)
    for refused, ticket_type in ((hold, "free"), (hold_of(event_id), "unheard-of")):
        with pytest.raises((BasketError, Exception)):
            await scene.place(refused, ticket_type=ticket_type)
    assert rise.by("state", ORDERS) == {"awaiting_payment": 1}


async def test_orders_that_are_not_over_are_told_by_state(scene: Scene) -> None:
    assert await told(scene, "rowlock_orders") == {"awaiting_payment": 0, "finalizing": 0, "cancelling": 0}
    for state in OrderState:
        await scene.order_in(state, paid=False)
    await scene.order_in(OrderState.FINALIZING, paid=False)
    assert await told(scene, "rowlock_orders") == {"awaiting_payment": 1, "finalizing": 2, "cancelling": 1}


async def test_an_order_that_hangs_in_a_state_grows_old_there(scene: Scene) -> None:
    hanging = await scene.order_in(OrderState.FINALIZING, paid=False)
    await scene.order_in(OrderState.FINALIZING, paid=False)
    await scene.order_in(OrderState.CANCELLING, paid=False)
    sql = "UPDATE orders.orders SET changed_at = changed_at - interval '10 minutes' WHERE order_id = :id RETURNING 1"
    await scene.rows(sql, id=hanging.order_id)
    ages = await told(scene, "rowlock_saga_oldest_seconds")
    assert 600 <= ages["finalizing"] < 660
    assert 0 < ages["cancelling"] < 60
    assert ages["awaiting_payment"] == 0


async def test_a_payment_counts_when_it_begins_and_when_its_money_comes_and_goes(
    money: MoneyScene, rise: Rise
) -> None:
    paid = await money.paid()
    assert rise.by("state", PAYMENTS) == {"pending": 1, "captured": 1}
    await money.scene.cancel(paid.order_id)
    assert rise.by("state", PAYMENTS) == {"pending": 1, "captured": 1, "refunding": 1}
    await money.run_until_still()
    assert rise.by("state", PAYMENTS) == {"pending": 1, "captured": 1, "refunding": 1, "refunded": 1}


async def test_a_part_that_goes_back_leaves_the_payment_where_it_is(money: MoneyScene, rise: Rise) -> None:
    paid = await money.paid(seats=("A-1", "A-2"))
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    await money.run_until_still()
    assert rise.by("state", PAYMENTS) == {"pending": 1, "captured": 1}
    assert rise.of(REFUNDS, state="settled") == 1


async def test_a_payment_without_money_has_failed(scene: Scene, rise: Rise) -> None:
    placed = await scene.order_in(OrderState.AWAITING_PAYMENT, paid=True)
    payment_id = await pending_payment(scene, placed.order_id)
    await scene.db.run(
        lambda tx: fail(tx, payment_id=payment_id, failure=PaymentFailure.EXPIRED, at=utc_now())
    )
    assert rise.by("state", PAYMENTS) == {"pending": 1, "failed": 1}


async def test_money_that_an_operator_recorded_is_captured(scene: Scene, rise: Rise) -> None:
    placed = await scene.order_in(OrderState.AWAITING_PAYMENT, paid=True)
    for _ in range(2):
        await scene.pay(placed.order_id, reference="transfer 1")
    assert rise.by("state", PAYMENTS) == {"captured": 1}


async def test_payments_under_way_are_told_and_how_long_their_pages_have_been_closed(scene: Scene) -> None:
    assert await told(scene, "rowlock_payments") == {"pending": 0}
    for minutes in (-10, 30):
        placed = await scene.order_in(OrderState.AWAITING_PAYMENT, paid=True)
        payment_id = await pending_payment(scene, placed.order_id)
        sql = "UPDATE orders.payments SET expires_at = :at WHERE payment_id = :id RETURNING 1"
        await scene.rows(sql, at=utc_now() + timedelta(minutes=minutes), id=payment_id)
    assert await told(scene, "rowlock_payments") == {"pending": 2}
    assert 600 <= (await told(scene, "rowlock_payments_oldest_seconds"))["pending"] < 660
    await scene.rows("UPDATE orders.payments SET expires_at = now() + interval '1 hour' RETURNING 1")
    assert await told(scene, "rowlock_payments_oldest_seconds") == {"pending": 0}


async def test_a_refund_counts_once_in_each_state_however_often_it_is_asked_about(
    money: MoneyScene, rise: Rise
) -> None:
    money.provider.refund_becomes = ProviderRefundState.PENDING
    await money.cancelled()
    for _ in range(3):
        await money.make_due()
        await money.job().run()
    assert rise.by("state", REFUNDS) == {"pending": 1, "submitted": 1}


async def test_a_refund_that_was_given_up_has_failed_and_stays_owed(money: MoneyScene, rise: Rise) -> None:
    money.provider.refund_becomes = ProviderRefundState.FAILED
    await money.cancelled()
    await money.job(refund_attempts_max=1).run()
    assert rise.of(REFUNDS, state="failed") == 1
    assert await told(money.scene, "rowlock_refunds") == {"pending": 0, "submitted": 0, "failed": 1}


async def test_the_refund_that_is_owed_longest_is_told(money: MoneyScene) -> None:
    paid, _ = [await money.cancelled() for _ in range(2)]
    sql = "UPDATE orders.refunds SET created_at = created_at - interval '1 hour' WHERE order_id = :id RETURNING 1"
    await money.scene.rows(sql, id=paid.order_id)
    assert await told(money.scene, "rowlock_refunds") == {"pending": 2, "submitted": 0, "failed": 0}
    ages = await told(money.scene, "rowlock_refunds_oldest_seconds")
    assert 3600 <= ages["pending"] < 3660
    assert ages["failed"] == 0
    await money.run_until_still()
    assert (await told(money.scene, "rowlock_refunds_oldest_seconds"))["pending"] == 0
