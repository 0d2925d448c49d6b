"""Put a published event on sale: one row a seat, made from its seating plan.

The message is small and names the plan; the plan is fetched and parsed before the transaction
begins, unless an earlier event on the same plan has brought it.
"""

import asyncio
import json
from dataclasses import dataclass

from chassis.database import Database, Transaction
from messages.catalog import EventPublished
from reservation.clients.catalog import CatalogClient, PlanDiffers
from reservation.domain.geometry import Geometry, read_geometry
from reservation.storage.events import Sale, mark_changed, store_event, store_plan, store_seats, stored_plan


@dataclass(frozen=True, slots=True)
class PreparedPlan:
    """A plan's document, checked against the message, and what it says."""

    document: bytes
    geometry: Geometry


async def prepare_plan(*, message: EventPublished, db: Database, catalog: CatalogClient) -> PreparedPlan:
    """Find the plan here or fetch it. Raises PlanUnavailable, PlanRefused or PlanDiffers."""
    plan_id, sha256 = message.seating_plan_id, message.seating_plan_sha256
    async with db.snapshot() as connection:
        stored = await stored_plan(connection, seating_plan_id=plan_id)
    if stored is None:
        document = await catalog.plan_document(seating_plan_id=plan_id, sha256=sha256)
    elif stored[0] == sha256:
        document = stored[1]
    else:
        raise PlanDiffers(f"seating plan {plan_id}: published with {sha256}, stored as {stored[0]}")
    return PreparedPlan(document, await asyncio.to_thread(_parse, document))


async def put_event_on_sale(tx: Transaction, *, message: EventPublished, plan: PreparedPlan) -> None:
    """All seats available, from the commit on; nothing if the event is known or cancelled already."""
    await store_plan(
        tx,
        seating_plan_id=message.seating_plan_id,
        sha256=message.seating_plan_sha256,
        document=plan.document,
    )
    sale = Sale(
        event_id=message.event_id,
        organization_id=message.organization_id,
        version=message.version,
        seating_plan_id=message.seating_plan_id,
        sales_start_at=message.sales_start_at,
        sales_end_at=message.sales_end_at,
        seats_per_order_max=message.seats_per_order_max,
    )
    if await store_event(tx, sale):
        await store_seats(tx, event_id=message.event_id, geometry=plan.geometry)
        await mark_changed(tx, event_ids=[message.event_id])


def _parse(document: bytes) -> Geometry:
    return read_geometry(json.loads(document))
