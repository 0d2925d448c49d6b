"""Loads the demo through the gateway, as an organizer's program would; a second load makes nothing new."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from rowlock_demo.drawing import PLANS
from rowlock_demo.gateway import API, Gateway
from rowlock_demo.programme import SHOWS, VENUES, Show
from rowlock_demo.surprise import Surprise

ON_SALE_DEADLINE_S = 120.0
POLL_S = 0.25

Report = Callable[[str, str, str], None]
"""Told what kind of thing, which one, and what became of it."""


class Loader:
    """Makes what is missing. `report` hears of everything that was found or made."""

    def __init__(self, gateway: Gateway, *, token: str, report: Report) -> None:
        self._gateway = gateway
        self._token = token
        self._report = report

    def load(self, *, now: datetime) -> None:
        """Load venues, plans and events, publish them, and wait until all are on sale."""
        venues = self._venues()
        plans = self._plans()
        events = list(self._all("/organizer/events"))
        on_sale: list[str] = []
        for show in SHOWS:
            ids = {"venue_id": venues[show.venue.name], "seating_plan_id": plans[show.venue.plan]}
            on_sale += self._events(show, made=events, ids=ids, now=now)
        self._wait_until_on_sale(on_sale)

    def _venues(self) -> dict[str, str]:
        """Name -> id."""
        known = {venue["name"]: venue["venue_id"] for venue in self._all("/venues")}
        for venue in VENUES:
            if venue.name not in known:
                known[venue.name] = self._make("/venues", venue.body())["venue_id"]
                self._report("venue", f"{venue.name}, {venue.city}", "made")
            else:
                self._report("venue", f"{venue.name}, {venue.city}", "was there")
        return known

    def _plans(self) -> dict[str, str]:
        """Name of the example -> id of its latest version."""
        known = {
            plan["name"]: plan
            for plan in sorted(self._all("/seating-plans"), key=lambda plan: plan["version"])
        }
        ids: dict[str, str] = {}
        for example, draw in PLANS.items():
            document = draw()
            made = document["name"] not in known
            plan = self._make("/seating-plans", document) if made else known[document["name"]]
            ids[example] = plan["seating_plan_id"]
            places = sum(category["capacity"] for category in plan["categories"])
            self._report("seating plan", f"{plan['name']}, {places} places", "made" if made else "was there")
        return ids

    def _events(
        self, show: Show, *, made: list[dict[str, Any]], ids: dict[str, str], now: datetime
    ) -> list[str]:
        """Top up the show's coming events to as many as it has days and publish all; gives their ids."""
        coming = [event for event in made if event["title"] == show.title and _is_coming(event, now=now)]
        taken = {_moment(event["starts_at"]) for event in coming}
        free = [start for start in show.starts(now=now) if start not in taken]
        missing = free[: max(0, len(show.in_days) - len(coming))]
        new = [self._make("/events", show.body(**ids, starts_at=start, now=now)) for start in missing]
        for event in coming:
            self._publish(event, outcome="was there")
        for event in new:
            self._publish(event, outcome="made")
        return [event["event_id"] for event in (*coming, *new)]

    def _publish(self, event: dict[str, Any], *, outcome: str) -> None:
        if event["state"] == "draft":
            self._make(f"/events/{event['event_id']}/publication", None, expect=202)
        self._report("event", f"{event['title']}, {event['starts_at'][:10]}", outcome)

    def _wait_until_on_sale(self, event_ids: list[str]) -> None:
        """An event is on sale once every one of its seats can be asked for."""
        deadline = time.monotonic() + ON_SALE_DEADLINE_S
        missing, places = set(event_ids), 0
        while missing:
            for event_id in sorted(missing):
                answer = self._gateway.get(f"/events/{event_id}/availability", expect=(200, 404))
                if answer.is_success:
                    missing.remove(event_id)
                    places += sum(category["total"] for category in answer.json()["categories"])
            if missing and time.monotonic() > deadline:
                raise Surprise(
                    f"{len(missing)} of the events are not on sale after {ON_SALE_DEADLINE_S:.0f} s."
                )
            time.sleep(POLL_S if missing else 0)
        self._report("on sale", f"{len(event_ids)} events, {places} places", "ready")

    def _make(self, path: str, body: Any, *, expect: int = 201) -> dict[str, Any]:
        key = hashlib.sha256(json.dumps([API + path, body], sort_keys=True).encode()).hexdigest()
        return self._gateway.write(
            "POST", path, body=body, token=self._token, expect=expect, key=f"demo-{key}"
        ).json()

    def _all(self, path: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = self._gateway.get(path, query=query, token=self._token).json()
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_coming(event: dict[str, Any], *, now: datetime) -> bool:
    return event["state"] != "cancelled" and _moment(event["starts_at"]) > now
