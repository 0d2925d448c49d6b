"""Venues in requests and answers."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.api.schemas.parts import VENUE_ID, Line, Request
from catalog.domain.venue import Venue


class VenueIn(Request):
    """A new venue."""

    name: Line = Field(examples=["Grand Theatre"])
    city: Line = Field(examples=["Kraków"])
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(
        description="ISO 3166-1 alpha-2", examples=["PL"]
    )
    address: Line | None = Field(default=None, examples=["plac Świętego Ducha 1"])
    time_zone: Line = Field(description="IANA time zone", examples=["Europe/Warsaw"])

    def venue(self, *, venue_id: UUID) -> Venue:
        """The venue asked for, under a new id."""
        return Venue(venue_id=venue_id, **self.model_dump())


class VenueOut(BaseModel):
    """A venue."""

    venue_id: UUID = Field(examples=[VENUE_ID])
    name: str = Field(examples=["Grand Theatre"])
    city: str = Field(examples=["Kraków"])
    country: str = Field(examples=["PL"])
    address: str | None = Field(examples=["plac Świętego Ducha 1"])
    time_zone: str = Field(examples=["Europe/Warsaw"])

    @classmethod
    def of(cls, venue: Venue) -> "VenueOut":
        """The venue, as shown."""
        return cls.model_validate(venue, from_attributes=True)
