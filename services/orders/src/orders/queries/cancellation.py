"""What cancelling an order would come to."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Snapshot
from orders.domain.cancellation import CancellationTerms, choose_tickets, terms_of
from orders.domain.order import OrderNotFound
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.queries.readable import READABLE
from orders.storage.offers import load_offers
from orders.storage.sold_tickets import tickets_of_order, valid_tickets

_ORDER = text(f"SELECT state, currency FROM orders.orders AS placed WHERE {READABLE}")  # noqa: S608 -- our own text


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTerms:
    """An order's state, and what cancelling its tickets would come to, in `currency`."""

    state: OrderState
    currency: str
    terms: CancellationTerms


async def find_cancellation_terms(
    conn: Snapshot,
    *,
    order_id: UUID,
    right: OrderRight,
    ticket_ids: Collection[UUID] | None = None,
    now: datetime,
) -> FoundTerms:
    """Of these tickets, or of all that are valid, of an order that `right` may read.

    Raises OrderNotFound, TicketsUnknown or CancellationDeadlinePassed.
    """
    row = (await conn.execute(_ORDER, {"order_id": order_id, **asdict(right)})).one_or_none()
    if row is None:
        raise OrderNotFound
    tickets = await valid_tickets(conn, order_id=order_id)
    if ticket_ids is not None:
        had = await tickets_of_order(conn, order_id=order_id)
        tickets = choose_tickets(ticket_ids, valid=tickets, had=had)
    offers = await load_offers(conn, {ticket.event_id for ticket in tickets})
    terms = terms_of(tickets, offers=offers, now=now)
    return FoundTerms(state=OrderState(row.state), currency=row.currency, terms=terms)
