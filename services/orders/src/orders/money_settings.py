"""Settings of payments, refunds and of comparing the books."""

from typing import Literal, Self

from pydantic import Field, model_validator

from chassis.settings import ServiceSettings


class MoneySettings(ServiceSettings):
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="Where people reach Rowlock; a payment page leads back to the order's page there",
    )
    reservation_url: str = Field(
        default="http://127.0.0.1:8003",
        description="Base URL of the reservation API, for its internal routes",
    )
    payment_provider: Literal["none", "sandbox", "stripe"] = Field(
        default="none",
        description="Who takes payments; with none, operators record them. "
        "With ROWLOCK_MODE=production not the sandbox",
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

    @model_validator(mode="after")
    def _takes_real_money_in_production(self) -> Self:
        if self.rowlock_mode == "production" and self.payment_provider == "sandbox":
            raise ValueError(
                "PAYMENT_PROVIDER=sandbox is not for production: it would sell tickets for no money"
            )
        return self
