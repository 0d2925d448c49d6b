"""What the worker looks up for /metrics: orders, payments and refunds that are on their way."""

from chassis.database import Snapshot
from chassis.metrics import each_word
from chassis.sampling import COUNT_MAX, Reading, Sample
from orders import metrics
from orders.jobs.reconcile import sample_last_round
from orders.queries.on_the_way import orders_on_the_way, payments_on_the_way, refunds_on_the_way


async def sample_saga(conn: Snapshot) -> Reading:
    """Orders that are not over."""
    orders = await orders_on_the_way(conn, rows_max=COUNT_MAX)
    return {
        metrics.ORDERS: each_word(metrics.OPEN_ORDER_STATES, orders.number),
        metrics.SAGA_OLDEST: each_word(metrics.OPEN_ORDER_STATES, orders.oldest_s),
    }


async def sample_money(conn: Snapshot) -> Reading:
    """Payments under way, and refunds that are owed."""
    payments = await payments_on_the_way(conn, rows_max=COUNT_MAX)
    refunds = await refunds_on_the_way(conn, rows_max=COUNT_MAX)
    return {
        metrics.PAYMENTS: each_word(metrics.OPEN_PAYMENT_STATES, payments.number),
        metrics.PAYMENTS_OLDEST: each_word(metrics.OPEN_PAYMENT_STATES, payments.oldest_s),
        metrics.REFUNDS: each_word(metrics.OWED_REFUND_STATES, refunds.number),
        metrics.REFUNDS_OLDEST: each_word(metrics.OWED_REFUND_STATES, refunds.oldest_s),
    }


SAMPLES: dict[str, Sample] = {
    "saga": sample_saga,
    "money": sample_money,
    "reconciliation": sample_last_round,
}
