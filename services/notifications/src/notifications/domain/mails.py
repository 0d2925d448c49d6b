"""A mail: what caused it, which states it passes through, and whether it is still true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class MailKind(StrEnum):
    """What a mail is about; also the name of its template."""

    VERIFICATION = "verification"
    REPEATED_REGISTRATION = "repeated_registration"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a kind of mail
    INVITATION = "invitation"
    GUEST_ORDERS_FOUND = "guest_orders_found"
    ORDER_LINKS = "order_links"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_EXPIRED = "order_expired"
    ORDER_REFUNDED = "order_refunded"
    ORDER_TICKETS_CANCELLED = "order_tickets_cancelled"


class MailState(StrEnum):
    """Where a mail has got to.

    WAITING -- recorded, and tried when due -> SENT, SKIPPED or GIVEN_UP
    SENT -- a mail server took it
    SKIPPED -- nobody should get it any more; the reason says why
    GIVEN_UP -- it could not be sent; operators see it, and may send it again (-> WAITING)
    """

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    GIVEN_UP = "given_up"


class SkipReason(StrEnum):
    """Why nobody should get a mail any more."""

    GONE = "gone"  # the owner says so: the person is erased, or the link is used up or over
    OUTDATED = "outdated"  # the order has changed since; its newer state has a mail of its own
    ACCOUNT_ERASED = "account_erased"


class Failure(StrEnum):
    """Why a mail was not sent this time. None of these words names a person."""

    OWNER_UNAVAILABLE = "owner_unavailable"
    SERVER_UNAVAILABLE = "server_unavailable"
    REFUSED_FOR_NOW = "refused_for_now"
    REFUSED = "refused"
    ADDRESS_UNUSABLE = "address_unusable"
    TOOK_TOO_LONG = "took_too_long"
    UNFORESEEN = "unforeseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a mail is to be sent. The same cause told again makes no second mail.

    `cause_id` is the owner's name for it: a mail request, an order (then `version` is the order's)
    or a look-up; for guest orders it is the message itself.
    """

    kind: MailKind
    cause_id: UUID
    version: int = 0
    account_id: UUID | None = None
    orders_found: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMail:
    """A mail that one worker may send for as long as its lease lasts.

    `claims` counts how often it was claimed and tells this claim from a later one; `edition` counts
    how often it was asked for, so that a mail sent again on purpose is no copy of the first. The last two say
    what it follows, for traces and log lines.
    """

    mail_id: UUID
    cause: Cause
    claims: int
    edition: int
    waiting_since: datetime
    traceparent: str | None = None
    request_id: str | None = None


STATE_TOLD_BY = {
    MailKind.ORDER_CONFIRMED: "confirmed",
    MailKind.ORDER_CANCELLED: "cancelled",
    MailKind.ORDER_EXPIRED: "expired",
    MailKind.ORDER_REFUNDED: "refunded",
    # It says that the other tickets stay valid.
    MailKind.ORDER_TICKETS_CANCELLED: "confirmed",
}
"""The state of an order that each mail about one tells."""


def is_outdated(kind: MailKind, *, order_state: str) -> bool:
    """Whether the order is no longer in the state that a mail of this kind would tell."""
    return STATE_TOLD_BY[kind] != order_state
