"""Create an event as a draft, which only organizers see."""

from uuid import UUID

from catalog.domain.event import Event, EventTerms
from catalog.domain.event_errors import SeatingPlanUnknown, VenueUnknown
from catalog.domain.event_rules import check_terms
from catalog.storage.events import add_event
from catalog.storage.seating_plans import find_plan
from catalog.storage.venues import find_venue
from chassis.database import Transaction
from chassis.ids import new_id


async def create_event(tx: Transaction, *, organization_id: UUID, terms: EventTerms, created_by: str) -> UUID:
    """Store a draft and return its id. Raises the EventTermsInvalid of the first broken rule."""
    await check_event_terms(tx, organization_id=organization_id, terms=terms)
    event = Event(event_id=new_id(), organization_id=organization_id, terms=terms)
    await add_event(tx, event=event, created_by=created_by)
    return event.event_id


async def check_event_terms(tx: Transaction, *, organization_id: UUID, terms: EventTerms) -> None:
    """Raises the EventTermsInvalid of the first rule that `terms` break."""
    owner = (organization_id,)
    if await find_venue(tx, venue_id=terms.venue_id, organizations=owner) is None:
        raise VenueUnknown
    plan = await find_plan(tx, seating_plan_id=terms.seating_plan_id, organizations=owner)
    if plan is None:
        raise SeatingPlanUnknown
    check_terms(terms, plan_capacity=plan.capacity_by_category)
