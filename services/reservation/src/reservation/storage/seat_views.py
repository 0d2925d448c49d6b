"""What one process knows of the events it sells: geometry for good, seat status for a moment.

A view is a proposal. It is read again when it is older than the settings allow or when the
database disagreed with it, by one query for all who wait. Picks of this process stay marked in it
until a reading that began after they were decided, so its own requests do not collide.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from math import inf
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from chassis.database import Database
from reservation.domain.errors import EventNotOnSale
from reservation.domain.geometry import Geometry
from reservation.domain.seat_map import SeatMap
from reservation.storage.availability import EventStatus, read_status
from reservation.storage.geometries import Geometries
from reservation.storage.tables import events

K = TypeVar("K")
V = TypeVar("V")

EVENTS_KEPT_MAX = 500


@dataclass(frozen=True, slots=True)
class OfferedEvent:
    """What never changes of an event once it was published."""

    event_id: UUID
    seats_per_order_max: int
    geometry: Geometry


class EventView:
    """The seat map of one event with this process's picks; times are `time.monotonic()`."""

    def __init__(self, offered: OfferedEvent, status: EventStatus, read_at: float) -> None:
        self.offered = offered
        self._picks: dict[int, float] = {}
        self.replace(status, read_at)

    def replace(self, status: EventStatus, read_at: float) -> None:
        """Take over a newer reading, begun at `read_at`, and mark what it cannot know yet."""
        self.status = status
        self.read_at = read_at
        self.document: bytes | None = None  # the api's answer made of this reading, once it was asked for
        self.etag = f'W/"{blake2b(status.seats + b"%d" % status.version, digest_size=12).hexdigest()}"'
        self.seat_map = SeatMap(self.offered.geometry, status.seats)
        self._picks = {position: at for position, at in self._picks.items() if at >= read_at}
        self.seat_map.mark(self._picks, free=False)

    def picked(self, positions: Iterable[int]) -> None:
        """These seats are on their way to the database."""
        self._picks.update(dict.fromkeys(positions, inf))

    def lost(self, positions: Iterable[int]) -> None:
        """These seats are claimed, by us or by another; true of any reading begun before now."""
        positions = list(positions)
        self._picks.update(dict.fromkeys(positions, time.monotonic()))
        self.seat_map.mark(positions, free=False)

    def given_back(self, positions: Iterable[int]) -> None:
        """These picks came to nothing."""
        positions = list(positions)
        for position in positions:
            self._picks.pop(position, None)
        self.seat_map.mark(positions, free=True)


class SeatViews:
    """The events and plans this process has touched lately; owned by one event loop."""

    def __init__(self, db: Database, *, age_s_max: float) -> None:
        self._db = db
        self._age_s_max = age_s_max
        self._events: OrderedDict[UUID, OfferedEvent] = OrderedDict()
        self._geometries = Geometries()
        self._views: OrderedDict[UUID, EventView] = OrderedDict()
        self._readings: dict[UUID, asyncio.Task[EventView]] = {}

    async def event(self, event_id: UUID) -> OfferedEvent:
        """The event, on sale or cancelled since. Raises EventNotOnSale when it was never published.

        Not for within a transaction: one that is not known is read over another connection of the pool,
        and to wait for that one while others wait here with all of them would be waiting for oneself.
        """
        known = self._events.get(event_id)
        return known or await self._load_event(event_id)

    async def view(self, event_id: UUID, *, newer_than: float | None = None) -> EventView:
        """A view at most `age_s_max` old, or with a reading begun after `newer_than`."""
        oldest = time.monotonic() - self._age_s_max if newer_than is None else newer_than
        while True:
            view = self._views.get(event_id)
            if view is not None and view.read_at > oldest:
                return view
            reading = self._readings.get(event_id)
            if reading is None:
                reading = asyncio.create_task(self._read_once(event_id))
                self._readings[event_id] = reading
            await asyncio.shield(reading)

    def known_view(self, event_id: UUID) -> EventView | None:
        """The view there happens to be, of any age."""
        return self._views.get(event_id)

    async def _read_once(self, event_id: UUID) -> EventView:
        try:
            return await self._read(event_id)
        finally:
            # In the task, not in a callback after it: nobody must ever wait for one that is done.
            del self._readings[event_id]

    async def _read(self, event_id: UUID) -> EventView:
        offered = await self.event(event_id)
        read_at = time.monotonic()
        status = await read_status(self._db, event_id=event_id)
        if status is None:
            raise EventNotOnSale(event_id=event_id)
        view = self._views.get(event_id)
        if view is None:
            view = EventView(offered, status, read_at)
        else:
            view.replace(status, read_at)
        _remember(self._views, event_id, view, kept_max=EVENTS_KEPT_MAX)
        return view

    async def _load_event(self, event_id: UUID) -> OfferedEvent:
        async with self._db.snapshot() as connection:
            found = await connection.execute(
                select(events.c.seating_plan_id, events.c.seats_per_order_max).where(
                    events.c.event_id == event_id, events.c.seating_plan_id.is_not(None)
                )
            )
            row = found.one_or_none()
        if row is None:
            raise EventNotOnSale(event_id=event_id)
        geometry = await self._geometries.of_plan(row.seating_plan_id, connect=self._db.snapshot)
        offered = OfferedEvent(event_id, row.seats_per_order_max, geometry)
        _remember(self._events, event_id, offered, kept_max=EVENTS_KEPT_MAX)
        return offered


def _remember(cache: OrderedDict[K, V], key: K, value: V, *, kept_max: int) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > kept_max:
        cache.popitem(last=False)
