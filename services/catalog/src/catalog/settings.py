"""The settings of catalog, on top of those every service has."""

from pydantic import Field

from chassis.settings import MEBIBYTE, ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment, upper case, no prefix."""

    outbox_poll_ms: int = Field(
        default=250,
        ge=5,
        description="How often the relay looks for messages nobody woke it for; a publication is no hurry",
    )
    seating_plan_bytes_max: int = Field(
        default=64 * MEBIBYTE,
        ge=1,
        description="Largest seating-plan document in bytes; an editor writes about 20 MB for 100,000 seats",
    )
    seats_per_plan_max: int = Field(
        default=100_000,
        ge=1,
        description="Most seats one seating plan may have, numbered ones and capacities of areas together",
    )
