"""Whole examples for the OpenAPI, as in `api.examples`: Ada may give her seat back, and an event is off."""

from typing import Any

_TICKET_ID = "0192f0c1-8d40-7e33-9f50-7c8d9e0f1a2b"
_REFUND = {"amount_minor": 4200, "currency": "PLN"}
_FEE = {"amount_minor": 300, "currency": "PLN"}

TICKETS_TO_CANCEL: dict[str, Any] = {"ticket_ids": [_TICKET_ID]}

CANCELLATION_TERMS: dict[str, Any] = {
    "refund": _REFUND,
    "fee": _FEE,
    "tickets": [{"ticket_id": _TICKET_ID, "refund": _REFUND, "fee": _FEE}],
    "holds_until": "2026-11-24T18:00:00Z",
    "cancellable_until": "2026-12-01T18:00:00Z",
}

EVENT_REFUNDS: dict[str, Any] = {
    "event_id": "0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11",
    "cancelled_at": "2026-11-24T09:00:00Z",
    "orders": {"open": 120, "cancelling": 3, "over": 877},
    "refunds": [
        {"state": "pending", "refunds": 40, "amount": {"amount_minor": 360000, "currency": "PLN"}},
        {"state": "settled", "refunds": 830, "amount": {"amount_minor": 7470000, "currency": "PLN"}},
    ],
}
