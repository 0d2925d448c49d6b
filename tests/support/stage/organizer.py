"""An organizer: makes shows and puts them on sale."""

import uuid
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from support.seating_plans import plan_document
from support.stage.person import Json, Person
from support.waiting import wait_until

FREE = {"visitor": 0}
PRICED = {"adult": 4500, "concession": 3000}
ON_SALE_DEADLINE_S = 60
ORGANIZATION_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b01"
"""Whose the shows of the stage are, unless a test makes an organization of its own."""


class Organizer(Person):
    """One organizer at the gateway."""

    async def make_venue(self, *, city: str = "Kraków") -> str:
        """A venue's id."""
        body = {"name": "Old Theatre", "city": city, "country": "PL", "time_zone": "Europe/Warsaw"}
        return (await self.write("POST", "/venues", body, expect=201)).json()["venue_id"]

    async def import_plan(self, document: Json) -> str:
        """A seating plan's id."""
        return (await self.write("POST", "/seating-plans", document, expect=201)).json()["seating_plan_id"]

    async def draft(self, *, venue_id: str, seating_plan_id: str, **terms: Any) -> Json:
        """An event that starts in a month and whose sales have begun; `terms` say what is different."""
        body = event_body(venue_id=venue_id, seating_plan_id=seating_plan_id, **terms)
        return (await self.write("POST", "/events", body, expect=201)).json()

    async def publish(self, event_id: str) -> None:
        await self.write("POST", f"/events/{event_id}/publication", expect=202)

    async def see_on_sale(self, event_id: str, *, deadline_s: float = ON_SALE_DEADLINE_S) -> Json:
        """The first availability of the event."""

        async def look() -> Json | None:
            answer = await self.gateway.get(f"/api/v1/events/{event_id}/availability")
            return None if answer.status_code == HTTPStatus.NOT_FOUND else answer.raise_for_status().json()

        return await wait_until(look, deadline_s=deadline_s, what="the event is on sale")

    async def cancel_event(self, event_id: str) -> None:
        await self.write("POST", f"/events/{event_id}/cancellation", {"reason": "storm"}, expect=202)


def small_plan(*, rows: int = 2, seats_per_row: int = 8, standing: int = 10) -> Json:
    """Seats `Stalls-1-1`… in category Stalls, and an area `floor` of category Standing."""
    return plan_document(
        name=f"Hall {uuid.uuid4()}", rows=rows, seats_per_row=seats_per_row, standing=standing
    )


def event_body(
    *,
    venue_id: str,
    seating_plan_id: str,
    prices: dict[str, int] | None = None,
    categories: tuple[str, ...] = ("Stalls", "Standing"),
    **terms: Any,
) -> Json:
    """The body of POST /events; free unless `prices` (ticket type -> minor units) are given."""
    now = datetime.now(UTC)
    types = [{"name": name, "price_minor": price} for name, price in (prices or FREE).items()]
    body = {
        "title": "Twelfth Night",  # not a show of the demo, which is loaded into the same system
        "description": "Or what you will.",
        "venue_id": venue_id,
        "seating_plan_id": seating_plan_id,
        "starts_at": _text(now + timedelta(days=30)),
        "ends_at": _text(now + timedelta(days=30, hours=3)),
        "sales_start_at": _text(now - timedelta(hours=1)),
        "sales_end_at": _text(now + timedelta(days=30)),
        "currency": "PLN",
        "price_categories": [{"name": name, "ticket_types": types} for name in categories],
        "seats_per_order_max": 10,
        "pesel_required": False,
        "cancellation_deadline_at": _text(now + timedelta(days=29)),
    }
    return body | terms


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
