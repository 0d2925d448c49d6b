"""Settings of the orders service."""

from typing import Literal, Self

from pydantic import Field, model_validator

from chassis.rate_limits import LimitText
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    outbox_poll_ms: int = Field(
        default=250,
        ge=5,
        description="How often a worker's relay looks for messages nobody woke one for; whoever pays wakes the "
        "one of the api",
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
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="Where people reach Rowlock; a payment page leads back to the order's page there",
    )
    reservation_url: str = Field(
        default="http://127.0.0.1:8003",
        description="Base URL of the reservation API, for its internal routes",
    )
    payment_provider: Literal["none", "sandbox", "stripe"] = Field(
        default="none", description="Who takes payments; with none, operators record them"
    )
    sandbox_url: str = Field(
        default="http://127.0.0.1:8090", description="Base URL of the payment sandbox's API"
    )
    sandbox_api_key: str = Field(
        default="", description="Path of the file with the secret the payment sandbox is shown"
    )
    sandbox_notice_secret: str = Field(
        default="",
        description="Path of the file with the secret that signs the sandbox's notices: "
        "`whsec_` and base64 (Standard Webhooks)",
    )
    stripe_api_key: str = Field(
        default="", description="Path of the file with Stripe's secret or restricted key"
    )
    stripe_api_base: str = Field(default="https://api.stripe.com", description="Where Stripe's API is")
    stripe_notice_secret: str = Field(
        default="", description="Path of the file with the signing secret of Stripe's webhook endpoint"
    )
    payment_timeout_s: float = Field(
        default=5.0, gt=0, description="Longest wait for one answer of the payment provider"
    )
    payment_margin_s: int = Field(
        default=30,
        ge=0,
        description="A payment page closes this long before the holds end: its outcome is known by then",
    )
    payment_page_s_min: int = Field(
        default=60, ge=0, description="A payment page that would be open shorter than this is not opened"
    )
    payment_return_origins: str = Field(
        default="",
        description="Other origins than PUBLIC_URL's that a payment page may lead back to, comma separated",
    )
    payment_look_every_s: float = Field(
        default=1.0, gt=0, description="How often a job looks for payments to ask the provider about"
    )
    payment_look_again_s: float = Field(
        default=30.0,
        gt=0,
        description="First pause between two questions about one payment; doubles each time, "
        "and begins anew when its page closes",
    )
    payment_look_again_s_max: float = Field(
        default=3600.0, gt=0, description="Longest pause between two questions about one payment"
    )
    notice_bytes_max: int = Field(
        default=262_144, ge=1024, description="Largest notice of a payment provider in bytes"
    )
    refund_job_every_s: float = Field(
        default=1.0, gt=0, description="How often a job looks for refunds to send or to ask about"
    )
    refunds_per_s: float = Field(
        default=10.0,
        gt=0,
        description="Most refunds sent to the provider per second, by all replicas together",
    )
    refund_attempts_max: int = Field(
        default=8, ge=1, description="A refund the provider refused so often is left to an operator"
    )
    refund_retry_s: float = Field(
        default=5.0, gt=0, description="First pause after a refund that failed; doubles each time"
    )
    refund_retry_s_max: float = Field(
        default=3600.0, gt=0, description="Longest pause between two attempts at a refund"
    )
    refund_look_again_s: float = Field(
        default=60.0,
        gt=0,
        description="First pause between two questions about a refund the provider has; doubles each time "
        "up to REFUND_RETRY_S_MAX",
    )
    reconcile_every_s: float = Field(
        default=300.0,
        gt=0,
        description="How often ledger, orders, seats and the provider's view are compared",
    )
    reconcile_look_back_s: int = Field(
        default=604_800,
        ge=60,
        description="Payments and refunds begun within this time are compared with the provider's view",
    )
    reconcile_settle_s: float = Field(
        default=60.0,
        ge=0,
        description="What moved within this time may not have reached both sides yet, and is no difference",
    )
    reconcile_stuck_s: int = Field(
        default=3600,
        ge=1,
        description="A payment past its page's end, an order that waits for reservation, or an order of a "
        "cancelled event is a finding after this time",
    )
    reconcile_refund_stuck_s: int = Field(
        default=259_200,
        ge=1,
        description="A refund that is not settled is a finding after this time; people and banks take days",
    )

    @model_validator(mode="after")
    def _its_provider_can_be_reached(self) -> Self:
        needed = {
            "none": (),
            "sandbox": ("sandbox_url", "sandbox_api_key", "sandbox_notice_secret"),
            "stripe": ("stripe_api_base", "stripe_api_key", "stripe_notice_secret"),
        }[self.payment_provider]
        if missing := [name.upper() for name in needed if not getattr(self, name)]:
            raise ValueError(f"PAYMENT_PROVIDER={self.payment_provider} needs {', '.join(missing)}")
        return self
