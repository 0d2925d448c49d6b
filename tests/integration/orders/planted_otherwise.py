"""The other sides of some kinds of differences: too little instead of too much, another state of the order."""

from dataclasses import replace

from integration.orders.books import Books, long_ago
from integration.orders.planted import Planted, all_of, open_page, provider_agrees, sql
from integration.orders.scene import Placed

from orders.clients.payment_provider import ProviderRefundState
from orders.domain.findings import FindingKind as K
from orders.domain.order import Money
from orders.domain.states import OrderState as S


async def refunded_less_there(books: Books, _placed: Placed) -> None:
    (refund,) = books.provider.refunds.values()
    refund.now = replace(refund.now, amount=Money(amount_minor=1, currency="PLN"))


async def refund_failed_there(books: Books, _placed: Placed) -> None:
    (refund,) = books.provider.refunds.values()
    refund.now = replace(refund.now, state=ProviderRefundState.FAILED)


async def captured_in_another_currency(books: Books, _placed: Placed) -> None:
    (payment,) = books.provider.payments.values()
    other = replace(payment.now.captures[0], amount=Money(amount_minor=4500, currency="EUR"))
    payment.now = replace(payment.now, captures=(other,))


async def page_past_its_time(books: Books, placed: Placed) -> None:
    await open_page(books, placed)
    books.plant(
        "UPDATE payments SET state = 'pending', look_at = now(), expires_at = now() WHERE reference = 'pay-2'"
    )


OTHERWISE_PLANTED = {
    "less kept than due": Planted(
        K.MONEY_KEPT_DIFFERS,
        "4500 PLN",
        sql(
            "INSERT INTO ledger_entries SELECT gen_random_uuid(), order_id, payment_id, NULL, 'fee', 100, 'PLN', "
            "provider, order_id || ':order', now() FROM payments WHERE order_id = %(id)s"
        ),
    ),
    "money kept in another currency": Planted(
        K.MONEY_KEPT_DIFFERS,
        "100 EUR",
        all_of(
            sql(
                "INSERT INTO ledger_entries SELECT gen_random_uuid(), order_id, payment_id, NULL, 'captured', 100, "
                "'EUR', provider, 'second', now() FROM payments WHERE order_id = %(id)s"
            ),
            provider_agrees,
        ),
    ),
    "less captured than entered": Planted(
        K.CAPTURED_SUM_DIFFERS,
        "4499 PLN",
        sql("UPDATE payments SET captured_minor = captured_minor - 1 WHERE order_id = %(id)s"),
    ),
    "a total below its lines": Planted(
        K.ORDER_TOTAL_DIFFERS,
        "4499 PLN",
        sql("UPDATE orders SET total_minor = total_minor - 1 WHERE order_id = %(id)s"),
    ),
    "confirmed without a valid ticket": Planted(
        K.TICKETS_MISSING,
        "1 tickets, of them 0 valid",
        sql("UPDATE tickets SET state = 'voided', voided_at = now() WHERE order_id = %(id)s"),
        paid=False,
    ),
    "settled with another amount in the ledger": Planted(
        K.SETTLED_REFUND_NOT_IN_LEDGER,
        "1 PLN",
        sql("UPDATE ledger_entries SET amount_minor = 1 WHERE order_id = %(id)s AND kind = 'refunded'"),
        S.CANCELLED,
        settled=True,
    ),
    "captured in another currency": Planted(K.CAPTURE_DIFFERS, "4500 PLN", captured_in_another_currency),
    "paid back less": Planted(
        K.REFUND_DIFFERS, "1 PLN, the refund is settled", refunded_less_there, S.CANCELLED, settled=True
    ),
    "paid back nothing": Planted(
        K.REFUND_DIFFERS,
        "nothing paid back, the refund is settled",
        refund_failed_there,
        S.CANCELLED,
        settled=True,
    ),
    "a page past its time": Planted(
        K.PAGE_OPEN_TOO_LONG, "open, the payment is pending", page_past_its_time, S.EXPIRED
    ),
    "a cancellation nobody answered": Planted(
        K.ORDER_UNDER_WAY_TOO_LONG,
        "cancelling, asked again 0 times",
        sql("UPDATE orders SET changed_at = %(at)s WHERE order_id = %(id)s", at=long_ago()),
        S.CANCELLING,
    ),
    "an open order of a cancelled event": Planted(
        K.ORDER_OF_CANCELLED_EVENT,
        "awaiting_payment",
        sql(
            "UPDATE offers SET state = 'cancelled', cancelled_at = %(at)s "
            "WHERE event_id = (SELECT event_id FROM order_holds WHERE order_id = %(id)s)",
            at=long_ago(),
        ),
        S.AWAITING_PAYMENT,
    ),
}
