"""Each kind of difference, planted by hand, is found and nothing else; what is merely under way is not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from integration.orders.books import AgreeingReservation, Books, long_ago
from integration.orders.scene import Placed, Scene

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.internal_client import ServiceUnavailable
from orders.clients.payment_provider import Capture, ProviderPaymentState, ProviderRefundState
from orders.clients.sold_seats import SoldSeat
from orders.domain.findings import FindingKind as K
from orders.domain.order import Money
from orders.domain.states import OrderState as S
from orders.queries.reconcile import books as own_books
from support.money.provider import ModelProvider
from support.queries import count_queries

PRICE = Money(amount_minor=4500, currency="PLN")
Plant = Callable[[Books, Placed], Awaitable[None]]


@pytest.fixture
def books(scene: Scene, admin_database_url: str) -> Books:
    # The scene's payments are recorded ones; here a provider knows them by the same names.
    return Books(scene, admin_database_url, AgreeingReservation(scene), ModelProvider(name="recorded"))


def sql(statement: str, **parameters: object) -> Plant:
    async def plant(books: Books, placed: Placed) -> None:
        books.plant(statement, id=placed.order_id, **parameters)

    return plant


def all_of(*plants: Plant) -> Plant:
    async def plant(books: Books, placed: Placed) -> None:
        for each in plants:
            await each(books, placed)

    return plant


async def provider_agrees(books: Books, _placed: Placed) -> None:
    await books.have_provider_agree()


async def no_seat_sold(books: Books, _placed: Placed) -> None:
    books.reservation.not_sold.add("A-1")


async def seat_sold(books: Books, placed: Placed) -> None:
    seat = SoldSeat(event_id=placed.event_id, seat_id="A-1", order_id=placed.order_id)
    books.reservation.also_sold.append(seat)


async def unknown_payment(books: Books, _placed: Placed) -> None:
    capture = Capture(reference="cap-x", amount=PRICE, captured_at=utc_now())
    books.add_payment(new_id(), new_id(), PRICE, reference="pay-x", captures=(capture,))


async def second_capture(books: Books, _placed: Placed) -> None:
    (payment,) = books.provider.payments.values()
    second = Capture(reference="cap-2", amount=PRICE, captured_at=utc_now())
    payment.now = replace(payment.now, captures=(*payment.now.captures, second))


async def less_captured(books: Books, _placed: Placed) -> None:
    (payment,) = books.provider.payments.values()
    less = replace(payment.now.captures[0], amount=Money(amount_minor=4400, currency="PLN"))
    payment.now = replace(payment.now, captures=(less,))


async def capture_forgotten(books: Books, _placed: Placed) -> None:
    books.provider.payments.clear()


async def open_page(books: Books, placed: Placed) -> None:
    payment_id = new_id()
    books.plant(
        "INSERT INTO payments (payment_id, order_id, provider, reference, state, amount_minor, currency, "
        "failure, created_at, changed_at) "
        "VALUES (%(payment_id)s, %(id)s, 'recorded', 'pay-2', 'failed', 4500, 'PLN', 'expired', now(), now())",
        id=placed.order_id,
        payment_id=payment_id,
    )
    is_open = ProviderPaymentState.OPEN
    books.add_payment(payment_id, placed.order_id, PRICE, reference="pay-2", captures=(), state=is_open)


async def refund_at_the_provider(books: Books, _placed: Placed) -> None:
    (payment,) = books.provider.payments.values()
    books.add_refund(None, payment.now.captures[0].reference, PRICE)


async def refunded_twice(books: Books, _placed: Placed) -> None:
    (refund,) = books.provider.refunds.values()
    books.add_refund(refund.now.refund_id, refund.capture_reference, PRICE)


async def refund_forgotten(books: Books, _placed: Placed) -> None:
    books.provider.refunds.clear()


# One payment captured twice, both paid back, and both from the first of the two captures.
both_refunds_of_one_capture = all_of(
    sql(
        "INSERT INTO ledger_entries SELECT gen_random_uuid(), order_id, payment_id, NULL, 'captured', 4500, "
        "'PLN', provider, 'second', now() FROM payments WHERE order_id = %(id)s"
    ),
    sql("UPDATE payments SET captured_minor = 9000, refund_minor = 9000 WHERE order_id = %(id)s"),
    sql(
        "INSERT INTO refunds (refund_id, payment_id, order_id, capture_reference, cause, state, amount_minor, "
        "currency, reason, created_at) SELECT gen_random_uuid(), payment_id, order_id, reference, 'excess', "
        "'pending', 4500, 'PLN', 'captured_twice', now() FROM payments WHERE order_id = %(id)s"
    ),
    provider_agrees,
)


@dataclass(frozen=True)
class Planted:
    """An order brought to `state`, its refund paid back or not, and what is then made wrong."""

    kind: K
    plant: Plant
    state: S = S.CONFIRMED
    paid: bool = True
    settled: bool = False


PLANTED = [
    Planted(
        K.CAPTURED_SUM_DIFFERS,
        sql("UPDATE payments SET captured_minor = captured_minor + 1 WHERE order_id = %(id)s"),
    ),
    Planted(K.REFUND_SUM_DIFFERS, sql("UPDATE payments SET refund_minor = 1 WHERE order_id = %(id)s")),
    Planted(
        K.PAYMENT_STATE_DIFFERS,
        sql("UPDATE payments SET state = 'refunded' WHERE order_id = %(id)s"),
        S.CANCELLED,
    ),
    Planted(
        K.REFUND_WITHOUT_CAPTURE,
        sql("UPDATE refunds SET capture_reference = 'elsewhere' WHERE order_id = %(id)s"),
        S.CANCELLED,
    ),
    Planted(K.REFUNDS_EXCEED_CAPTURE, both_refunds_of_one_capture, S.CANCELLED),
    Planted(
        K.SETTLED_REFUND_NOT_IN_LEDGER,
        sql("DELETE FROM ledger_entries WHERE order_id = %(id)s AND kind = 'refunded'"),
        S.CANCELLED,
        settled=True,
    ),
    Planted(
        K.LEDGER_REFUND_NOT_SETTLED,
        all_of(
            sql("UPDATE refunds SET state = 'pending', settled_at = NULL WHERE order_id = %(id)s"),
            sql("UPDATE payments SET state = 'refunding' WHERE order_id = %(id)s"),
        ),
        S.CANCELLED,
        settled=True,
    ),
    Planted(
        K.MONEY_KEPT_DIFFERS,
        all_of(
            sql("UPDATE tickets SET state = 'voided', voided_at = now() WHERE order_id = %(id)s"),
            sql("UPDATE orders SET state = 'expired' WHERE order_id = %(id)s"),
        ),
    ),
    Planted(
        K.ORDER_TOTAL_DIFFERS, sql("UPDATE orders SET total_minor = total_minor + 1 WHERE order_id = %(id)s")
    ),
    Planted(K.TICKETS_MISSING, sql("DELETE FROM tickets WHERE order_id = %(id)s"), paid=False),
    Planted(
        K.TICKET_OF_UNCONFIRMED_ORDER, sql("UPDATE orders SET state = 'expired' WHERE order_id = %(id)s")
    ),
    Planted(K.TICKET_SEAT_DIFFERS, sql("UPDATE tickets SET seat_id = 'Z-9' WHERE order_id = %(id)s")),
    Planted(K.TICKET_WITHOUT_SOLD_SEAT, no_seat_sold),
    Planted(K.SOLD_SEAT_WITHOUT_TICKET, seat_sold, S.CANCELLED),
    Planted(K.PAYMENT_UNKNOWN_HERE, unknown_payment),
    Planted(K.CAPTURE_NOT_IN_LEDGER, second_capture),
    Planted(K.CAPTURE_DIFFERS, less_captured),
    Planted(K.CAPTURE_UNKNOWN_TO_PROVIDER, capture_forgotten),
    Planted(K.PAGE_OPEN_TOO_LONG, open_page),
    Planted(K.REFUND_UNKNOWN_HERE, refund_at_the_provider),
    Planted(K.REFUND_DIFFERS, refunded_twice, S.CANCELLED, settled=True),
    Planted(K.REFUND_UNKNOWN_TO_PROVIDER, refund_forgotten, S.CANCELLED, settled=True),
    Planted(
        K.PAYMENT_PENDING_TOO_LONG,
        sql(
            "INSERT INTO payments (payment_id, order_id, provider, state, amount_minor, currency, look_at, "
            "created_at, changed_at) VALUES (gen_random_uuid(), %(id)s, 'recorded', 'pending', 4500, 'PLN', "
            "now(), %(at)s, %(at)s)",
            at=long_ago(),
        ),
        S.EXPIRED,
    ),
    Planted(
        K.REFUND_OWED_TOO_LONG,
        sql("UPDATE refunds SET created_at = %(at)s WHERE order_id = %(id)s", at=long_ago()),
        S.CANCELLED,
    ),
    Planted(
        K.REFUND_GIVEN_UP, sql("UPDATE refunds SET state = 'failed' WHERE order_id = %(id)s"), S.CANCELLED
    ),
    Planted(
        K.ORDER_UNDER_WAY_TOO_LONG,
        sql("UPDATE orders SET changed_at = %(at)s WHERE order_id = %(id)s", at=long_ago()),
        S.FINALIZING,
    ),
    Planted(
        K.ORDER_OF_CANCELLED_EVENT,
        sql(
            "UPDATE offers SET state = 'cancelled', cancelled_at = %(at)s "
            "WHERE event_id = (SELECT event_id FROM order_holds WHERE order_id = %(id)s)",
            at=long_ago(),
        ),
    ),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.kind.value)
async def test_a_difference_is_found_and_nothing_else(books: Books, planted: Planted) -> None:
    placed = await books.scene.order_in(planted.state, paid=planted.paid)
    if planted.settled:
        await books.settle(placed.order_id)
    await books.have_provider_agree()
    assert await books.kinds() == []

    await planted.plant(books, placed)

    assert await books.kinds() == [planted.kind.value]


def test_every_kind_of_difference_is_planted_once() -> None:
    assert [planted.kind for planted in PLANTED] == list(K)


async def test_a_finding_names_what_it_is_about_and_both_sides(books: Books) -> None:
    placed = await books.scene.order_in(S.CONFIRMED, paid=True)
    books.plant("UPDATE payments SET captured_minor = 4600 WHERE order_id = %(id)s", id=placed.order_id)

    (finding, *_) = (await books.compare()).findings

    assert (finding.order_id, finding.expected, finding.found) == (placed.order_id, "4500 PLN", "4600 PLN")
    assert finding.payment_id is not None


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("state", list(S))
async def test_an_order_in_any_state_agrees(books: Books, state: S, paid: bool) -> None:
    if state is S.REFUNDED and not paid:
        pytest.skip("a free order is never refunded")
    placed = await books.scene.order_in(state, paid=paid)
    await books.have_provider_agree()
    assert await books.kinds() == []

    await books.settle(placed.order_id)
    await books.have_provider_agree()
    assert await books.kinds() == []


async def test_orders_beyond_the_first_page_are_compared(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_books, "ORDERS_AT_ONCE", 2)
    orders = [await books.scene.order_in(S.CONFIRMED, paid=False) for _ in range(5)]
    for placed in orders:
        books.plant("UPDATE orders SET total_minor = 1 WHERE order_id = %(id)s", id=placed.order_id)

    report = await books.compare()

    found = {f.order_id for f in report.findings if f.kind is K.ORDER_TOTAL_DIFFERS}
    assert found == {placed.order_id for placed in orders}


async def test_many_orders_are_compared_in_as_many_statements_as_one(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    with count_queries(books.scene.db) as of_one:
        await books.compare()
    for _ in range(4):
        await books.scene.order_in(S.CONFIRMED, paid=True)
    with count_queries(books.scene.db) as of_five:
        await books.compare()

    assert len(of_five) == len(of_one)


class TestUnderWay:
    """None of these is a difference yet."""

    async def test_a_seat_sold_to_an_order_that_waits_for_the_answer(self, books: Books) -> None:
        placed = await books.scene.order_in(S.FINALIZING, paid=True)
        await books.have_provider_agree()
        await seat_sold(books, placed)
        assert await books.kinds() == []

    async def test_a_seat_on_its_way_back(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLING, paid=True)
        await books.have_provider_agree()
        await seat_sold(books, placed)
        assert await books.kinds() == []

    async def test_a_seat_of_an_order_that_ended_this_moment(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=False)
        await seat_sold(books, placed)
        assert await books.kinds(settle_s=60) == []
        assert await books.kinds() == [K.SOLD_SEAT_WITHOUT_TICKET]

    async def test_a_seat_of_a_ticket_voided_this_moment(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CONFIRMED, paid=False)
        await seat_sold(books, placed)
        statement = "UPDATE tickets SET state = 'voided', voided_at = now() WHERE order_id = %(id)s"
        books.plant(statement, id=placed.order_id)
        old = "UPDATE orders SET changed_at = %(at)s WHERE order_id = %(id)s"
        books.plant(old, id=placed.order_id, at=long_ago())
        assert K.SOLD_SEAT_WITHOUT_TICKET not in await books.kinds(settle_s=60)
        assert K.SOLD_SEAT_WITHOUT_TICKET in await books.kinds()

    async def test_a_ticket_issued_or_voided_between_the_two_looks(self, books: Books) -> None:
        """What was compared is stale by then: the other side is right."""
        placed = await books.scene.order_in(S.FINALIZING, paid=False)
        answers = books.reservation.of_events

        async def sold_meanwhile(event_ids):
            async for seat in answers(event_ids):
                yield seat
            await books.scene.deliver(_confirmed(placed))
            yield SoldSeat(event_id=placed.event_id, seat_id="A-1", order_id=placed.order_id)

        books.reservation.of_events = sold_meanwhile
        assert await books.kinds() == []

        async def given_back_meanwhile(event_ids):
            await books.scene.cancel(placed.order_id)
            async for seat in answers(event_ids):
                yield seat

        books.reservation.of_events = given_back_meanwhile
        assert await books.kinds() == []

    async def test_money_captured_this_moment(self, books: Books) -> None:
        await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()
        await second_capture(books, _no_order())
        assert await books.kinds(settle_s=60) == []
        assert await books.kinds() == [K.CAPTURE_NOT_IN_LEDGER]

    async def test_money_that_a_job_is_about_to_ask_for(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()
        await second_capture(books, _no_order())
        soon = utc_now() + timedelta(minutes=5)
        statement = "UPDATE payments SET look_at = %(at)s WHERE order_id = %(id)s"
        books.plant(statement, id=placed.order_id, at=soon)
        assert await books.kinds() == []

    async def test_a_refund_that_the_provider_has_paid_and_nobody_told(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=True)
        await books.have_provider_agree()
        ((refund_id, capture),) = await books.scene.rows(
            "SELECT refund_id, capture_reference FROM orders.refunds WHERE order_id = :id", id=placed.order_id
        )
        books.add_refund(refund_id, capture, PRICE)
        assert await books.kinds() == []

    async def test_an_attempt_at_a_refund_that_failed_before_the_one_that_did_not(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=True)
        await books.settle(placed.order_id)
        await books.have_provider_agree()
        (refund,) = books.provider.refunds.values()
        failed = ProviderRefundState.FAILED
        books.add_refund(refund.now.refund_id, refund.capture_reference, PRICE, state=failed)
        assert await books.kinds() == []

    async def test_what_the_list_lacks_and_the_provider_knows_when_asked(self, books: Books) -> None:
        await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()

        async def lists_nothing(*, since):
            for payment in ():
                yield payment

        books.provider.payments_since = lists_nothing
        assert await books.kinds() == []

    async def test_another_shops_payment_in_the_same_account(self, books: Books) -> None:
        capture = Capture(reference="cap-x", amount=PRICE, captured_at=utc_now())
        books.add_payment(None, new_id(), PRICE, reference="pay-x", captures=(capture,))
        books.add_refund(None, "cap-x", PRICE)
        assert await books.kinds() == []


async def test_a_reservation_that_is_away_is_said_and_is_no_difference(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    await books.have_provider_agree()

    async def away(_event_ids):
        raise ServiceUnavailable("http://reservation: ConnectError")
        yield

    books.reservation.of_events = away  # pyright: ignore[reportAttributeAccessIssue]
    report = await books.compare()

    assert report.findings == []
    assert report.not_compared == {"reservation": "http://reservation: ConnectError"}


async def test_a_provider_that_is_away_is_said_and_is_no_difference(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    books.provider.trouble.meet("away")

    report = await books.compare()

    assert report.findings == []
    assert list(report.not_compared) == ["provider"]


def _confirmed(placed: Placed):
    from messages.reservation import HoldsConfirmed

    return HoldsConfirmed(order_id=placed.order_id)


def _no_order() -> Placed:
    return Placed(order_id=new_id(), event_id=new_id(), hold_id=new_id())
