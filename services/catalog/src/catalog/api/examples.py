"""One example of everything catalog takes and gives, for OpenAPI. A test holds them to the schemas."""

from typing import Any

from chassis.problems import ProblemSpec, problem_responses

Json = dict[str, Any]

EVENT_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a01"
VENUE_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a02"
SEATING_PLAN_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a03"
ORGANIZATION_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a04"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

PLAN_DOCUMENT: dict[str, Any] = {
    "name": "Cellar Club",
    "size": {"width": 400, "height": 300},
    "categories": [{"name": "Tables", "color": "#7f4a91"}, {"name": "Standing"}],
    "zones": [
        {
            "name": "Floor",
            "position": {"x": 20, "y": 20},
            "rows": [
                {
                    "row_number": "1",
                    "position": {"x": 0, "y": 0},
                    "seats": [
                        {
                            "seat_guid": "floor-1-1",
                            "seat_number": "1",
                            "position": {"x": 0, "y": 0},
                            "category": "Tables",
                        },
                        {
                            "seat_guid": "floor-1-2",
                            "seat_number": "2",
                            "position": {"x": 25, "y": 0},
                            "category": "Tables",
                        },
                    ],
                }
            ],
            "areas": [
                {
                    "shape": "rectangle",
                    "rectangle": {"width": 300, "height": 150},
                    "position": {"x": 0, "y": 60},
                    "color": "#dddddd",
                    "general_admission": {
                        "area_id": "standing",
                        "name": "Standing",
                        "category": "Standing",
                        "capacity": 200,
                    },
                }
            ],
        }
    ],
}

NEW_VENUE: Json = {
    "organization_id": ORGANIZATION_ID,
    "name": "Cellar Club",
    "city": "Kraków",
    "country": "PL",
    "address": "ulica Szewska 5",
    "time_zone": "Europe/Warsaw",
}

VENUE: Json = {"venue_id": VENUE_ID, **NEW_VENUE}

SEATING_PLAN: Json = {
    "seating_plan_id": SEATING_PLAN_ID,
    "organization_id": ORGANIZATION_ID,
    "name": "Cellar Club",
    "version": 1,
    "seats": 2,
    "areas": 1,
    "categories": [
        {"name": "Tables", "color": "#7f4a91", "capacity": 2},
        {"name": "Standing", "color": None, "capacity": 200},
    ],
    "sha256": SHA256,
}

GEOMETRY: Json = {
    "version": 1,
    "seating_plan_id": SEATING_PLAN_ID,
    "name": "Cellar Club",
    "sha256": SHA256,
    "size": {"width": 400, "height": 300},
    "seats_total": 2,
    "categories": [{"name": "Tables", "color": "#7f4a91"}, {"name": "Standing", "color": None}],
    "zones": [
        {
            "name": "Floor",
            "rows": [
                {
                    "row": "1",
                    "seats": [["floor-1-1", "1", 0, 20, 20, 10], ["floor-1-2", "2", 0, 45, 20, 10]],
                }
            ],
            "areas": [
                {
                    "area_id": "standing",
                    "name": "Standing",
                    "price_category": "Standing",
                    "capacity": 200,
                    "shape": {
                        "shape": "rectangle",
                        "rectangle": {"width": 300, "height": 150},
                        "position": {"x": 20, "y": 80},
                        "color": "#dddddd",
                    },
                }
            ],
        }
    ],
}

_TIMES: Json = {
    "starts_at": "2027-05-01T19:00:00Z",
    "ends_at": "2027-05-01T22:00:00Z",
    "sales_start_at": "2027-02-01T09:00:00Z",
    "sales_end_at": "2027-05-01T19:00:00Z",
}

_PRICES: list[Json] = [
    {
        "name": "Tables",
        "ticket_types": [
            {"name": "adult", "price_minor": 12000},
            {"name": "concession", "price_minor": 8000},
        ],
    },
    {"name": "Standing", "ticket_types": [{"name": "adult", "price_minor": 5000}]},
]

_REFUND_POLICY: Json = {
    "full_until": "2027-04-17T19:00:00Z",
    "part_until": "2027-04-30T19:00:00Z",
    "part_percent": 50,
    "fee_minor": 300,
    "fee_refunded": False,
}

NEW_EVENT: Json = {
    "organization_id": ORGANIZATION_ID,
    "title": "The Salt Road Quartet",
    "description": "An evening of new jazz.",
    "venue_id": VENUE_ID,
    "seating_plan_id": SEATING_PLAN_ID,
    **_TIMES,
    "currency": "PLN",
    "price_categories": _PRICES,
    "seats_per_order_max": 6,
    "pesel_required": True,
    "tickets_per_person_max": 2,
    "cancellation_deadline_at": "2027-04-30T19:00:00Z",
    "attendees_final_at": "2027-04-30T19:00:00Z",
    "refund_policy": _REFUND_POLICY,
}

EVENT_CHANGES: Json = {"title": "The Salt Road Quintet", "seats_per_order_max": 4}

CANCELLATION: Json = {"reason": "The drummer is ill."}

_SEATS_LEFT: Json = {"available": 131, "total": 202, "version": 17, "as_of": "2027-03-01T12:00:00Z"}
_PRICE_RANGE: Json = {"min_minor": 5000, "max_minor": 12000, "currency": "PLN"}
_VENUE_NAME: Json = {"name": "Cellar Club", "city": "Kraków"}

EVENT: Json = {
    "event_id": EVENT_ID,
    "organization_id": ORGANIZATION_ID,
    "state": "published",
    "version": 2,
    "title": "The Salt Road Quartet",
    "description": "An evening of new jazz.",
    "venue": VENUE,
    "seating_plan": {
        "seating_plan_id": SEATING_PLAN_ID,
        "name": "Cellar Club",
        "version": 1,
        "sha256": SHA256,
    },
    **_TIMES,
    "currency": "PLN",
    "price_range": _PRICE_RANGE,
    "price_categories": [
        {**_PRICES[0], "color": "#7f4a91"},
        {**_PRICES[1], "color": None},
    ],
    "seats_per_order_max": 6,
    "pesel_required": True,
    "tickets_per_person_max": 2,
    "cancellation_deadline_at": "2027-04-30T19:00:00Z",
    "attendees_final_at": "2027-04-30T19:00:00Z",
    "refund_policy": _REFUND_POLICY,
    "availability": {
        **_SEATS_LEFT,
        "categories": [
            {"price_category": "Tables", "available": 0, "total": 2},
            {"price_category": "Standing", "available": 131, "total": 200},
        ],
    },
    "published_at": "2027-01-15T10:00:00Z",
    "cancelled_at": None,
    "cancellation_reason": None,
}

LISTING: Json = {
    "event_id": EVENT_ID,
    "title": "The Salt Road Quartet",
    **_TIMES,
    "venue": _VENUE_NAME,
    "price_range": _PRICE_RANGE,
    "availability": _SEATS_LEFT,
}

ORGANIZER_EVENT: Json = {**LISTING, "organization_id": ORGANIZATION_ID, "state": "published", "version": 2}


def page(item: Json) -> Json:
    """The last page of a list, with one item."""
    return {"items": [item], "next_cursor": None}


def answers(status: int, example: Json, *refusals: ProblemSpec) -> dict[int | str, Json]:
    """The `responses=` of a route: an example of its success, and its refusals."""
    success = {"content": {"application/json": {"example": example}}}
    return {status: success, **problem_responses(*refusals)}


def body_example(example: Json) -> Json:
    """The `openapi_examples=` of a body."""
    return {"example": {"value": example}}
