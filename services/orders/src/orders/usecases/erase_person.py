"""Erases a person who asked for it: at once where nothing is open between us, else as soon as that is so.

An order with valid tickets for an event to come is open: the entrance must know its attendees, and its
buyer must hear of a cancellation and get their money back (GDPR art. 17(1)(a): the data is still
necessary). It is erased when its last event has ended, or some time after it was cancelled. Until then
it is a guest's order, which a mail to its contact still opens. An unpaid order is withdrawn and erased.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change, Order
from orders.domain.rights import key_scope_of_lookups
from orders.domain.states import OVER_STATES, Actor, OrderState, Reason
from orders.storage import erasing
from orders.storage.ownership import hand_over
from orders.storage.payments import forget_pages
from orders.usecases.order_access_tokens import OrderAccessTokens
from orders.usecases.steps import withdraw

ORDERS_AT_ONCE = 100


@dataclass
class ErasedPerson:
    """What became of a person's data: orders `erased`, and `kept` with when they will be erased at the
    latest; stored `answers`, `lookups`, and `contacts` on orders of other people's accounts deleted.
    """

    erased: int = 0
    kept: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    answers: int = 0
    lookups: int = 0
    contacts: int = 0


async def erase_person(
    tx: Transaction,
    *,
    account_ids: Collection[UUID],
    email_fingerprint: str | None,
    actor: Actor,
    access_tokens: OrderAccessTokens,
    asked_at: datetime,
    now: datetime,
) -> ErasedPerson:
    """Erase the orders of these accounts and of guests with this e-mail, which is known to be theirs.

    On other people's orders only the contact with this e-mail goes. Asked again it finds nothing. What the
    e-mail ordered after `asked_at` stays: that is somebody who came back before the message did.
    """
    buyer_ids, done = [str(account_id) for account_id in account_ids], ErasedPerson()
    while found := await erasing.lock_orders_of_person(
        tx,
        buyer_ids=buyer_ids,
        email_fingerprint=email_fingerprint,
        placed_until=asked_at,
        orders_max=ORDERS_AT_ONCE,
    ):
        for order in found:
            done.answers += await erasing.forget_answers(tx, scopes=access_tokens.key_scopes(order))
            await _erase_or_book(tx, order, done, actor, access_tokens, now)
    done.answers += await erasing.forget_answers(tx, scopes=buyer_ids)
    if email_fingerprint is not None:
        done.answers += await erasing.forget_answers(tx, scopes=[key_scope_of_lookups(email_fingerprint)])
        done.lookups = await erasing.forget_lookups_of(tx, email_fingerprint=email_fingerprint)
        done.contacts = await erasing.forget_contacts_of_others(
            tx, email_fingerprint=email_fingerprint, placed_until=asked_at
        )
    return done


async def erase_booked_orders(tx: Transaction, *, wait_s: int, orders_max: int, now: datetime) -> int:
    """Erase at most `orders_max` orders whose erasure is booked and that are open no more; gives how many.

    One that was called off waits `wait_s`, so that the mail that says so finds its address.
    """
    over_before = now - timedelta(seconds=wait_s)
    found = await erasing.lock_orders_to_erase(tx, over_before=over_before, orders_max=orders_max, now=now)
    for order in found:
        await _erase(tx, order, Actor.ORDERS, now)
    return len(found)


async def _erase_or_book(
    tx: Transaction,
    order: Order,
    done: ErasedPerson,
    actor: Actor,
    access_tokens: OrderAccessTokens,
    now: datetime,
) -> None:
    if order.state is OrderState.AWAITING_PAYMENT:
        order = await withdraw(tx, order=order, reason=Reason.CANCELLED_BY_BUYER, actor=actor, now=now)
    ends_at = await erasing.last_event_ends_at(tx, order=order)
    if order.state in OVER_STATES or ends_at <= now:
        await _erase(tx, order, actor, now)
        done.erased += 1
        return
    if not order.owner.is_guest:
        order = await _hand_to_contact(tx, order, actor, access_tokens, now)
    await erasing.book_erasure(tx, order=order, at=now)
    done.kept[order.order_id] = ends_at


async def _erase(tx: Transaction, order: Order, actor: Actor, now: datetime) -> None:
    change = Change(state=order.state, reason=Reason.PERSON_ERASED, actor=actor, at=now)
    await erasing.erase_order(tx, order=order, change=change)
    await forget_pages(tx, order_id=order.order_id)


async def _hand_to_contact(
    tx: Transaction, order: Order, actor: Actor, access_tokens: OrderAccessTokens, now: datetime
) -> Order:
    guest = access_tokens.guest(order.order_id, generation=order.owner.access_generation + 1)
    change = Change(state=order.state, reason=Reason.ACCOUNT_ERASED, actor=actor, at=now)
    return await hand_over(tx, order=order, owner=guest, change=change)
