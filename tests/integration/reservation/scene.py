"""Events on sale and buyers, made in a line; and what the tables say afterwards."""

import asyncio
import itertools
import json
import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.ids import new_id
from messages.base import Message
from messages.catalog import EventCancelled, EventPublished
from messages.reservation import ConfirmHolds, HeldSeats
from reservation.domain.geometry import read_geometry
from reservation.domain.guests import NO_KEY, guest_id
from reservation.domain.holds import HoldLimits
from reservation.domain.wishes import AreaQuantity, BestAvailable, Wish
from reservation.storage.geometries import Geometries
from reservation.storage.placing import Placement
from reservation.storage.seat_views import SeatViews
from reservation.usecases.cancel_event import cancel_event
from reservation.usecases.confirm_holds import confirm_holds
from reservation.usecases.ownership import HoldOwner
from reservation.usecases.place_hold import HoldPlacer, HoldRequest, PlacedHold
from reservation.usecases.put_event_on_sale import PreparedPlan, put_event_on_sale

LIMITS = HoldLimits(
    hold_duration_s=900,
    hold_seats_max=50,
    active_holds_per_buyer_max=3,
    active_holds_per_guest_address_max=4,
    hold_renewals_max=2,
    hold_total_s_max=2000,
)
ORGANIZATION = uuid.UUID("0192f0b7-0000-7e3f-8a4b-000000000001")
ORGANIZATIONS = frozenset({ORGANIZATION})
KEYS = (f"key-{number}" for number in itertools.count())


def plan_document(*, rows: int = 3, seats: int = 10, standing: int = 0) -> dict[str, Any]:
    """Rows 0, 1… with seats `0-0`, `0-1`… in Stalls, and an area `pit` of category Standing."""
    return {
        "seating_plan_id": str(uuid.uuid4()),
        "sha256": uuid.uuid4().hex,
        "price_categories": ["Stalls", "Standing"],
        "rows": [
            {
                "zone": "Main",
                "row": str(row),
                "rank": row,
                "seats": [[f"{row}-{n}", str(n), 0, n, float(n), float(row)] for n in range(seats)],
            }
            for row in range(rows)
        ],
        "areas": [{"area_id": "pit", "name": "Pit", "price_category": "Standing", "capacity": standing}]
        if standing
        else [],
    }


def published(document: dict[str, Any], **changes: Any) -> EventPublished:
    """The message that puts an event on this plan on sale."""
    now = datetime.now(UTC)
    values = {
        "event_id": new_id(),
        "organization_id": ORGANIZATION,
        "version": 1,
        "title": "Test",
        "starts_at": now + timedelta(days=30),
        "ends_at": now + timedelta(days=30, hours=2),
        "sales_start_at": now - timedelta(hours=1),
        "sales_end_at": now + timedelta(days=29),
        "cancellation_deadline_at": None,
        "seating_plan_id": document["seating_plan_id"],
        "seating_plan_sha256": document["sha256"],
        "currency": "PLN",
        "price_categories": (),
        "seats_per_order_max": 10,
        "pesel_required": False,
    }
    return EventPublished.model_validate(values | changes)


