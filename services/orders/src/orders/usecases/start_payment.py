"""Begins a payment at the provider, in steps: the provider and reservation are asked in between, outside
of any transaction. Whoever asks again, after any crash, goes on with whichever step is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from chassis.ids import new_id
from orders.clients.payment_provider import ProviderPayment
from orders.domain.order import Order
from orders.domain.payment import PAID_STATES, NothingToPay, PaymentCapturedAlready, page_closes_at
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.storage import payment_looks, payments
from orders.storage.offers import cancelled_events
from orders.storage.orders import lock_order
from orders.storage.ownership import lock_own_order
from orders.storage.payments import Payment
from orders.storage.renewals import are_renewed, holds_expire_at, save_renewal
from orders.usecases.finalize_order import OrderIsOver
from orders.usecases.place_order import EventIsCancelled
from orders.usecases.take_in_payment import take_in_payment


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentTerms:
    """How payments are begun: the provider's name, where its page leads back to, how long before the
    holds' end a page closes and how long it is open at least, and when a job asks for the first time.
    """

    provider: str
    return_url: str
    margin_s: int
    page_s_min: int
    look_again_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BegunPayment:
    """The pending payment of an order, new or under way; `renew` are the holds to be prolonged for it."""

    payment: Payment
    is_new: bool
    renew: tuple[UUID, ...]


async def begin_payment(
    tx: Transaction, *, order_id: UUID, right: OrderRight, terms: PaymentTerms, now: datetime
) -> BegunPayment:
    """The order's payment that is under way, or else a new one; the first one also has its holds renewed.
    Nobody knows that it did before reservation has said so: until then each request has them renewed.

    Raises OrderNotFound, NothingToPay, PaymentCapturedAlready, OrderIsOver or EventIsCancelled.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    _check_payable(order)
    await _check_takes_place(tx, order)
    under_way = await payments.pending_payment(tx, order_id=order_id)
    payment = under_way or await _insert(tx, order, terms, now)
    if payment.reference is None and under_way is not None:
        # Else a job may find that it was never made, just before this request has it made.
        await payment_looks.look_later(tx, payment_id=payment.payment_id, at=_next_look(payment, terms, now))
    renewable = payment.expires_at is None and not await are_renewed(tx, order=order)
    hold_ids = tuple(hold.hold_id for hold in order.holds)
    return BegunPayment(payment=payment, is_new=under_way is None, renew=hold_ids if renewable else ())


async def save_expiry(
    tx: Transaction,
    *,
    begun: BegunPayment,
    renewed: Mapping[UUID, datetime] | None,
    terms: PaymentTerms,
    now: datetime,
) -> Payment:
    """Decide when the page closes; `expires_at` of the payment is None when it is too late for one. A job
    then finds that it was never made.

    `renewed` says when the holds end, those that are left; None when reservation was not asked or did not
    say: what is known of them counts then. Raises what `begin_payment` does.
    """
    order = await lock_order(tx, begun.payment.order_id)
    _check_payable(order)
    if renewed is not None:
        ends_at = min(renewed.get(hold.hold_id, now) for hold in order.holds)
        await save_renewal(tx, order=order, holds_expire_at=ends_at, at=now)
    closes_at = page_closes_at(
        holds_expire_at=await holds_expire_at(tx, order_id=order.order_id),
        margin_s=terms.margin_s,
        page_s_min=terms.page_s_min,
        now=now,
    )
    payment_id = begun.payment.payment_id
    if closes_at is None:
        return await payments.load_payment(tx, payment_id)
    return await payments.save_expiry(tx, payment_id=payment_id, expires_at=closes_at)


async def save_page(
    tx: Transaction, *, begun: Payment, made: ProviderPayment, terms: PaymentTerms, now: datetime
) -> None:
    """Take in the provider's answer. If the order awaits it no more, a job closes the page again at once."""
    await take_in_payment(tx, payment=made, provider=terms.provider, now=now)
    order = await lock_order(tx, begun.order_id)
    look_at = _next_look(begun, terms, now) if order.state is OrderState.AWAITING_PAYMENT else now
    await payment_looks.look_later(tx, payment_id=begun.payment_id, at=look_at)


def _check_payable(order: Order) -> None:
    if order.is_free:
        raise NothingToPay
    if order.state in PAID_STATES:
        raise PaymentCapturedAlready
    if order.state is not OrderState.AWAITING_PAYMENT:
        raise OrderIsOver(order.state)


async def _check_takes_place(tx: Transaction, order: Order) -> None:
    if cancelled := await cancelled_events(tx, {hold.event_id for hold in order.holds}):
        raise EventIsCancelled(sorted(cancelled))


def _next_look(payment: Payment, terms: PaymentTerms, now: datetime) -> datetime:
    look_at = now + timedelta(seconds=terms.look_again_s)
    return look_at if payment.expires_at is None else min(payment.expires_at, look_at)


async def _insert(tx: Transaction, order: Order, terms: PaymentTerms, now: datetime) -> Payment:
    return await payments.insert_pending(
        tx,
        payment_id=new_id(),
        order_id=order.order_id,
        provider=terms.provider,
        amount=order.total,
        return_url=terms.return_url,
        look_at=now + timedelta(seconds=terms.look_again_s),
        at=now,
    )
