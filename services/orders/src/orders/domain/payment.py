"""When an order can be paid, and what becomes of the money that arrives."""

from datetime import datetime, timedelta

from orders.domain.order import Money
from orders.domain.states import Discrepancy, OrderState, PaymentFailure

PAID_STATES = frozenset({OrderState.FINALIZING, OrderState.CONFIRMED})


class NothingToPay(Exception):
    """The order is free."""

    def __init__(self) -> None:
        super().__init__("the order costs nothing: finalize it")


class PaymentCapturedAlready(Exception):
    """The order is paid."""

    def __init__(self) -> None:
        super().__init__("the order is paid already")


class TooLateToPay(Exception):
    """The seats are not held long enough any more for a page to be opened."""

    def __init__(self) -> None:
        super().__init__("the seats are not held long enough any more to pay for them")


def page_closes_at(
    *, holds_expire_at: datetime, margin_s: int, page_s_min: int, now: datetime
) -> datetime | None:
    """When the page of a payment begun now closes: before its holds end. None when it is too late for one."""
    closes_at = holds_expire_at - timedelta(seconds=margin_s)
    return closes_at if closes_at - now >= timedelta(seconds=page_s_min) else None


def discrepancy_of(*, captured: Money, total: Money) -> Discrepancy | None:
    """How money that arrived differs from what the order costs; None when it fits."""
    if captured.currency != total.currency:
        return Discrepancy.CURRENCY_DIFFERS
    return None if captured == total else Discrepancy.AMOUNT_DIFFERS


def refund_reason(state: OrderState) -> str:
    """Why money that fits goes back from an order that is in `state`."""
    return "paid_twice" if state in PAID_STATES else f"order_{state}"


def failure_of(*, declined: bool, order_state: OrderState) -> PaymentFailure:
    """Why a payment that ended without money did: the order is over or paid, or was not paid."""
    if declined:
        return PaymentFailure.DECLINED
    unpaid = order_state in (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED)
    return PaymentFailure.EXPIRED if unpaid else PaymentFailure.WITHDRAWN
