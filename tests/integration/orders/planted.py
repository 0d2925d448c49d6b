"""Differences as they are planted: one way to bring about each kind, and nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from integration.orders.books import Books, long_ago
from integration.orders.scene import Placed

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import Capture, ProviderPaymentState
from orders.clients.sold_seats import SoldSeat
from orders.domain.findings import FindingKind as K
from orders.domain.order import Money
from orders.domain.states import OrderState as S

PRICE = Money(amount_minor=4500, currency="PLN")
Plant = Callable[[Books, Placed], Awaitable[None]]


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
    found: str
    """What the finding says of it, or how that begins."""
    plant: Plant
    state: S = S.CONFIRMED
    paid: bool = True
    settled: bool = False


PLANTED = [
    Planted(
        K.CAPTURED_SUM_DIFFERS,
        "4501 PLN",
        sql("UPDATE payments SET captured_minor = captured_minor + 1 WHERE order_id = %(id)s"),
    ),
    Planted(
        K.REFUND_SUM_DIFFERS, "1 PLN", sql("UPDATE payments SET refund_minor = 1 WHERE order_id = %(id)s")
    ),
    Planted(
        K.PAYMENT_STATE_DIFFERS,
        "refunded",
        sql("UPDATE payments SET state = 'refunded' WHERE order_id = %(id)s"),
        S.CANCELLED,
    ),
    Planted(
        K.REFUND_WITHOUT_CAPTURE,
        "none",
        sql("UPDATE refunds SET capture_reference = 'elsewhere' WHERE order_id = %(id)s"),
        S.CANCELLED,
    ),
    Planted(K.REFUNDS_EXCEED_CAPTURE, "9000 PLN", both_refunds_of_one_capture, S.CANCELLED),
    Planted(
        K.SETTLED_REFUND_NOT_IN_LEDGER,
        "nothing",
        sql("DELETE FROM ledger_entries WHERE order_id = %(id)s AND kind = 'refunded'"),
        S.CANCELLED,
        settled=True,
    ),
    Planted(
        K.LEDGER_REFUND_NOT_SETTLED,
        "pending",
        all_of(
            sql("UPDATE refunds SET state = 'pending', settled_at = NULL WHERE order_id = %(id)s"),
            sql("UPDATE payments SET state = 'refunding' WHERE order_id = %(id)s"),
        ),
        S.CANCELLED,
        settled=True,
    ),
    Planted(
        K.MONEY_KEPT_DIFFERS,
        "4500 PLN",
        all_of(
            sql("UPDATE tickets SET state = 'voided', voided_at = now() WHERE order_id = %(id)s"),
            sql("UPDATE orders SET state = 'expired' WHERE order_id = %(id)s"),
        ),
    ),
    Planted(
        K.ORDER_TOTAL_DIFFERS,
        "4501 PLN",
        sql("UPDATE orders SET total_minor = total_minor + 1 WHERE order_id = %(id)s"),
    ),
    Planted(
        K.TICKETS_MISSING,
        "0 tickets, of them 0 valid",
        sql("DELETE FROM tickets WHERE order_id = %(id)s"),
        paid=False,
    ),
    Planted(
        K.TICKET_OF_UNCONFIRMED_ORDER,
        "expired",
        sql("UPDATE orders SET state = 'expired' WHERE order_id = %(id)s"),
    ),
    Planted(
        K.TICKET_SEAT_DIFFERS,
        "seat Z-9 of event ",
        sql("UPDATE tickets SET seat_id = 'Z-9' WHERE order_id = %(id)s"),
    ),
    Planted(K.TICKET_WITHOUT_SOLD_SEAT, "not", no_seat_sold),
    Planted(K.SOLD_SEAT_WITHOUT_TICKET, "a voided one, the order is cancelled", seat_sold, S.CANCELLED),
    Planted(K.PAYMENT_UNKNOWN_HERE, "none; 4500 PLN were captured", unknown_payment),
    Planted(K.CAPTURE_NOT_IN_LEDGER, "nothing, the payment is captured", second_capture),
    Planted(K.CAPTURE_DIFFERS, "4500 PLN", less_captured),
    Planted(K.CAPTURE_UNKNOWN_TO_PROVIDER, "4500 PLN", capture_forgotten),
    Planted(K.PAGE_OPEN_TOO_LONG, "open, the payment is failed", open_page),
    Planted(K.REFUND_UNKNOWN_HERE, "4500 PLN", refund_at_the_provider),
    Planted(K.REFUND_DIFFERS, "9000 PLN, the refund is settled", refunded_twice, S.CANCELLED, settled=True),
    Planted(
        K.REFUND_UNKNOWN_TO_PROVIDER,
        "unknown, the refund is settled",
        refund_forgotten,
        S.CANCELLED,
        settled=True,
    ),
    Planted(
        K.PAYMENT_PENDING_TOO_LONG,
        "pending, asked 0 times",
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
        "pending, 0 attempts",
        sql("UPDATE refunds SET created_at = %(at)s WHERE order_id = %(id)s", at=long_ago()),
        S.CANCELLED,
    ),
    Planted(
        K.REFUND_GIVEN_UP,
        "failed, 0 attempts",
        sql("UPDATE refunds SET state = 'failed' WHERE order_id = %(id)s"),
        S.CANCELLED,
    ),
    Planted(
        K.ORDER_UNDER_WAY_TOO_LONG,
        "finalizing, asked again 0 times",
        sql("UPDATE orders SET changed_at = %(at)s WHERE order_id = %(id)s", at=long_ago()),
        S.FINALIZING,
    ),
    Planted(
        K.ORDER_OF_CANCELLED_EVENT,
        "confirmed",
        sql(
            "UPDATE offers SET state = 'cancelled', cancelled_at = %(at)s "
            "WHERE event_id = (SELECT event_id FROM order_holds WHERE order_id = %(id)s)",
            at=long_ago(),
        ),
    ),
]
