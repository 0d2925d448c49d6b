"""Settings of the reservation service; every limit with its unit in its name."""

from typing import Self

from pydantic import Field, model_validator

from chassis.rate_limits import LimitText
from chassis.settings import ServiceSettings
from reservation.domain.holds import HoldLimits

# The token of a hold this large still fits what orders takes: tests/consistency/test_largest_hold.py.
HOLD_SEATS_MAX = 100


class Settings(ServiceSettings):
    """Read from the environment, upper case."""

    outbox_poll_ms: int = Field(
        default=250,
        ge=5,
        description="How often the relay looks for messages nobody woke it for; answers to orders wake it",
    )
    catalog_url: str = Field(
        default="http://127.0.0.1:9101",
        description="Base URL of catalog's api, for seating plans (never routed)",
    )
    plan_fetch_s_max: float = Field(
        default=120.0,
        gt=0,
        description="How long catalog is asked for the plan of an event in one go; when it goes on answering "
        "without it, that is a failed delivery, when it is away, it is asked again",
    )
    hold_token_private_key: str = Field(
        default="", description="Path of the Ed25519 private key (JWK) that signs hold tokens"
    )
    hold_token_issuer: str = Field(default="rowlock-reservation", description="`iss` of hold tokens")
    hold_token_audience: str = Field(default="rowlock-orders", description="`aud` of hold tokens")
    hold_duration_s: int = Field(
        default=900, ge=1, description="How long a hold lasts, and what one renewal gives"
    )
    hold_seats_max: int = Field(
        default=50, ge=1, le=HOLD_SEATS_MAX, description="Most seats of one hold; an event may allow fewer"
    )
    active_holds_per_buyer_max: int = Field(
        default=5, ge=1, description="Most active holds of one buyer for one event"
    )
    active_holds_per_guest_address_max: int = Field(
        default=20,
        ge=1,
        description="Most active holds of all guests behind one network address for one event",
    )
    holds_per_buyer: LimitText = Field(
        default="60/10s",
        description="How often one buyer may ask one process for a hold: that many at once, and in that time",
    )
    holds_per_address: LimitText = Field(
        default="2000/10s",
        description="The same for all who come from one network address, a campus perhaps",
    )
    hold_renewals_max: int = Field(default=2, ge=0, description="How often one hold can be renewed")
    hold_total_s_max: int = Field(
        default=3600, ge=1, description="Longest a hold lasts from its placing, renewals included"
    )
    hold_batch_max: int = Field(
        default=128, ge=1, le=1000, description="Most holds that share one statement and one commit"
    )
    hold_batches_at_once_max: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Batches of holds one process has in the database at the same time",
    )
    availability_view_ms: int = Field(
        default=500, ge=1, description="Age at which a process reads an event's seat status again"
    )
    availability_publish_ms: int = Field(
        default=500, ge=10, description="How often counts of changed events are published"
    )
    expire_holds_every_s: float = Field(
        default=1.0, gt=0, description="How often the sweeper tidies expired holds"
    )
    expire_holds_batch_max: int = Field(
        default=200, ge=1, description="Most holds the sweeper ends in one transaction"
    )
    holds_keep_s: int = Field(
        default=2_592_000,
        ge=86_400,
        description="How long a hold that is over is kept: its key is replayed and a late payment may still "
        "find its seats; at least IDEMPOTENCY_KEEP_S and HOLD_TOTAL_S_MAX",
    )

    @model_validator(mode="after")
    def keeps_holds_long_enough(self) -> Self:
        if self.holds_keep_s < max(self.idempotency_keep_s, self.hold_total_s_max):
            raise ValueError("HOLDS_KEEP_S must be at least IDEMPOTENCY_KEEP_S and HOLD_TOTAL_S_MAX")
        return self

    @property
    def hold_limits(self) -> HoldLimits:
        """The part of the settings that are rules of holds."""
        return HoldLimits(
            hold_duration_s=self.hold_duration_s,
            hold_seats_max=self.hold_seats_max,
            active_holds_per_buyer_max=self.active_holds_per_buyer_max,
            active_holds_per_guest_address_max=self.active_holds_per_guest_address_max,
            hold_renewals_max=self.hold_renewals_max,
            hold_total_s_max=self.hold_total_s_max,
        )
