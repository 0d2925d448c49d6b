"""The catalog API in this process, on a real database, and what an organizer usually makes in it."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from catalog.app import create_app
from chassis.database import Database
from support.seating_plans import plan_document

OURS = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b01"
"""The organization that the usual organizer acts for."""
THEIRS = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b02"
"""Another organization."""


class Api:
    """The API as one caller uses it: JSON in, JSON out, a new Idempotency-Key for each write."""

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, *, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.headers | (headers or {}))

    async def post(
        self, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.write_headers(headers))

    async def patch(self, path: str, body: Any, *, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.patch(path, json=body, headers=self.write_headers(headers))

    def write_headers(self, headers: dict[str, str] | None = None) -> dict[str, str]:
        return self.headers | {"Idempotency-Key": str(uuid.uuid4())} | (headers or {})


@pytest.fixture
def settings(settings_for):
    return settings_for("catalog")


@pytest.fixture
async def app(settings):
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def db(app) -> Database:
    return app.state.db


@pytest.fixture
async def http(app):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog/api/v1") as http:
        yield http


@pytest.fixture
def organizer(http, mint_token) -> Api:
    return Api(http, mint_token("organizer", subject="olga", organizations={OURS: ["organizer"]}))


@pytest.fixture
def rival(http, mint_token) -> Api:
    """An organizer of another organization."""
    return Api(http, mint_token("organizer", subject="rita", organizations={THEIRS: ["organizer"]}))


@pytest.fixture
def agent(http, mint_token) -> Api:
    """An organizer of both organizations."""
    both = {OURS: ["organizer"], THEIRS: ["organizer", "entrance_staff"]}
    return Api(http, mint_token("organizer", "entrance_staff", subject="aga", organizations=both))


@pytest.fixture
def buyer(http, mint_token) -> Api:
    return Api(http, mint_token("buyer", subject="ben"))


@pytest.fixture
def anyone(http) -> Api:
    return Api(http, None)


class House:
    """Makes venues, plans and events through the API; each call returns what the API answered."""

    def __init__(self, organizer: Api) -> None:
        self.organizer = organizer
        self.opens_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)

    async def venue(self, **changes: Any) -> dict[str, Any]:
        body = {"name": "Grand Theatre", "city": "Kraków", "country": "PL", "time_zone": "Europe/Warsaw"}
        return await self._made("/venues", body | changes)

    async def plan(self, **shape: Any) -> dict[str, Any]:
        return await self._made("/seating-plans", plan_document(**shape))

    async def event_body(self, **changes: Any) -> dict[str, Any]:
        """A valid draft, with a venue and a plan of two rows of four seats unless given."""
        venue_id = changes.get("venue_id") or (await self.venue())["venue_id"]
        plan_id = changes.get("seating_plan_id") or (await self.plan())["seating_plan_id"]
        return {
            "title": "Hamlet",
            "description": "The tragedy in five acts.",
            "venue_id": venue_id,
            "seating_plan_id": plan_id,
            "starts_at": self.at(hours=0),
            "ends_at": self.at(hours=3),
            "sales_start_at": self.at(days=-100),
            "sales_end_at": self.at(hours=0),
            "currency": "PLN",
            "price_categories": [
                {
                    "name": "Stalls",
                    "ticket_types": [
                        {"name": "adult", "price_minor": 12000},
                        {"name": "concession", "price_minor": 8000},
                    ],
                }
            ],
            "seats_per_order_max": 6,
        } | changes

    async def draft(self, **changes: Any) -> dict[str, Any]:
        return await self._made("/events", await self.event_body(**changes))

    async def published(self, **changes: Any) -> dict[str, Any]:
        draft = await self.draft(**changes)
        answer = await self.organizer.post(f"/events/{draft['event_id']}/publication")
        assert 202 == answer.status_code, answer.text
        return answer.json()

    async def cancelled(self, **changes: Any) -> dict[str, Any]:
        event = await self.published(**changes)
        answer = await self.organizer.post(f"/events/{event['event_id']}/cancellation", {"reason": "Fire"})
        assert 202 == answer.status_code, answer.text
        return answer.json()

    def at(self, **offset: float) -> str:
        """A time, counted from when the usual event starts."""
        return (self.opens_at + timedelta(**offset)).isoformat().replace("+00:00", "Z")

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.organizer.post(path, body)
        assert 201 == answer.status_code, answer.text
        return answer.json()


@pytest.fixture
def house(organizer) -> House:
    return House(organizer)


@pytest.fixture
def other_house(rival) -> House:
    return House(rival)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


@pytest.fixture
def ours() -> str:
    """The organization of `organizer` and `house`."""
    return OURS


@pytest.fixture
def theirs() -> str:
    """The organization of `rival` and `other_house`."""
    return THEIRS


@pytest.fixture
def refusal():
    """Call it for the status and problem type of an answer."""
    return problem


@pytest.fixture
def outbox(db):
    """Call it for the messages waiting to be sent, oldest first."""

    async def read() -> list[tuple[str, dict[str, Any]]]:
        from sqlalchemy import text

        async with db.snapshot() as connection:
            rows = await connection.execute(text("SELECT message_type, data FROM catalog.outbox ORDER BY id"))
            return [(row.message_type, row.data) for row in rows]

    return read
