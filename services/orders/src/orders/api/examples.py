"""Whole examples for the OpenAPI: Ada orders one seat for Hamlet."""

from typing import Any

_ORDER_ID = "0192f0c1-8a10-7b62-8f7e-1f2d3c4b5a69"
_EVENT_ID = "0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11"
_PLACED_AT = "2026-11-23T10:00:00Z"
_PAID_AT = "2026-11-23T10:04:00Z"
_ADA = {"first_name": "Ada", "last_name": "Lovelace"}
_PRICE = {"amount_minor": 4500, "currency": "PLN"}
_SEAT = {
    "line_id": "0192f0c1-8a10-7d15-8c3e-4b5a69788796",
    "event_id": _EVENT_ID,
    "event_title": "Hamlet",
    "seat_id": "stalls-4-7",
    "price_category": "Stalls",
    "ticket_type": "adult",
    "attendee": {**_ADA, "pesel": None},
}

ORDER_TO_PLACE: dict[str, Any] = {
    "hold_tokens": ["eyJhbGciOiJFZERTQSIsInR5cCI6ImhvbGQrand0In0.eyJob2xkX2lkIjoi…"],
    "contact": {"email": "ada@example.org"},
    "attendees": [{"seat_id": "stalls-4-7", "ticket_type": "adult", **_ADA}],
}

PAYMENT_TO_RECORD: dict[str, Any] = {**_PRICE, "reference": "bank-2026-11-23-0042"}

PAYMENT_TO_START: dict[str, Any] = {"return_url": f"http://127.0.0.1:8080/orders/{_ORDER_ID}"}

PAYMENT: dict[str, Any] = {
    "payment_id": "0192f0c1-8b20-7c11-9d3e-5a6b7c8d9e0f",
    "provider": "sandbox",
    "state": "pending",
    "amount": _PRICE,
    "page_url": "http://127.0.0.1:8090/pay/pay_2fZq7mXc",
    "expires_at": "2026-11-23T10:18:30Z",
    "failure": None,
    "discrepancy": None,
    "created_at": "2026-11-23T10:03:00Z",
    "refunds": [],
}

NOTICE: dict[str, Any] = {
    "type": "payment.captured",
    "timestamp": _PAID_AT,
    "data": {
        "payment_id": "pay_2fZq7mXc",
        "state": "captured",
        **_PRICE,
        "merchant_reference": "0192f0c1-8b20-7c11-9d3e-5a6b7c8d9e0f",
        "captures": [{"capture_id": "cap_9hTr4kWd", **_PRICE, "captured_at": _PAID_AT}],
    },
}

ORDER: dict[str, Any] = {
    "order_id": _ORDER_ID,
    "state": "confirmed",
    "version": 3,
    "total": _PRICE,
    "contact": {"email": "ada@example.org", "name": None, "phone": None},
    "equivalent_seats_allowed": False,
    "lines": [{**_SEAT, "ordered_seat_id": None, "price": _PRICE}],
    "payments": [
        {
            "payment_id": "0192f0c1-8b20-7c11-9d3e-5a6b7c8d9e0f",
            "provider": "recorded",
            "state": "captured",
            "amount": _PRICE,
            "page_url": None,
            "expires_at": None,
            "failure": None,
            "discrepancy": None,
            "created_at": _PAID_AT,
            "refunds": [],
        }
    ],
    "placed_at": _PLACED_AT,
    "holds_expire_at": "2026-11-23T10:14:00Z",
    "timeline": [
        {"state": "awaiting_payment", "at": _PLACED_AT, "reason": "order_placed", "actor": "buyer"},
        {"state": "finalizing", "at": _PAID_AT, "reason": "payment_captured", "actor": "operator"},
        {"state": "confirmed", "at": _PAID_AT, "reason": "seats_sold", "actor": "reservation"},
    ],
}

GUEST_ORDER: dict[str, Any] = {
    **ORDER,
    "state": "awaiting_payment",
    "version": 1,
    "payments": [],
    "timeline": ORDER["timeline"][:1],
    "order_access_token": "mJk3nYw0yXl5Qm1S8fJt7cVb2hZr9dKp4gLx6sNq0aE",
}

CLAIMED_ORDERS: dict[str, Any] = {"order_ids": [_ORDER_ID], "more": False}

EMAIL_TO_LOOK_UP: dict[str, Any] = {"email": "ada@example.org"}

PAGE_OF_ORDERS: dict[str, Any] = {"items": [ORDER], "next_cursor": None}

TICKETS: dict[str, Any] = {
    "items": [
        {
            **_SEAT,
            "ticket_id": "0192f0c1-8d40-7e33-9f50-7c8d9e0f1a2b",
            "ticket_code": "7ZQ4-K0M2-9XVB-3HDT",
            "state": "valid",
            "starts_at": "2026-12-01T18:00:00Z",
            "issued_at": _PAID_AT,
            "voided_at": None,
        }
    ]
}

ATTENDEE_TO_CORRECT: dict[str, Any] = {"last_name": "King"}

LINE: dict[str, Any] = ORDER["lines"][0]

PAGE_OF_ATTENDEES: dict[str, Any] = {
    "items": [
        {
            "order_id": _ORDER_ID,
            **{name: _SEAT[name] for name in ("line_id", "seat_id", "price_category", "ticket_type")},
            "attendee": {**_ADA, "pesel": "44051401359"},
        }
    ],
    "next_cursor": None,
}
