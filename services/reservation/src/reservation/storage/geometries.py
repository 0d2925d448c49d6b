"""The geometry of the seating plans one process needed lately; plans never change."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from chassis.database import Snapshot
from chassis.garbage import spare_long_lived
from reservation.domain.geometry import Geometry, read_geometry
from reservation.storage.events import stored_plan

PLANS_KEPT_MAX = 50


class Geometries:
    """Each plan is read and parsed once; owned by one event loop."""

    def __init__(self) -> None:
        self._plans: OrderedDict[UUID, Geometry] = OrderedDict()
        self._loading = asyncio.Lock()

    async def of_plan(
        self, seating_plan_id: UUID, *, connect: Callable[[], AbstractAsyncContextManager[Snapshot]]
    ) -> Geometry:
        """The geometry of a stored plan, read on the connection of `connect` if it is not known.

        Whoever has a transaction open must give its own connection: asking the pool for another while
        others wait here with all of its connections would be waiting for oneself.
        """
        async with self._loading:  # one plan at a time: reading a large one takes a while and memory
            if seating_plan_id not in self._plans:
                self._plans[seating_plan_id] = await _read(seating_plan_id, connect)
            self._plans.move_to_end(seating_plan_id)
            if len(self._plans) > PLANS_KEPT_MAX:
                self._plans.popitem(last=False)
            return self._plans[seating_plan_id]


async def _read(
    seating_plan_id: UUID, connect: Callable[[], AbstractAsyncContextManager[Snapshot]]
) -> Geometry:
    async with connect() as connection:
        stored = await stored_plan(connection, seating_plan_id=seating_plan_id)
    if stored is None:
        raise LookupError(f"seating plan {seating_plan_id}, which an event references")
    return await asyncio.to_thread(_parse, stored[1])


def _parse(document: bytes) -> Geometry:
    geometry = read_geometry(json.loads(document))
    spare_long_lived()
    return geometry
