"""Where the things of the matrix are made: an organization and events of it with room for holds."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.stage.account import AccountHolder
from support.stage.organizer import Organizer, small_plan
from support.stage.person import Json
from support.stage.stage import Stage

HOLDS_PER_EVENT = 10
"""Fewer than one guest's address may have at once."""
PRICES = {"visitor": 0, "adult": 4500}


@dataclass
class Place:
    """An organization, and the organizer who makes its shows."""

    stage: Stage
    host: AccountHolder
    organization_id: str
    _uses: Iterator[int] = field(default_factory=itertools.count)
    _events: dict[int, "asyncio.Task[str]"] = field(default_factory=dict[int, "asyncio.Task[str]"])

    @property
    def organizer(self) -> Organizer:
        """The host, with an organizer's handiness."""
        return Organizer(gateway=self.host.gateway, token=self.host.token)

    async def event_with_room(self) -> str:
        """An event on sale that has seats for another hold."""
        number = next(self._uses) // HOLDS_PER_EVENT
        if number not in self._events:
            self._events[number] = asyncio.create_task(self.publish())
        return await self._events[number]

    async def publish(self) -> str:
        """A new event on sale."""
        event_id = (await self.draft())["event_id"]
        await self.organizer.publish(event_id)
        await self.organizer.see_on_sale(event_id)
        return event_id

    async def draft(self) -> Json:
        """A new draft with a venue and a plan of its own."""
        venue_id = await self.organizer.make_venue()
        plan_id = await self.organizer.import_plan(small_plan(rows=4, seats_per_row=10))
        return await self.organizer.draft(venue_id=venue_id, seating_plan_id=plan_id, prices=PRICES)
