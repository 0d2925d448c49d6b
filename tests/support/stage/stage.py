"""Where journeys take place: a running system, its people, and events of their own."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from support.stage.account import AccountHolder, register
from support.stage.backstage import Backstage
from support.stage.buyer import Buyer
from support.stage.failpoints import Failpoints
from support.stage.guest import Guest
from support.stage.mailbox import Mailbox
from support.stage.organizer import ORGANIZATION_ID, Organizer, small_plan
from support.stage.person import Json, Person
from support.stage.sandbox import Sandbox
from support.system import System


@dataclass
class Stage:
    """Makes people and events at the gateway of `system`; what all journeys share is made once."""

    system: System
    gateway: httpx.AsyncClient

    @cached_property
    def organizer(self) -> Organizer:
        token = self.system.token("organizer", organizations={ORGANIZATION_ID: ["organizer"]})
        return Organizer(gateway=self.gateway, token=token)

    @cached_property
    def operator(self) -> Person:
        return Person(gateway=self.gateway, token=self.system.token("operator"))

    @cached_property
    def backstage(self) -> Backstage:
        return Backstage(self.system)

    @cached_property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.system.mailbox_url)

    @cached_property
    def sandbox(self) -> Sandbox:
        return Sandbox(self.system.sandbox_url, self.system.sandbox_api_key)

    @cached_property
    def failpoints(self) -> Failpoints:
        return Failpoints(Path(self.system.settings["FAILPOINTS_DIRECTORY"]))

    def guest(self) -> Guest:
        """Somebody without an account."""
        return Guest(gateway=self.gateway)

    async def register(self, **wanted: Any) -> AccountHolder:
        """Somebody new with an account, logged in; `wanted` as for `support.stage.account.register`."""
        return await register(self.gateway, self.mailbox, **wanted)

    def buyer(self, *, subject: str | None = None) -> Buyer:
        """A new buyer, unless one is named."""
        return Buyer(gateway=self.gateway, token=self.system.token(subject=subject))

    async def event(self, *, seating_plan_id: str | None = None, **terms: Any) -> str:
        """A new event on sale, on the plan that all journeys share unless another is given: its id."""
        venue_id, shared_plan_id = await self._hall()
        event = await self.organizer.draft(
            venue_id=venue_id, seating_plan_id=seating_plan_id or shared_plan_id, **terms
        )
        await self.organizer.publish(event["event_id"])
        await self.organizer.see_on_sale(event["event_id"])
        return event["event_id"]

    async def pay(self, order: Json, *, reference: str | None = None) -> Json:
        """An operator records the payment of the order's whole total."""
        body = {**order["total"], "reference": reference or f"transfer {order['order_id']}"}
        path = f"/orders/{order['order_id']}/recorded-payments"
        return (await self.operator.write("POST", path, body, expect=201)).json()

    async def _hall(self) -> tuple[str, str]:
        if self._made is None:
            venue_id = await self.organizer.make_venue()
            self._made = (venue_id, await self.organizer.import_plan(small_plan()))
        return self._made

    def __post_init__(self) -> None:
        self._made: tuple[str, str] | None = None
