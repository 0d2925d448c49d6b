"""What cancelling tickets comes to: until when it may be done, and who gets what of their prices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.domain.offer import Offer, check_cancellable
from orders.domain.refund_policy import NOTHING, RefundShare, refund_of
from orders.domain.states import OfferState


@dataclass(frozen=True, kw_only=True, slots=True)
class SoldTicket:
    """A valid ticket and the price of its line, in minor units of the order's currency."""

    ticket_id: UUID
    line_id: UUID
    event_id: UUID
    seat_id: str
    price_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CancellationTerms:
    """What goes back and what is kept of each ticket if it is cancelled now.

    It stays so until `holds_until`; None: for good. `cancellable_until` is when it ends; None where an
    event was called off, whose tickets may be given back at any time.
    """

    shares: Mapping[UUID, RefundShare]
    holds_until: datetime | None
    cancellable_until: datetime | None

    @property
    def total(self) -> RefundShare:
        """Of all the tickets together."""
        return sum(self.shares.values(), NOTHING)


class TicketsUnknown(Exception):
    """The order never had tickets {ticket_ids}."""

    def __init__(self, ticket_ids: Collection[UUID]) -> None:
        self.ticket_ids = sorted(ticket_ids)
        super().__init__("the order has no such tickets")


def choose_tickets(
    ticket_ids: Collection[UUID], *, valid: Sequence[SoldTicket], had: Collection[UUID]
) -> list[SoldTicket]:
    """Those that are valid of the tickets named, all of which the order `had`; raises TicketsUnknown."""
    if unknown := set(ticket_ids).difference(had):
        raise TicketsUnknown(unknown)
    return [ticket for ticket in valid if ticket.ticket_id in ticket_ids]


def terms_of(
    tickets: Sequence[SoldTicket], *, offers: Mapping[UUID, Offer], now: datetime
) -> CancellationTerms:
    """The terms for these tickets, each by its own event's policy; raises CancellationDeadlinePassed.

    The earliest deadline of their events decides. If one of them was called off, everything goes back:
    its organizer lets the buyer down, not the other way round.
    """
    concerned = [offers[event_id] for event_id in {ticket.event_id for ticket in tickets}]
    if not concerned or any(offer.state is OfferState.CANCELLED for offer in concerned):
        return _everything(tickets, now)
    check_cancellable(concerned, now)
    changes = [offer.refund_policy.next_change_after(now) for offer in concerned if offer.refund_policy]
    cancellable_until = min(offer.cancellable_until for offer in concerned)
    return CancellationTerms(
        shares={
            ticket.ticket_id: refund_of(
                [ticket.price_minor], policy=offers[ticket.event_id].refund_policy, now=now
            )
            for ticket in tickets
        },
        holds_until=min([cancellable_until, *(change for change in changes if change)]),
        cancellable_until=cancellable_until,
    )


def _everything(tickets: Sequence[SoldTicket], now: datetime) -> CancellationTerms:
    shares = {ticket.ticket_id: refund_of([ticket.price_minor], policy=None, now=now) for ticket in tickets}
    return CancellationTerms(shares=shares, holds_until=None, cancellable_until=None)
