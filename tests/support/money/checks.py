"""The promise about money, after every step and at the end.

At every moment, of each order in each currency: what was captured, less the refunds that were started,
is what its valid tickets cost and the fees that were kept; a finalizing order's is its total. At the
end the provider, who has the money, says the same, and nothing is left half done.
"""

from collections import Counter
from typing import Any

from orders.clients.payment_provider import ProviderRefundState
from support.money.provider import ModelProvider
from support.sale.services import Sale

# By order and currency. A LEFT JOIN from orders would hide money of no order.
KEPT_AND_DUE = """
WITH movements AS (
    SELECT order_id, currency, amount_minor AS kept, 0 AS due
    FROM orders.ledger_entries WHERE kind = 'captured'
    UNION ALL SELECT order_id, currency, -amount_minor, 0 FROM orders.refunds
    UNION ALL SELECT order_id, currency, 0, amount_minor FROM orders.ledger_entries WHERE kind = 'fee'
    UNION ALL
    SELECT t.order_id, o.currency, 0, l.price_minor
    FROM orders.tickets t JOIN orders.order_lines l USING (line_id) JOIN orders.orders o ON o.order_id = t.order_id
    WHERE t.state = 'valid'
    UNION ALL SELECT order_id, currency, 0, total_minor FROM orders.orders WHERE state = 'finalizing'
)
SELECT order_id, currency, (SELECT state FROM orders.orders o WHERE o.order_id = m.order_id) AS state,
    sum(kept) AS kept, sum(due) AS due
FROM movements m GROUP BY order_id, currency
"""
FINAL = {"confirmed", "cancelled", "expired", "refunded"}
PAYMENTS_FINAL = {"captured", "refunded", "failed"}


async def check_now(sale: Sale) -> None:
    """What holds at every moment, whatever is under way."""
    wrong = [row for row in await sale.rows("orders", KEPT_AND_DUE) if row.kept != row.due]
    assert wrong == [], "money kept is not what tickets and fees are worth"
    sold, valid = await _sold_seats(sale), await _valid_tickets(sale)
    assert valid - sold == Counter(), "a ticket of a seat that is not its order's"


async def nothing_is_under_way(sale: Sale) -> bool:
    """Whether every order, payment and refund has come to its end."""
    return not any((await what_is_under_way(sale)).values())


async def check_at_rest(sale: Sale, provider: ModelProvider) -> None:
    """How everything ended."""
    await check_now(sale)
    assert await nothing_is_under_way(sale), "something begins again"
    await _check_seats(sale)
    await _check_provider(sale, provider)


async def what_is_under_way(sale: Sale) -> dict[str, list[Any]]:
    """Whatever is in a state that is no end."""
    statements = {
        "orders": (FINAL, "SELECT order_id, state FROM orders.orders WHERE state <> ALL(:ends)"),
        "payments": (
            PAYMENTS_FINAL,
            "SELECT payment_id, state FROM orders.payments WHERE state <> ALL(:ends)",
        ),
        "refunds": ({"settled"}, "SELECT refund_id, state FROM orders.refunds WHERE state <> ALL(:ends)"),
    }
    return {
        what: await sale.rows("orders", statement, ends=sorted(ends))
        for what, (ends, statement) in statements.items()
    }


async def _check_seats(sale: Sale) -> None:
    """Reservation has sold what there are valid tickets for, to the same orders."""
    assert await _sold_seats(sale) == await _valid_tickets(sale), "a seat is sold and nobody has its ticket"


async def _sold_seats(sale: Sale) -> Counter[tuple[Any, ...]]:
    statement = "SELECT event_id, seat_id, order_id FROM reservation.seats WHERE state = 'sold'"
    return Counter(map(tuple, await sale.rows("reservation", statement)))


async def _valid_tickets(sale: Sale) -> Counter[tuple[Any, ...]]:
    statement = "SELECT event_id, seat_id, order_id FROM orders.tickets WHERE state = 'valid'"
    return Counter(map(tuple, await sale.rows("orders", statement)))


async def _check_provider(sale: Sale, provider: ModelProvider) -> None:
    """What the provider still has of each order's money is what its tickets and fees are worth."""
    has = Counter[tuple[str, str]]()
    for order_id, capture in provider.captures():
        back = provider.refunded_minor(capture.reference, ProviderRefundState.SUCCEEDED)
        has[str(order_id), capture.amount.currency] += capture.amount.amount_minor - back
    due = {(str(row.order_id), row.currency): int(row.due) for row in await sale.rows("orders", KEPT_AND_DUE)}
    for key in has.keys() | due.keys():
        assert has[key] == due.get(key, 0), f"the provider has {has[key]} of {key}, due are {due.get(key, 0)}"
