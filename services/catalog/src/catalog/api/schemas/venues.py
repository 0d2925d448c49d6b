"""Venues in requests and answers."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.api.schemas.parts import ChosenOrganization, Line, Request
from catalog.domain.venue import Venue


class VenueIn(Request):
    """A new venue."""

    organization_id: ChosenOrganization = None
    name: Line
    city: Line
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(description="ISO 3166-1 alpha-2")
    address: Line | None = None
    time_zone: Line = Field(description="IANA time zone")

    def venue(self, *, venue_id: UUID, organization_id: UUID) -> Venue:
        """The venue asked for, under a new id, as the organization's own."""
        described = self.model_dump(exclude={"organization_id"})
        return Venue(venue_id=venue_id, organization_id=organization_id, **described)


class VenueOut(BaseModel):
    """A venue."""

    venue_id: UUID
    organization_id: UUID
    name: str
    city: str
    country: str
    address: str | None
    time_zone: str

    @classmethod
    def of(cls, venue: Venue) -> "VenueOut":
        """The venue, as shown."""
        return cls.model_validate(venue, from_attributes=True)
