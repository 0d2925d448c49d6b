"""Publish an event: buyers find it from now on, and reservation puts its seats on sale."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.domain.event import Event, EventTerms
from catalog.domain.event_errors import SeatingPlanUnknown, VenueUnknown
from catalog.domain.event_rules import check_terms
from catalog.storage.events import lock_event, save_event
from catalog.storage.listings import add_listing, set_availability
from catalog.storage.outbox import enqueue
from catalog.storage.seating_plans import StoredPlan, find_plan
from catalog.storage.venues import find_venue
from catalog.usecases.errors import EventNotFound
from chassis.database import Transaction
from messages.catalog import EventPublished, PriceCategoryOffer, RefundPolicy, TicketTypePrice


async def publish_event(
    tx: Transaction, *, event_id: UUID, organizations: Collection[UUID], now: datetime
) -> None:
    """Draft to published, with the message that tells the others.

    `organizations` are those the caller acts for. Raises EventNotFound, or the error of the first
    reason why it cannot be published.
    """
    draft = await lock_event(tx, event_id=event_id, organizations=organizations)
    if draft is None:
        raise EventNotFound
    event = draft.publish(now=now)
    owner = (event.organization_id,)
    venue = await find_venue(tx, venue_id=event.terms.venue_id, organizations=owner)
    plan = await find_plan(tx, seating_plan_id=event.terms.seating_plan_id, organizations=owner)
    if venue is None:
        raise VenueUnknown
    if plan is None:
        raise SeatingPlanUnknown
    check_terms(event.terms, plan_capacity=plan.capacity_by_category)
    await save_event(tx, event=event)
    await add_listing(tx, event=event, venue=venue)
    await _announce_all_seats(tx, event_id=event_id, plan=plan, now=now)
    await enqueue(tx, _message(event, plan))


async def _announce_all_seats(tx: Transaction, *, event_id: UUID, plan: StoredPlan, now: datetime) -> None:
    """Until reservation first reports, every seat of the plan is left (version 0)."""
    total = sum(plan.capacity_by_category.values())
    categories: list[dict[str, Any]] = [
        {"price_category": name, "available": capacity, "total": capacity}
        for name, capacity in plan.capacity_by_category.items()
        if capacity
    ]
    await set_availability(
        tx, event_id=event_id, version=0, available=total, total=total, categories=categories, as_of=now
    )


def _message(event: Event, plan: StoredPlan) -> EventPublished:
    terms = event.terms
    return EventPublished(
        event_id=event.event_id,
        organization_id=event.organization_id,
        version=event.version,
        title=terms.title,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        sales_start_at=terms.sales_start_at,
        sales_end_at=terms.sales_end_at,
        cancellation_deadline_at=terms.cancellation_deadline_at,
        seating_plan_id=plan.seating_plan_id,
        seating_plan_sha256=plan.sha256,
        currency=terms.currency,
        price_categories=_offers(terms),
        seats_per_order_max=terms.seats_per_order_max,
        pesel_required=terms.pesel_required,
        tickets_per_person_max=terms.tickets_per_person_max,
        attendees_final_at=terms.attendees_final_at,
        refund_policy=_refund_policy(terms),
    )


def _refund_policy(terms: EventTerms) -> RefundPolicy | None:
    return None if terms.refund_policy is None else RefundPolicy(**asdict(terms.refund_policy))


def _offers(terms: EventTerms) -> tuple[PriceCategoryOffer, ...]:
    return tuple(
        PriceCategoryOffer(
            name=category.name,
            ticket_types=tuple(
                TicketTypePrice(name=ticket_type.name, price_minor=ticket_type.price_minor)
                for ticket_type in category.ticket_types
            ),
        )
        for category in terms.price_categories
    )
