"""Events as rows, and back. The domain's Event is the only thing that decides what changes."""

from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update

from catalog.domain.event import Event, EventState, EventTerms, PriceCategory, TicketType
from catalog.domain.refund_policy import RefundPolicy
from catalog.storage.tables import EVENTS
from chassis.database import Transaction

_TERMS = tuple(field.name for field in fields(EventTerms) if field.name != "refund_policy")
_LIFE = tuple(field.name for field in fields(Event) if field.name != "terms")
# The policy is flat in the table, so that the database can check it; without one all five are null.
_REFUND_POLICY = {f"refund_{field.name}": field.name for field in fields(RefundPolicy)}

EVENT_COLUMNS = tuple(EVENTS.c[name] for name in (*_LIFE, *_TERMS, *_REFUND_POLICY))


async def add_event(tx: Transaction, *, event: Event, created_by: str) -> None:
    """Insert a new event."""
    await tx.execute(insert(EVENTS).values(**_as_row(event), created_by=created_by))


async def lock_event(tx: Transaction, *, event_id: UUID, organizations: Collection[UUID]) -> Event | None:
    """The event, kept from changing under us until `tx` ends; None if `organizations` have no such one."""
    query = select(*EVENT_COLUMNS).where(
        EVENTS.c.event_id == event_id, EVENTS.c.organization_id.in_(organizations)
    )
    row = (await tx.execute(query.with_for_update(key_share=True))).mappings().one_or_none()
    return event_from_row(row) if row else None


async def save_event(tx: Transaction, *, event: Event) -> None:
    """Write the event back; `tx` holds its lock."""
    await tx.execute(update(EVENTS).where(EVENTS.c.event_id == event.event_id).values(**_as_row(event)))


def event_from_row(values: RowMapping) -> Event:
    """The event in a row that has at least EVENT_COLUMNS."""
    terms = {name: values[name] for name in _TERMS}
    terms["price_categories"] = tuple(_price_category(stored) for stored in values["price_categories"])
    terms["refund_policy"] = _refund_policy(values)
    life = {name: values[name] for name in _LIFE}
    life["state"] = EventState(values["state"])
    return Event(terms=EventTerms(**terms), **life)


def _as_row(event: Event) -> dict[str, Any]:
    row = asdict(event)
    terms = row.pop("terms")
    policy = terms.pop("refund_policy") or {}
    return {**terms, **{column: policy.get(name) for column, name in _REFUND_POLICY.items()}, **row}


def _refund_policy(values: RowMapping) -> RefundPolicy | None:
    if values["refund_part_percent"] is None:
        return None
    return RefundPolicy(**{name: values[column] for column, name in _REFUND_POLICY.items()})


def _price_category(stored: dict[str, Any]) -> PriceCategory:
    return PriceCategory(
        name=stored["name"],
        ticket_types=tuple(TicketType(**ticket_type) for ticket_type in stored["ticket_types"]),
    )
