"""Which message leads to which use case. The clock is read here and passed on."""

from datetime import timedelta
from typing import Any

from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.envelope import MessageMeta
from chassis.messaging import Consumer, Subscription, on
from messages.accounts import AccountErased, EmailVerified
from messages.catalog import EventCancelled, EventPublished
from messages.reservation import (
    HoldExpired,
    HoldReleased,
    HoldsConfirmed,
    HoldsRefused,
    SeatsReleased,
)
from orders.domain.offer import Offer
from orders.domain.refund_policy import RefundPolicy
from orders.domain.seat_exchange import GivenSeats
from orders.domain.states import Actor, OfferState, Reason
from orders.usecases.complete_cancellation import complete_cancellation
from orders.usecases.confirm_order import confirm_order
from orders.usecases.erase_person import erase_person
from orders.usecases.expire_order import expire_order
from orders.usecases.find_guest_orders import find_guest_orders
from orders.usecases.order_access_tokens import OrderAccessTokens
from orders.usecases.project_offer import project_cancelled_event, project_published_event
from orders.usecases.refuse_order import refuse_order
from orders.usecases.withdraw_order import withdraw_order

CONSUMER = "orders"
PEOPLE_CONSUMER = "orders.people"
CLOCKS_DIFFER = timedelta(seconds=5)
"""What was ordered before an erasure must not be taken for newer than it."""


async def event_published(tx: Transaction, message: EventPublished, _meta: Any) -> None:
    await project_published_event(tx, offer=_offer(message))


async def event_cancelled(tx: Transaction, message: EventCancelled, _meta: Any) -> None:
    await project_cancelled_event(tx, event_id=message.event_id, version=message.version, now=utc_now())


async def holds_confirmed(tx: Transaction, message: HoldsConfirmed, _meta: Any) -> None:
    given = [GivenSeats(hold_id=part.hold_id, asked=part.asked, given=part.given) for part in message.given]
    await confirm_order(tx, order_id=message.order_id, given=given, now=utc_now())


async def holds_refused(tx: Transaction, message: HoldsRefused, _meta: Any) -> None:
    await refuse_order(tx, order_id=message.order_id, reason=Reason(message.reason), now=utc_now())


async def seats_released(tx: Transaction, message: SeatsReleased, _meta: Any) -> None:
    released = [(part.event_id, seat_id) for part in message.seats for seat_id in part.seat_ids]
    await complete_cancellation(tx, order_id=message.order_id, released=released, now=utc_now())


async def hold_expired(tx: Transaction, message: HoldExpired, _meta: Any) -> None:
    await expire_order(tx, hold_id=message.hold_id, now=utc_now())


async def hold_released(tx: Transaction, message: HoldReleased, _meta: Any) -> None:
    event_cancelled = message.reason == "event_cancelled"
    reason = Reason.EVENT_CANCELLED if event_cancelled else Reason.HOLD_RELEASED
    await withdraw_order(tx, hold_id=message.hold_id, reason=reason, now=utc_now())


async def email_verified(tx: Transaction, message: EmailVerified, _meta: Any) -> None:
    await find_guest_orders(tx, account_id=message.account_id, email_fingerprint=message.email_fingerprint)


SUBSCRIPTIONS = [
    on(EventPublished, event_published),
    on(EventCancelled, event_cancelled),
    on(HoldsConfirmed, holds_confirmed),
    on(HoldsRefused, holds_refused),
    on(SeatsReleased, seats_released),
    on(HoldExpired, hold_expired),
    on(HoldReleased, hold_released),
]


def people(access_tokens: OrderAccessTokens) -> list[Subscription]:
    """What becomes of people; an open order of an erased account gets a token of its own."""

    async def account_erased(tx: Transaction, message: AccountErased, meta: MessageMeta) -> None:
        await erase_person(
            tx,
            account_ids=[message.account_id],
            email_fingerprint=message.email_fingerprint,
            actor=Actor.BUYER,
            access_tokens=access_tokens,
            asked_at=meta.time + CLOCKS_DIFFER,
            now=utc_now(),
        )

    return [on(EmailVerified, email_verified), on(AccountErased, account_erased)]


def consumers(access_tokens: OrderAccessTokens) -> list[Consumer]:
    """One queue for orders, whose messages are handled in about the order they were sent; another for
    people, who may keep a handler busy and must not keep orders waiting.
    """
    return [Consumer(CONSUMER, SUBSCRIPTIONS), Consumer(PEOPLE_CONSUMER, people(access_tokens))]


def _offer(message: EventPublished) -> Offer:
    return Offer(
        event_id=message.event_id,
        version=message.version,
        state=OfferState.PUBLISHED,
        title=message.title,
        starts_at=message.starts_at,
        ends_at=message.ends_at,
        cancellation_deadline_at=message.cancellation_deadline_at,
        currency=message.currency,
        prices={
            category.name: {price.name: price.price_minor for price in category.ticket_types}
            for category in message.price_categories
        },
        seats_per_order_max=message.seats_per_order_max,
        pesel_required=message.pesel_required,
        organization_id=message.organization_id,
        tickets_per_person_max=message.tickets_per_person_max,
        attendees_final_at=message.attendees_final_at,
        refund_policy=_refund_policy(message),
    )


def _refund_policy(message: EventPublished) -> RefundPolicy | None:
    policy = message.refund_policy
    return None if policy is None else RefundPolicy(**policy.model_dump())
