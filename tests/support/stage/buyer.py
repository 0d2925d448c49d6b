"""A buyer: what one does between seeing a show in the list and showing a ticket at the door."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx

from support.stage.person import Json, Person, expected, problem
from support.waiting import wait_until

CONTACT = {"email": "ada@example.org", "name": "Ada Nowak"}
PERSON = {"first_name": "Ada", "last_name": "Nowak"}
WAIT = {"Prefer": "wait=10"}
SETTLED_DEADLINE_S = 60
"""How long an order may be under way on a machine that is busy with other tests."""


class Buyer(Person):
    """One buyer at the gateway."""

    async def hold(
        self,
        event_id: str,
        *seat_ids: str,
        best: tuple[str, int] | None = None,
        areas: Mapping[str, int] | None = None,
        expect: int = 201,
    ) -> Json:
        """Hold these seats, the best of (price category, quantity), so many places in areas, or all of it."""
        wanted = wish(event_id, *seat_ids, best=best, areas=areas)
        return (await self.write("POST", "/holds", wanted, expect=expect)).json()

    async def read_hold(self, hold: Json) -> Json:
        return (await self.get(f"/holds/{hold['hold_id']}")).json()

    async def order(self, *holds: Json, expect: int = 201, **wanted: Any) -> Json:
        """Order everything that is held, with one attendee for each seat; `wanted` as for `order_of`."""
        body = order_of(*holds, **wanted)

        async def placed() -> httpx.Response | None:
            answer = await self.send("POST", "/orders", body)
            # Hold tokens may be quicker than the news of the event: the answer says to try again.
            is_early = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            return None if is_early and problem(answer) == "event-not-known-yet" else answer

        answer = await wait_until(placed, deadline_s=30, what="orders knows the event")
        return expected(answer, expect).json()

    async def read_order(self, order: Json) -> Json:
        return (await self.get(f"/orders/{order['order_id']}")).json()

    async def finalize(self, order: Json) -> Json:
        """Finalize a free order and give it as it is when it is settled."""
        await self.write("POST", f"/orders/{order['order_id']}/finalization", expect=200, headers=WAIT)
        return await self.settled(order)

    async def start_payment(self, order: Json, *, expect: int = 201, **wanted: Any) -> Json:
        """Ask for a page to pay at; `wanted` may name a return_url."""
        path = f"/orders/{order['order_id']}/payments"
        return (await self.write("POST", path, wanted, expect=expect)).json()

    async def read_payment(self, order: Json, payment: Json) -> Json:
        return (await self.get(f"/orders/{order['order_id']}/payments/{payment['payment_id']}")).json()

    async def see_payment(self, order: Json, payment: Json, **become: Any) -> Json:
        """The payment once it has these values, such as state="refunded"."""

        async def look() -> Json | None:
            found = await self.read_payment(order, payment)
            return found if become.items() <= found.items() else None

        return await wait_until(look, deadline_s=SETTLED_DEADLINE_S, what=f"the payment has {become}")

    async def cancel(self, order: Json) -> Json:
        """Cancel the order and give it as it is when it is settled."""
        await self.write("POST", f"/orders/{order['order_id']}/cancellation", expect=200, headers=WAIT)
        return await self.settled(order)

    async def settled(self, order: Json) -> Json:
        """The order once nothing is under way with it."""

        async def look() -> Json | None:
            found = await self.read_order(order)
            return None if found["state"] in ("finalizing", "cancelling") else found

        return await wait_until(look, deadline_s=SETTLED_DEADLINE_S, what="the order is settled")

    async def see_order(self, order: Json, *, become: str) -> Json:
        """The order once it is in this state."""

        async def look() -> Json | None:
            found = await self.read_order(order)
            return found if found["state"] == become else None

        return await wait_until(look, deadline_s=SETTLED_DEADLINE_S, what=f"the order is {become}")

    async def tickets(self, order: Json) -> list[Json]:
        return (await self.get(f"/orders/{order['order_id']}/tickets")).json()["items"]

    async def seat_map(self, event_id: str) -> dict[str, str]:
        """Each numbered seat with its letter: a(vailable), h(eld), s(old) or b(locked)."""
        plan = (await self.get(f"/events/{event_id}/seating-plan")).json()
        order = [seat[0] for zone in plan["zones"] for row in zone["rows"] for seat in row["seats"]]
        letters = (await self.get(f"/events/{event_id}/availability")).json()["seats"]
        return dict(zip(order, letters, strict=True))

    async def see_seats(self, event_id: str, *seat_ids: str, become: str) -> None:
        """Wait until the seat map, which may be half a second old, shows these seats with this letter."""

        async def look() -> bool:
            shown = await self.seat_map(event_id)
            return {shown[seat_id] for seat_id in seat_ids} == {become}

        await wait_until(look, deadline_s=20, poll_ms=100, what=f"{seat_ids} are shown as {become!r}")


def wish(
    event_id: str,
    *seat_ids: str,
    best: tuple[str, int] | None = None,
    areas: Mapping[str, int] | None = None,
) -> Json:
    """The body of POST /holds."""
    wanted: Json = {"event_id": event_id}
    if seat_ids:
        wanted["seat_ids"] = list(seat_ids)
    if best:
        wanted["best_available"] = {"price_category": best[0], "quantity": best[1]}
    if areas:
        wanted["areas"] = [{"area_id": area_id, "quantity": n} for area_id, n in areas.items()]
    return wanted


def order_of(
    *holds: Json,
    ticket_type: str = "visitor",
    contact: Json = CONTACT,
    person: Json = PERSON,
    pesels: Sequence[str] = (),
    **more: Any,
) -> Json:
    """The body of POST /orders for everything in these holds, with `more` members; each seat is for `person`,
    and where the event asks for it, for the one of `pesels`.
    """
    seats = [(hold, seat) for hold in holds for seat in hold["seats"]]
    people = [{**person, "pesel": pesel} for pesel in pesels] or [person] * len(seats)
    return {
        "hold_tokens": [hold["hold_token"] for hold in holds],
        "contact": contact,
        "attendees": [
            _attendee(hold, seat, ticket_type) | who for (hold, seat), who in zip(seats, people, strict=True)
        ],
        **more,
    }


def _attendee(hold: Json, seat: Json, ticket_type: str) -> Json:
    return {
        "event_id": hold["event_id"],
        "hold_id": hold["hold_id"],
        "seat_id": seat["seat_id"],
        "ticket_type": ticket_type,
    }


def seats_of(thing: Json) -> list[str]:
    """The seats of a hold or the lines of an order, sorted."""
    return sorted(seat["seat_id"] for seat in thing.get("seats", thing.get("lines", ())))


def states_of(order: Json) -> Sequence[str]:
    """What the timeline of an order went through."""
    return [entry["state"] for entry in order["timeline"]]
