"""Corrects who sits on a seat, until the organizer's list stands."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.attendee import Correction, PersonOnSeat
from orders.domain.offer import Offer, check_correctable
from orders.domain.order import OrderNotFound
from orders.domain.person_limit import COUNTED_STATES, PersonSeat, PersonTicket
from orders.domain.rights import OrderRight
from orders.storage.attendees import Seated, find_attendee, save_attendee
from orders.storage.offers import cancelled_events, load_offers
from orders.storage.ownership import lock_own_order
from orders.storage.personal_data import PersonalData
from orders.usecases.count_person_tickets import count_other_person
from orders.usecases.finalize_order import OrderIsOver
from orders.usecases.place_order import EventIsCancelled


class TicketIsCancelled(Exception):
    """The ticket of this attendee was given back; nobody will sit there with it."""

    def __init__(self) -> None:
        super().__init__("the ticket of this attendee was cancelled")


async def correct_attendee(
    tx: Transaction,
    *,
    order_id: UUID,
    line_id: UUID,
    right: OrderRight,
    correction: Correction,
    personal: PersonalData,
    now: datetime,
) -> None:
    """Change the names or the PESEL of one attendee; another PESEL is counted as another person.

    Raises OrderNotFound (also for a line that is not the order's), OrderIsOver, TicketIsCancelled,
    EventIsCancelled, AttendeesAreFinal, AttendeesInvalid or PersonLimitReached, both naming `pesel`.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    seated = await find_attendee(tx, order_id=order_id, line_id=line_id, personal=personal)
    if seated is None:
        raise OrderNotFound
    if order.state not in COUNTED_STATES or seated.person is None:
        raise OrderIsOver(order.state)
    if seated.is_given_back:
        raise TicketIsCancelled
    offer = await _correctable_offer(tx, seated.event_id, now)
    person = correction.applied_to(seated.person, pesel_required=offer.pesel_required)
    other = await _counted_anew(tx, seated, person, offer, personal)
    await save_attendee(tx, line_id=line_id, person=person, other_person=other, personal=personal)


async def _correctable_offer(tx: Transaction, event_id: UUID, now: datetime) -> Offer:
    if await cancelled_events(tx, {event_id}):
        raise EventIsCancelled([event_id])
    offer = (await load_offers(tx, {event_id}))[event_id]
    check_correctable(offer, now)
    return offer


async def _counted_anew(
    tx: Transaction, seated: Seated, person: PersonOnSeat, offer: Offer, personal: PersonalData
) -> PersonTicket | None:
    if person.pesel is None or offer.tickets_per_person_max is None:
        return None
    fingerprint = personal.person_fingerprint(person.pesel, event_id=seated.event_id)
    if fingerprint == seated.person_fingerprint:
        return None
    seat = PersonSeat(person=fingerprint, tickets_max=offer.tickets_per_person_max, field="pesel")
    return await count_other_person(tx, seat=seat)
