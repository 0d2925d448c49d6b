"""What is sent to each route about a thing: the example of its OpenAPI, unless the thing must be named."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from support.rights.things import Thing
from support.services import SERVICES, openapi_of
from support.stage.account import new_email, new_password
from support.stage.buyer import CONTACT, PERSON
from support.stage.organizer import event_body, small_plan

Body = Callable[[Thing], Any]


def _order(thing: Thing) -> Any:
    return {
        "hold_tokens": [thing.names["hold_token"]],
        "contact": CONTACT,
        "attendees": [
            {"seat_id": seat, "ticket_type": "visitor", **PERSON} for seat in thing.names["seat_ids"].split()
        ],
    }


def _payment(thing: Thing) -> Any:
    amount = int(thing.names["amount_minor"])
    return {"amount_minor": amount, "currency": "PLN", "reference": f"bank {uuid.uuid4()}"}


def _event(thing: Thing) -> Any:
    drafted = event_body(venue_id=thing.names["venue_id"], seating_plan_id=thing.names["seating_plan_id"])
    return {**drafted, "organization_id": thing.names["organization_id"]}


def _venue(thing: Thing) -> Any:
    place = {"name": "Old Theatre", "city": "Kraków", "country": "PL", "time_zone": "Europe/Warsaw"}
    return {**place, "organization_id": thing.names["organization_id"]}


def _changed_password(thing: Thing) -> Any:
    return {"current_password": thing.names["password"], "new_password": new_password()}


BODIES: Mapping[str, Body] = {
    "post /api/v1/accounts": lambda _: {"email": new_email(), "password": new_password()},
    "post /api/v1/accounts/email-verifications": lambda _: {"email": new_email()},
    "post /api/v1/accounts/password-resets": lambda _: {"email": new_email()},
    "post /api/v1/accounts/email-verifications/confirmation": lambda thing: {"token": thing.names["token"]},
    "post /api/v1/accounts/password-resets/confirmation": lambda thing: {
        "token": thing.names["token"],
        "new_password": new_password(),
    },
    "put /api/v1/accounts/me/password": _changed_password,
    "post /api/v1/sessions": lambda thing: {
        "email": thing.names["email"],
        "password": thing.names["password"],
    },
    "post /api/v1/sessions/refresh": lambda thing: {"refresh_token": thing.names["refresh_token"]},
    "post /api/v1/invitations/acceptance": lambda thing: {"token": thing.names["token"]},
    "post /api/v1/organizations/{organization_id}/invitations": lambda _: {
        "email": new_email(),
        "role": "entrance_staff",
    },
    "post /api/v1/venues": _venue,
    "post /api/v1/seating-plans": lambda _: small_plan(),
    "post /api/v1/events": _event,
    "post /api/v1/holds": lambda thing: {
        "event_id": thing.names["event_id"],
        "best_available": {"price_category": "Stalls", "quantity": 1},
    },
    "post /api/v1/events/{event_id}/blocked-seats": lambda _: {
        "seat_ids": ["Stalls-1-1"],
        "reason": "camera",
    },
    "post /api/v1/events/{event_id}/unblocked-seats": lambda _: {"seat_ids": ["Stalls-1-1"]},
    "post /api/v1/orders": _order,
    "post /api/v1/orders/lookups": lambda _: {"email": new_email()},
    "post /api/v1/orders/{order_id}/recorded-payments": _payment,
    "post /api/v1/orders/{order_id}/payments": lambda _: {},
    "post /api/v1/orders/{order_id}/cancelled-tickets": lambda thing: {
        "ticket_ids": [thing.names["ticket_id"]]
    },
    "patch /api/v1/orders/{order_id}/attendees/{line_id}": lambda _: {"first_name": "Jan"},
}


QUERIES: Mapping[str, str] = {"post /api/v1/seating-plans": "?organization_id={organization_id}"}


def query_of(method: str, path: str, thing: Thing) -> str:
    """The query of a request, with its question mark; empty for most."""
    return QUERIES.get(f"{method} {path}", "").format(**thing.names)


def body_of(method: str, path: str, thing: Thing) -> Any:
    """The body of a request, or None for a route that takes none."""
    made = BODIES.get(f"{method} {path}")
    return made(thing) if made else example_of(method, path)


def example_of(method: str, path: str) -> Any:
    """The example body of a route in its service's OpenAPI; None without one."""
    for document in map(openapi_of, SERVICES):
        operation = document["paths"].get(path, {}).get(method)
        if operation:
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            return None if content is None else _example(document, content)
    raise LookupError(f"no service has {method} {path}")


def _example(document: Any, content: Any) -> Any:
    if "examples" in content:
        return next(iter(content["examples"].values()))["value"]
    return content.get("example", _schema_example(document, content["schema"]))


def _schema_example(document: Any, schema: Any) -> Any:
    """Put together from the examples of a schema's fields, where it has none of its own."""
    if "$ref" in schema:
        return _schema_example(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "examples" in schema:
        return schema["examples"][0]
    required = schema.get("required", ())
    return {name: _schema_example(document, schema["properties"][name]) for name in required}
