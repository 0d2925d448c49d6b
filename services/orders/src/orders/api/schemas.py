"""What the API takes: an order to place, a payment to begin or to record."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from orders.api.examples import EMAIL_TO_LOOK_UP, ORDER_TO_PLACE, PAYMENT_TO_RECORD, PAYMENT_TO_START
from orders.api.fields import Currency, Email, Name, PeselText, Phone, Reference, ReturnUrl, Word

HOLDS_PER_ORDER_MAX = 10
SEATS_PER_ORDER_MAX = 200
# Room for the largest hold reservation grants: tests/consistency/test_largest_hold.py.
HOLD_TOKEN_CHARS_MAX = 32_768
AMOUNT_MINOR_MAX = 10**12


class _In(BaseModel):
    # An unknown field is refused: a misspelt one must not vanish silently.
    model_config = ConfigDict(extra="forbid")


class ContactIn(_In):
    """Where the buyer is told what becomes of the order."""

    email: Email = Field(examples=["ada@example.org"])
    name: Name | None = Field(default=None, examples=["Ada Lovelace"])
    phone: Phone | None = Field(default=None, examples=["+48 600 100 200"])


class AttendeeIn(_In):
    """Who will sit on a held seat, and which of the ticket types sold there."""

    seat_id: Word = Field(examples=["stalls-4-7"])
    ticket_type: Word = Field(examples=["adult"])
    first_name: Name = Field(examples=["Ada"])
    last_name: Name = Field(examples=["Lovelace"])
    pesel: PeselText | None = Field(
        default=None,
        repr=False,
        description="Needed where the event requires it, and refused elsewhere; may have blanks and dashes",
        examples=["44051401359"],
    )
    event_id: UUID | None = Field(
        default=None, description="Needed where two held events both have this seat_id"
    )
    hold_id: UUID | None = Field(default=None, description="May be given; must then be the seat's hold")


HoldToken = Annotated[str, StringConstraints(min_length=1, max_length=HOLD_TOKEN_CHARS_MAX)]


class OrderIn(_In):
    """One order from one or more holds, which may be of different events."""

    model_config = ConfigDict(json_schema_extra={"examples": [ORDER_TO_PLACE]})

    hold_tokens: list[HoldToken] = Field(
        min_length=1,
        max_length=HOLDS_PER_ORDER_MAX,
        description="As reservation gave them",
    )
    contact: ContactIn
    attendees: list[AttendeeIn] = Field(
        min_length=1, max_length=SEATS_PER_ORDER_MAX, description="Exactly one for each held seat"
    )
    equivalent_seats_allowed: bool = Field(
        default=False,
        description="If a payment comes so late that others have the seats: whether as many others of the "
        "same price category, next to each other in one row, will do. Otherwise the money goes back",
    )


class LookupIn(_In):
    """The e-mail that orders were placed with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EMAIL_TO_LOOK_UP]})

    email: Email = Field(examples=["ada@example.org"])


class PaymentIn(_In):
    """How an order is to be paid; may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAYMENT_TO_START]})

    return_url: ReturnUrl | None = Field(
        default=None,
        description="Where the payment page leads back to: a path of ours, or a URL on an origin that is "
        "allowed here; without a fragment. The order's page if left out",
    )


class RecordedPaymentIn(_In):
    """Money that an operator saw arrive; it must be the order's whole total."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAYMENT_TO_RECORD]})

    amount_minor: int = Field(ge=1, le=AMOUNT_MINOR_MAX, description="In minor units", examples=[9000])
    currency: Currency = Field(examples=["PLN"])
    reference: Reference = Field(
        description="The payment's own name, such as the bank's: the same one again has no effect",
        examples=["bank-2026-11-23-0042"],
    )
