"""What accounts and orders would tell; every secret and personal value in it is easy to search for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from notifications.domain.mails import Cause, MailKind

EMAIL = "ada.canary@example.org"
NAME = "Canaria Nowak"
TOKEN = "canary-token-canary"
TITLE = "Hamlet"
PERSONAL = (EMAIL, NAME, TOKEN, "Canaria", "ada.canary", "canary-token")

ACCOUNT_KINDS = (
    MailKind.VERIFICATION,
    MailKind.REPEATED_REGISTRATION,
    MailKind.PASSWORD_RESET,
    MailKind.PASSWORD_CHANGED,
    MailKind.INVITATION,
)
STATES = {
    MailKind.ORDER_CONFIRMED: "confirmed",
    MailKind.ORDER_CANCELLED: "cancelled",
    MailKind.ORDER_EXPIRED: "expired",
    MailKind.ORDER_REFUNDED: "refunded",
    MailKind.ORDER_TICKETS_CANCELLED: "confirmed",
}


def cause_of(kind: MailKind, **given: Any) -> Cause:
    """A new cause of this kind."""
    more: dict[str, Any] = {}
    if kind in (*ACCOUNT_KINDS, MailKind.GUEST_ORDERS_FOUND) and kind is not MailKind.INVITATION:
        more["account_id"] = new_id()
    if kind is MailKind.GUEST_ORDERS_FOUND:
        more["orders_found"] = 2
    if kind in STATES:
        more["version"] = 3
    return Cause(kind=kind, cause_id=new_id(), **more | given)


def path_of(cause: Cause) -> str:
    """Where the facts of a mail are asked for."""
    if cause.kind in ACCOUNT_KINDS:
        return f"/internal/mails/{cause.cause_id}"
    if cause.kind is MailKind.GUEST_ORDERS_FOUND:
        return f"/internal/accounts/{cause.account_id}/contact"
    if cause.kind is MailKind.ORDER_LINKS:
        return f"/internal/order-lookups/{cause.cause_id}"
    if cause.kind is MailKind.ORDER_TICKETS_CANCELLED:
        return f"/internal/orders/{cause.cause_id}/cancelled-tickets/{cause.version}/mail"
    return f"/internal/orders/{cause.cause_id}/mail"


def facts_of(cause: Cause, *, email: str = EMAIL) -> dict[str, Any]:
    """What its owner answers."""
    if cause.kind in ACCOUNT_KINDS:
        return account_facts(cause.kind, email)
    if cause.kind is MailKind.GUEST_ORDERS_FOUND:
        return {"email": email, "name": NAME}
    if cause.kind is MailKind.ORDER_LINKS:
        return {"email": email, "orders": [found_order()]}
    facts = {
        "email": email,
        "name": NAME,
        "order": order(cause.cause_id, state=STATES[cause.kind]),
        "order_access_token": TOKEN,
    }
    has_cancelled = cause.kind is MailKind.ORDER_TICKETS_CANCELLED
    return facts | {"cancelled": cancelled_tickets()} if has_cancelled else facts


def account_facts(kind: MailKind, email: str) -> dict[str, Any]:
    has_link = kind in (MailKind.VERIFICATION, MailKind.PASSWORD_RESET, MailKind.INVITATION)
    return {
        "kind": kind,
        "email": email,
        "name": NAME,
        "link_token": TOKEN if has_link else None,
        "link_expires_at": "2027-01-02T03:04:05Z" if has_link else None,
        "organization_name": "Royal Theatre" if kind is MailKind.INVITATION else None,
    }


def order(order_id: UUID, *, state: str, title: str = TITLE) -> dict[str, Any]:
    line = order_line(title=title)
    return {"order_id": str(order_id), "state": state, "total": pln(9000), "lines": [line, line]}


def order_line(*, title: str = TITLE, seat_id: str = "stalls-C-12") -> dict[str, Any]:
    return {
        "event_title": title,
        "starts_at": "2026-12-04T18:00:00Z",
        "seat_id": seat_id,
        "price_category": "Stalls",
        "ticket_type": "adult",
        "price": pln(4500),
    }


def cancelled_tickets(
    *, seats: Sequence[str] = ("stalls-C-13",), refund: int = 4200, fee: int = 300, tickets_left: int = 2
) -> dict[str, Any]:
    """Of tickets given back together, in minor units."""
    lines = [order_line(seat_id=seat_id) for seat_id in seats]
    return {"lines": lines, "refund": pln(refund), "fee": pln(fee), "tickets_left": tickets_left}


def pln(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "PLN"}


def found_order() -> dict[str, Any]:
    return {
        "order_id": str(new_id()),
        "event_titles": [TITLE, "The Tempest"],
        "placed_at": "2026-11-23T06:00:00Z",
        "order_access_token": TOKEN,
    }
