"""What orders counts: who comes into which state, and how many are on their way."""

from chassis.counting import count_when_committed
from chassis.database import Transaction
from chassis.metrics import SampledGauge, counter
from orders.domain.states import OrderState, PaymentState, RefundState

OPEN_ORDER_STATES = (OrderState.AWAITING_PAYMENT, OrderState.FINALIZING, OrderState.CANCELLING)
OPEN_PAYMENT_STATES = (PaymentState.PENDING,)
OWED_REFUND_STATES = (RefundState.PENDING, RefundState.SUBMITTED, RefundState.FAILED)

PROVIDERS = ("sandbox", "stripe")
NOTICE_REFUSALS = ("forged", "stale", "malformed")

ORDERS = SampledGauge(
    "rowlock_orders", "Orders that are not over, up to 100,000 together", {"state": OPEN_ORDER_STATES}
)
SAGA_OLDEST = SampledGauge(
    "rowlock_saga_oldest_seconds",
    "For how long the oldest order has been in the state; 0 when there is none",
    {"state": OPEN_ORDER_STATES},
)
ORDER_CHANGES = counter(
    "rowlock_order_changes_total", "Orders that came into the state", {"state": OrderState}
)
PAYMENTS = SampledGauge(
    "rowlock_payments", "Payments under way, up to 100,000", {"state": OPEN_PAYMENT_STATES}
)
PAYMENTS_OLDEST = SampledGauge(
    "rowlock_payments_oldest_seconds",
    "For how long the page of the oldest payment under way has been closed; 0 when none is",
    {"state": OPEN_PAYMENT_STATES},
)
PAYMENT_CHANGES = counter(
    "rowlock_payment_changes_total", "Payments that came into the state", {"state": PaymentState}
)
REFUNDS = SampledGauge(
    "rowlock_refunds",
    "Refunds that are not settled, up to 100,000 together; failed ones are an operator's",
    {"state": OWED_REFUND_STATES},
)
REFUNDS_OLDEST = SampledGauge(
    "rowlock_refunds_oldest_seconds",
    "Age of the oldest of them; 0 when there is none",
    {"state": OWED_REFUND_STATES},
)
REFUND_CHANGES = counter(
    "rowlock_refund_changes_total", "Refunds that came into the state", {"state": RefundState}
)
NOTICES_REFUSED = counter(
    "rowlock_payment_notices_refused_total",
    "Notices of payment providers that were not believed",
    {"provider": PROVIDERS, "reason": NOTICE_REFUSALS},
    told_by="api",
)
_ORDER_CHANGES = {state: ORDER_CHANGES.labels(state) for state in OrderState}
_PAYMENT_CHANGES = {state: PAYMENT_CHANGES.labels(state) for state in PaymentState}
_REFUND_CHANGES = {state: REFUND_CHANGES.labels(state) for state in RefundState}


def order_came(tx: Transaction, state: OrderState) -> None:
    """An order comes into `state`, if `tx` commits."""
    count_when_committed(tx, _ORDER_CHANGES[state])


def payments_came(tx: Transaction, state: PaymentState, *, number: int = 1) -> None:
    """Payments come into `state`, if `tx` commits."""
    count_when_committed(tx, _PAYMENT_CHANGES[state], number)


def refund_came(tx: Transaction, state: RefundState, *, before: RefundState | None = None) -> None:
    """A refund comes into `state`, unless it was there `before`, if `tx` commits."""
    if state is not before:
        count_when_committed(tx, _REFUND_CHANGES[state])