class Scene:
    """One process of the service on a database; make several for several replicas."""

    def __init__(self, db: Database, *, limits: HoldLimits = LIMITS) -> None:
        self.db = db
        self.limits = limits
        self.views = SeatViews(db, age_s_max=0.2)
        self.geometries = Geometries()
        self.placer = HoldPlacer(db=db, views=self.views, limits=limits, batch_max=16)

    async def put_on_sale(self, document: dict[str, Any] | None = None, **changes: Any) -> uuid.UUID:
        document = document or plan_document()
        message = published(document, **changes)
        plan = PreparedPlan(json.dumps(document).encode(), read_geometry(document))
        await self.db.run(lambda tx: put_event_on_sale(tx, message=message, plan=plan))
        return message.event_id

    async def cancel(self, event_id: uuid.UUID) -> None:
        message = EventCancelled(event_id=event_id, version=2, reason="storm", cancelled_at=datetime.now(UTC))
        await self.db.run(lambda tx: cancel_event(tx, message=message))

    async def hold(
        self, event_id: uuid.UUID, *seat_ids: str, buyer: str | None = None, key: str | None = None
    ) -> PlacedHold:
        return await self.place(Wish(event_id, seat_ids), buyer=buyer, key=key)

    async def hold_best(self, event_id: uuid.UUID, quantity: int, *, buyer: str | None = None) -> PlacedHold:
        return await self.place(Wish(event_id, best_available=BestAvailable("Stalls", quantity)), buyer=buyer)

    async def hold_area(self, event_id: uuid.UUID, quantity: int, *, buyer: str | None = None) -> PlacedHold:
        return await self.place(Wish(event_id, areas=(AreaQuantity("pit", quantity),)), buyer=buyer)

    async def place(self, wish: Wish, *, buyer: str | None = None, key: str | None = None) -> PlacedHold:
        buyer = buyer or str(uuid.uuid4())
        return await self.placer.place(
            HoldRequest(
                wish=wish,
                buyer_id=buyer,
                idempotency_key=key or next(KEYS),
                fingerprint=repr(wish).encode(),
                counted_as=buyer,
                active_holds_max=self.limits.active_holds_per_buyer_max,
            )
        )

    async def hold_as_guest(
        self, event_id: uuid.UUID, *seat_ids: str, address: str = "203.0.113.7", key: str | None = None
    ) -> PlacedHold:
        wish = Wish(event_id, seat_ids)
        return await self.placer.place(
            HoldRequest(
                wish=wish,
                buyer_id=guest_id(key or secrets.token_urlsafe(16)),
                idempotency_key=NO_KEY,
                fingerprint=repr(wish).encode(),
                counted_as=f"fingerprint of {address}",
                active_holds_max=self.limits.active_holds_per_guest_address_max,
            )
        )

    async def confirm(
        self, *holds: PlacedHold, order_id: uuid.UUID | None = None, or_equivalent: bool = False
    ) -> uuid.UUID:
        async def work(tx: Transaction) -> uuid.UUID:
            return await self.confirm_in(tx, *holds, order_id=order_id, or_equivalent=or_equivalent)

        return await self.db.run(work)

    async def confirm_in(
        self,
        tx: Transaction,
        *holds: PlacedHold,
        order_id: uuid.UUID | None = None,
        or_equivalent: bool = False,
    ) -> uuid.UUID:
        order_id = order_id or uuid.uuid4()
        asked = tuple(
            HeldSeats(hold_id=h.hold.hold_id, event_id=h.hold.event_id, seat_ids=h.hold.seat_ids)
            for h in holds
        )
        command = ConfirmHolds(order_id=order_id, holds=asked, or_equivalent=or_equivalent)
        await confirm_holds(tx, command=command, geometries=self.geometries)
        return order_id

    async def expire(self, *holds: PlacedHold) -> None:
        """Let the time of these holds be over, as if they had been placed an hour ago; no sweeper ran."""
        ids = [placed.hold.hold_id for placed in holds]
        async with self.db.transaction() as tx:
            await tx.execute(text(MOVE_SEATS), {"ids": ids})
            await tx.execute(text(MOVE_HOLDS), {"ids": ids})

    async def seats(self, event_id: uuid.UUID) -> dict[str, Any]:
        rows = await self.rows("SELECT * FROM reservation.seats WHERE event_id = :id", id=event_id)
        return {row.seat_id: row for row in rows}

    async def hold_state(self, placed: PlacedHold) -> str:
        (row,) = await self.rows(
            "SELECT state FROM reservation.holds WHERE hold_id = :id", id=placed.hold.hold_id
        )
        return row.state

    async def messages(self, message: type[Message]) -> list[dict[str, Any]]:
        rows = await self.rows(
            "SELECT data FROM reservation.outbox WHERE message_type = :type ORDER BY id",
            type=message.message_type,
        )
        return [row.data for row in rows]

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        async with self.db.snapshot() as connection:
            return (await connection.execute(text(sql), values)).all()


MOVE_SEATS = """UPDATE reservation.seats SET expires_at = expires_at - interval '1 hour'
WHERE hold_id = ANY (:ids) AND state = 'held'"""
MOVE_HOLDS = """UPDATE reservation.holds SET placed_at = placed_at - interval '1 hour',
first_expires_at = first_expires_at - interval '1 hour', expires_at = expires_at - interval '1 hour'
WHERE hold_id = ANY (:ids)"""


def owner(placed: PlacedHold) -> HoldOwner:
    return HoldOwner(buyer_id=placed.hold.buyer_id)


def placement(event_id: uuid.UUID, *seat_ids: str, buyer: str | None = None) -> Placement:
    """What the hot statement is asked for a hold, with a key of its own."""
    buyer = buyer or str(uuid.uuid4())
    return Placement(
        hold_id=new_id(),
        event_id=event_id,
        buyer_id=buyer,
        idempotency_key=next(KEYS),
        request_fingerprint=b"",
        counted_as=buyer,
        active_holds_max=LIMITS.active_holds_per_buyer_max,
        seat_ids=seat_ids,
    )


async def outcomes(*calls: Any) -> list[Any]:
    """What each call returned or raised, all started at once."""
    return await asyncio.gather(*calls, return_exceptions=True)


def names_of(results: Sequence[Any]) -> dict[str, int]:
    """How often each type came out."""
    counts: dict[str, int] = {}
    for result in results:
        counts[type(result).__name__] = counts.get(type(result).__name__, 0) + 1
    return counts


async def assert_seats_and_holds_agree(scene: Scene, *, given_back: Collection[uuid.UUID] = ()) -> None:
    """Every claimed seat belongs to one hold that has all of its seats, and to no other; but for the holds
    of orders whose seats were given back.
    """
    broken = await scene.rows(
        """
        SELECT h.hold_id, h.state, count(s.seat_id) AS carried, cardinality(h.seat_ids) AS granted
        FROM reservation.holds h
        LEFT JOIN reservation.seats s ON s.hold_id = h.hold_id AND s.event_id = h.event_id
        WHERE (h.state = 'confirmed' AND h.order_id <> ALL (:given_back))
          OR (h.state = 'active' AND h.expires_at > clock_timestamp())
        GROUP BY h.hold_id HAVING count(s.seat_id) <> cardinality(h.seat_ids)
        """,
        given_back=list(given_back),
    )
    assert broken == []
    strays = await scene.rows(
        """
        SELECT s.seat_id FROM reservation.seats s LEFT JOIN reservation.holds h ON h.hold_id = s.hold_id
        WHERE s.hold_id IS NOT NULL AND (h.hold_id IS NULL OR NOT s.seat_id = ANY (h.seat_ids || h.given_seat_ids)
          OR h.state = 'released' OR (s.state = 'sold') <> (h.state = 'confirmed'))
        """
    )
    assert strays == []
