"""Places an order on held seats. No call to reservation: the hold tokens prove the holds."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.ids import new_id
from orders.domain.basket import Attendee, Hold, Line
from orders.domain.basket_filling import fill_basket
from orders.domain.offer import Offer
from orders.domain.order import Change, Contact, Money, Order, OrderHold
from orders.domain.rights import OrderOwner
from orders.domain.states import Actor, OrderState, Reason
from orders.metrics import order_came
from orders.storage.attendees import insert_attendees
from orders.storage.contacts import insert_contact
from orders.storage.new_orders import claim_holds, insert_lines, insert_order
from orders.storage.offers import cancelled_events, load_offers
from orders.storage.personal_data import PersonalData
from orders.usecases.count_person_tickets import count_new_lines
from orders.usecases.order_access_tokens import OrderAccessTokens


class HoldsExpired(Exception):
    """The seats are no longer held for you."""

    def __init__(self, hold_ids: Sequence[UUID]) -> None:
        self.hold_ids = tuple(hold_ids)
        super().__init__("the seats are no longer held: hold them again")


class HoldsAlreadyOrdered(Exception):
    """One hold makes one order."""

    def __init__(self, hold_ids: Sequence[UUID]) -> None:
        self.hold_ids = tuple(hold_ids)
        super().__init__("an order was already made of this hold")


class EventNotKnownYet(Exception):
    """The event is on sale, but its publication has not reached this service: try again shortly."""

    def __init__(self, event_ids: Sequence[UUID]) -> None:
        self.event_ids = tuple(event_ids)
        super().__init__("the event has only just been published: try again in a second")


class EventIsCancelled(Exception):
    """The event will not take place."""

    def __init__(self, event_ids: Sequence[UUID]) -> None:
        self.event_ids = tuple(event_ids)
        super().__init__("the event will not take place")


async def place_order(
    tx: Transaction,
    *,
    buyer_id: str | None,
    access_tokens: OrderAccessTokens,
    holds: Sequence[Hold],
    contact: Contact,
    attendees: Sequence[Attendee],
    personal: PersonalData,
    equivalent_seats_allowed: bool = False,
    now: datetime,
) -> UUID:
    """Place the order and give its id; it awaits payment (or, if free, finalization).

    `holds` come from verified hold tokens, and whoever bears a token may order its seats. Without a
    `buyer_id` it is a guest's order, and the first of its access tokens is the right to it. The total
    is computed from the offers and frozen. With `equivalent_seats_allowed` others of the same price
    categories will do where these are taken when it is paid. Raises the errors above, PersonLimitReached
    or a BasketError.
    """
    _check_not_expired(holds, now)
    offers = await _offers(tx, holds)
    lines = fill_basket(holds=holds, attendees=attendees, offers=offers)
    order_id = new_id()
    owner = OrderOwner(buyer_id=buyer_id) if buyer_id is not None else access_tokens.guest(order_id)
    currency = offers[holds[0].event_id].currency
    order = _new_order(order_id, owner, holds, lines, currency, equivalents=equivalent_seats_allowed)
    placed = Change(state=order.state, reason=Reason.ORDER_PLACED, actor=Actor.BUYER, at=now)
    expire_at = min(hold.expires_at for hold in holds)
    await insert_order(tx, order=order, placed=placed, holds_expire_at=expire_at)
    order_came(tx, order.state)
    if taken := await claim_holds(tx, order=order):
        raise HoldsAlreadyOrdered(sorted(taken))
    tickets = await count_new_lines(tx, lines=lines, offers=offers, personal=personal)
    line_ids = await insert_lines(tx, order_id=order_id, lines=lines)
    await insert_attendees(tx, line_ids=line_ids, lines=lines, tickets=tickets, personal=personal)
    await insert_contact(tx, order_id=order_id, contact=contact, personal=personal)
    return order_id


def _check_not_expired(holds: Sequence[Hold], now: datetime) -> None:
    if expired := [hold.hold_id for hold in holds if hold.expires_at <= now]:
        raise HoldsExpired(expired)


async def _offers(tx: Transaction, holds: Sequence[Hold]) -> dict[UUID, Offer]:
    event_ids = {hold.event_id for hold in holds}
    if cancelled := await cancelled_events(tx, event_ids):
        raise EventIsCancelled(sorted(cancelled))
    offers = await load_offers(tx, event_ids)
    if unknown := event_ids - offers.keys():
        raise EventNotKnownYet(sorted(unknown))
    return offers


def _new_order(
    order_id: UUID,
    owner: OrderOwner,
    holds: Sequence[Hold],
    lines: Sequence[Line],
    currency: str,
    *,
    equivalents: bool,
) -> Order:
    total_minor = sum(line.price_minor for line in lines)
    return Order(
        order_id=order_id,
        owner=owner,
        state=OrderState.AWAITING_PAYMENT,
        total=Money(amount_minor=total_minor, currency=currency),
        version=1,
        holds=tuple(_order_hold(hold) for hold in holds),
        equivalent_seats_allowed=equivalents,
    )


def _order_hold(hold: Hold) -> OrderHold:
    seat_ids = tuple(seat.seat_id for seat in hold.seats)
    return OrderHold(hold_id=hold.hold_id, event_id=hold.event_id, seat_ids=seat_ids)
