"""The projection of catalog's events. Messages may come twice and in any order: a stale version
changes nothing, and a cancelled event stays cancelled.
"""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from chassis.database import Transaction
from chassis.statements import Statement
from orders.domain.offer import Offer
from orders.domain.refund_policy import RefundPolicy
from orders.domain.states import OfferState
from orders.storage.tables import offers

_DETAILS = (
    "title",
    "starts_at",
    "ends_at",
    "cancellation_deadline_at",
    "currency",
    "prices",
    "seats_per_order_max",
    "pesel_required",
    "organization_id",
    "tickets_per_person_max",
    "attendees_final_at",
)
# Flat, so that the database can check it; without a policy all of them are null.
_REFUND_POLICY = {f"refund_{field.name}": field.name for field in fields(RefundPolicy)}

_CANCELLED = Statement(
    "SELECT event_id FROM orders.offers WHERE event_id = ANY (:event_ids) AND state = :cancelled"
)


async def save_offer(tx: Transaction, *, offer: Offer) -> None:
    """Write a published event, unless a newer version or its cancellation is already known."""
    values: dict[str, Any] = {name: getattr(offer, name) for name in _DETAILS}
    policy = offer.refund_policy
    values |= {column: policy and getattr(policy, name) for column, name in _REFUND_POLICY.items()}
    values |= {"event_id": offer.event_id, "version": offer.version, "state": offer.state}
    statement = insert(offers).values(values)
    new = {name: statement.excluded[name] for name in (*_DETAILS, *_REFUND_POLICY, "version")}
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[offers.c.event_id],
            set_=new,
            where=(offers.c.version < statement.excluded.version) & (offers.c.state == OfferState.PUBLISHED),
        )
    )


async def save_cancellation(tx: Transaction, *, event_id: UUID, version: int, at: datetime) -> None:
    """Mark the event cancelled, for good; one never seen published becomes a tombstone."""
    statement = insert(offers).values(
        event_id=event_id, version=version, state=OfferState.CANCELLED, cancelled_at=at
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[offers.c.event_id],
            set_={
                "state": OfferState.CANCELLED,
                "version": func.greatest(offers.c.version, statement.excluded.version),
                "cancelled_at": at,
            },
            where=offers.c.state == OfferState.PUBLISHED,
        )
    )


async def load_offers(tx: Transaction, event_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """The offers of those events that were seen published, whatever became of them since."""
    rows = await tx.execute(
        select(offers).where(offers.c.event_id.in_(event_ids), offers.c.prices.is_not(None))
    )
    return {row["event_id"]: _offer(row) for row in rows.mappings()}


async def cancelled_events(tx: Transaction, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that are known to be cancelled."""
    found = await _CANCELLED.run(tx, event_ids=list(event_ids), cancelled=OfferState.CANCELLED)
    return {row["event_id"] for row in await found.all()}


def _offer(row: RowMapping) -> Offer:
    details = {name: row[name] for name in _DETAILS}
    return Offer(
        event_id=row["event_id"],
        version=row["version"],
        state=OfferState(row["state"]),
        refund_policy=_refund_policy(row),
        **details,
    )


def _refund_policy(row: RowMapping) -> RefundPolicy | None:
    if row["refund_part_percent"] is None:
        return None
    return RefundPolicy(**{name: row[column] for column, name in _REFUND_POLICY.items()})
