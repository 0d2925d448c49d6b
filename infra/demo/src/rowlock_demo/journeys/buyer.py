"""What every journey needs: the buyer's hands on the gateway, and eyes on the seats."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from rowlock_demo.gateway import Gateway
from rowlock_demo.programme import Show
from rowlock_demo.surprise import Surprise, expect
from rowlock_demo.transcript import Transcript

Json = dict[str, Any]

SEATS_DEADLINE_S = 10.0
"""How long the seat map may lag behind: it is shared by all readers for a second."""
ORDER_DEADLINE_S = 30.0
POLL_S = 0.25
WAIT = {"Prefer": "wait=5"}
"""Asks the gateway to answer when the order got where it goes, or after five seconds."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Access tokens of the two people in the walk; a guest has none."""

    buyer: str | None
    operator: str


@dataclass(frozen=True)
class Buyer:
    """One buyer at the gateway. `seen` is printed, `quiet` only looks.

    `rights` are headers that prove a right without an account: they are sent with every request.
    """

    seen: Gateway
    quiet: Gateway
    tokens: Tokens
    tell: Transcript
    rights: Mapping[str, str] = field(default_factory=dict)

    def identified(self, access_token: str | None) -> "Buyer":
        """The same person with another access token, or without any."""
        return replace(self, tokens=replace(self.tokens, buyer=access_token))

    def bearing(self, **rights: str) -> "Buyer":
        """The same person with these rights, such as Order_Access_Token."""
        return replace(self, rights={name.replace("_", "-"): value for name, value in rights.items()})

    def post(
        self, path: str, body: Json | None = None, *, expect: int | tuple[int, ...], **more: Any
    ) -> httpx.Response:
        return self._write("POST", path, body=body, expect=expect, **more)

    def patch(self, path: str, body: Json, *, expect: int, **more: Any) -> httpx.Response:
        return self._write("PATCH", path, body=body, expect=expect, **more)

    def delete(self, path: str, *, expect: int, **more: Any) -> httpx.Response:
        return self._write("DELETE", path, expect=expect, **more)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.seen.get(path, token=self.tokens.buyer, headers=self._headers(headers), **more)

    def _write(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        own = self._headers(headers)
        return self.seen.write(method, path, token=self.tokens.buyer, headers=own, **more)

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {**self.rights, **(more or {})}

    def find(self, show: Show) -> str:
        """The id of the show's next event."""
        items = self.quiet.get("/events", query={"text": show.title}).json()["items"]
        matching = [item for item in items if item["title"] == show.title]
        expect(
            bool(matching),
            f"There is no coming event {show.title!r}: run `python -m rowlock_demo load` first.",
        )
        return matching[0]["event_id"]

    def seat_states(self, event_id: str, seat_ids: Iterable[str]) -> set[str]:
        """The letters that the seat map shows for these seats: a(vailable), h(eld), s(old), b(locked)."""
        plan = self.quiet.get(f"/events/{event_id}/seating-plan").json()
        order = [seat[0] for zone in plan["zones"] for row in zone["rows"] for seat in row["seats"]]
        states = dict(
            zip(order, self.quiet.get(f"/events/{event_id}/availability").json()["seats"], strict=True)
        )
        return {states[seat_id] for seat_id in seat_ids}

    def see_seats(self, event_id: str, seat_ids: list[str], *, become: str, called: str) -> None:
        """Wait until the seat map shows all these seats in one state."""
        wait_for(
            lambda: self.seat_states(event_id, seat_ids) == {become},
            deadline_s=SEATS_DEADLINE_S,
            otherwise=f"The seat map should show {', '.join(seat_ids)} {called}, but it does not.",
        )
        self.tell.remark(f"The seat map shows {', '.join(seat_ids)} {called}.")

    def see_order(self, order_id: str, *, become: str) -> Json:
        """The order as soon as it is in that state."""
        found: Json = {}

        def arrived() -> bool:
            path = f"/orders/{order_id}"
            found.update(self.quiet.get(path, token=self.tokens.buyer, headers=self.rights).json())
            return found["state"] == become

        wait_for(
            arrived,
            deadline_s=ORDER_DEADLINE_S,
            otherwise=f"Order {order_id} should become {become}, but is still {found.get('state')}.",
        )
        self.tell.remark(f"The order is {become}.")
        return found


def wait_for(condition: Callable[[], bool], *, deadline_s: float, otherwise: str) -> None:
    """Look again and again until `condition` holds; a Surprise saying `otherwise` if it never does."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            raise Surprise(otherwise)
        time.sleep(POLL_S)


def attendees(hold: Json, *, ticket_types: list[str], names: list[tuple[str, str]]) -> list[Json]:
    """One attendee for each seat of the hold."""
    return [
        {
            "event_id": hold["event_id"],
            "seat_id": seat["seat_id"],
            "ticket_type": ticket_type,
            "first_name": first_name,
            "last_name": last_name,
        }
        for seat, ticket_type, (first_name, last_name) in zip(hold["seats"], ticket_types, names, strict=True)
    ]


def seat_ids_of(hold: Json) -> list[str]:
    return [seat["seat_id"] for seat in hold["seats"]]
