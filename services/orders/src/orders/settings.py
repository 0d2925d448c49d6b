"""Settings of the orders service."""

from pydantic import Field

from chassis.rate_limits import LimitText
from orders.money_settings import MoneySettings


class Settings(MoneySettings):
    outbox_poll_ms: int = Field(
        default=250,
        ge=5,
        description="How often a worker's relay looks for messages nobody woke one for; "
        "whoever pays wakes the one of the api",
    )
    relay_in_api: bool = Field(
        default=True,
        description="Whether an api process sends the messages of its own requests at once; without it they "
        "wait until a worker polls",
    )
    hold_token_jwks: str = Field(
        default="", description="JWKS that verifies hold tokens: path of a file or http(s) URL"
    )
    hold_token_issuer: str = Field(default="rowlock-reservation", description="`iss` a hold token must carry")
    hold_token_audience: str = Field(default="rowlock-orders", description="`aud` a hold token must carry")
    order_poll_ms: int = Field(
        default=25,
        ge=5,
        description="First pause between looks at an order under `Prefer: wait`; grows up to 8 times that",
    )
    saga_resend_s: int = Field(
        default=30,
        ge=1,
        description="A command reservation has not answered after this time is sent again; doubles each time",
    )
    saga_resend_s_max: int = Field(
        default=600, ge=1, description="Longest time between two sendings of one command"
    )
    saga_job_every_s: float = Field(
        default=1.0,
        gt=0,
        description="How often the jobs look for orders to cancel, expire or ask about again",
    )
    saga_batch_orders: int = Field(
        default=50, ge=1, le=1000, description="Most orders a job changes in one transaction"
    )
    order_expiry_grace_s: int = Field(
        default=3600,
        ge=0,
        description="An unpaid order expires this long after its hold tokens, whatever messages came; "
        "not shorter than HOLD_TOTAL_S_MAX of reservation, whose renewals orders does not see",
    )
    wrong_order_tokens_per_address: LimitText = Field(
        default="60/600s",
        description="Requests with an order access token that fits no such order, from one address",
    )
    order_lookups_per_address: LimitText = Field(
        default="20/3600s", description="Requests for the links to orders, from one address"
    )
    order_lookups_per_email: LimitText = Field(
        default="5/3600s", description="Requests for the links to the orders of one e-mail"
    )
    attendee_corrections_per_order: LimitText = Field(
        default="60/3600s",
        description="Corrections of the attendees of one order: whether a person has reached the limit of an "
        "event can be told from the answer",
    )
    order_lookup_s: int = Field(
        default=3600,
        ge=60,
        description="How long the e-mail of a request for links is kept, sealed, for the mail to be written",
    )
    attendee_keep_days: int = Field(
        default=30,
        ge=0,
        description="Attendees' data is shredded so many days after their event ended",
    )
    retention_job_every_s: float = Field(
        default=3600.0, gt=0, description="How often attendees are shredded and booked erasures done"
    )
    retention_batch_rows: int = Field(
        default=500, ge=1, le=10_000, description="Most attendees shredded in one transaction"
    )
    erasure_wait_s: int = Field(
        default=86_400,
        ge=0,
        description="A cancelled order whose buyer asked to be erased keeps them so long, "
        "for the mail that tells of the cancellation",
    )
