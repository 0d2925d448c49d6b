"""Requests that write people's secrets, to be sent while something is broken; whatever is answered is fine."""

from dataclasses import dataclass, field

import httpx

from support.canaries.cage import Cage
from support.canaries.people import Identity, new_pesel
from support.stage.account import AccountHolder
from support.stage.buyer import order_of
from support.stage.guest import Guest
from support.stage.person import Json, Person

WRITERS = ("accounts", "orders", "reservation")
"""The services that people's secrets are sent to."""


@dataclass
class Battery:
    """`holder` has an account, `guest` the right to `order`; `holds` wait to be ordered."""

    cage: Cage
    who: Identity
    holder: AccountHolder
    operator: Person
    organization_id: str
    organizer: Person
    guest: Guest
    order: Json
    holds: list[Json] = field(default_factory=list[Json])

    @property
    def nobody(self) -> Guest:
        return self.cage.stage.guest()

    async def fire_all(self) -> list[httpx.Response]:
        """Everything there is to write anywhere."""
        return [answer for service in WRITERS for answer in await self.fire(service)]

    async def fire(self, service: str) -> list[httpx.Response]:
        """Everything there is to write at this service."""
        return await {"accounts": self.accounts, "orders": self.orders, "reservation": self.reservation}[
            service
        ]()

    async def accounts(self) -> list[httpx.Response]:
        who, holder, nobody = self.who, self.holder, self.nobody
        invitation = f"/organizations/{self.organization_id}/invitations"
        return [
            await nobody.send(
                "POST", "/accounts", {"email": who.email, "password": who.password, "name": who.name}
            ),
            await nobody.send("POST", "/accounts/email-verifications", {"email": who.email}),
            await nobody.send("POST", "/accounts/password-resets", {"email": holder.email}),
            await nobody.send("POST", "/accounts/password-resets", {"email": who.email}),
            await self.log_in(),
            await nobody.send("POST", "/sessions/refresh", {"refresh_token": holder.refresh_token}),
            await holder.send("PATCH", "/accounts/me", {"name": who.name}),
            await holder.send("GET", "/accounts/me/export"),
            await self.operator.send("POST", invitation, {"email": who.email, "role": "organizer"}),
        ]

    async def log_in(self) -> httpx.Response:
        body = {"email": self.holder.email, "password": self.holder.password, "device_name": self.who.name}
        answer = await self.nobody.send("POST", "/sessions", body)
        if answer.is_success:
            self.cage.flock.add("an access token under fire", answer.json()["access_token"])
            self.cage.flock.add("a refresh token under fire", answer.json()["refresh_token"])
        return answer

    async def orders(self) -> list[httpx.Response]:
        who, path = self.who, f"/orders/{self.order['order_id']}"
        line, event_id = self.order["lines"][0]["line_id"], self.order["lines"][0]["event_id"]
        another = self.cage.flock.add("a PESEL under fire", new_pesel(), is_guessable=True)
        return [
            *([await self.place_order(pesel=another)] if self.holds else []),
            await self.guest.send("PATCH", f"{path}/attendees/{line}", {**who.person, "pesel": who.pesel}),
            await self.nobody.send("POST", "/orders/lookups", {"email": who.email}),
            await self.nobody.send("POST", "/orders/lookups", {"email": self.order["contact"]["email"]}),
            await self.holder.send("POST", "/orders/claims"),
            await self.organizer.send("GET", f"/organizer/events/{event_id}/attendees"),
            await self.guest.send("GET", path),
        ]

    async def place_order(self, *, pesel: str) -> httpx.Response:
        """An order of one place, for the one with this PESEL."""
        body = order_of(self.holds[-1], contact=self.who.contact, person=self.who.person, pesels=[pesel])
        answer = await self.nobody.send("POST", "/orders", body)
        if answer.is_success:
            self.holds.pop()
            self.cage.flock.add("an order access token under fire", answer.json()["order_access_token"])
        return answer

    async def reservation(self) -> list[httpx.Response]:
        wish = {
            "event_id": self.order["lines"][0]["event_id"],
            "areas": [{"area_id": "floor", "quantity": 1}],
        }
        answer = await self.nobody.send("POST", "/holds", wish)
        if answer.is_success:
            self.holds.append(answer.json())
            self.cage.flock.add("a hold token under fire", answer.json()["hold_token"])
        return [answer]
