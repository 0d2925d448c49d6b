"""What the API takes and gives of attendees alone."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.paging import Page
from orders.api.examples import ATTENDEE_TO_CORRECT, PAGE_OF_ATTENDEES
from orders.api.fields import Name, PeselText


class AttendeeCorrectionIn(BaseModel):
    """What is wrong, as it should be; the rest is left out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [ATTENDEE_TO_CORRECT], "minProperties": 1}
    )

    first_name: Name | None = Field(default=None, repr=False, examples=["Ada"])
    last_name: Name | None = Field(default=None, repr=False, examples=["King"])
    pesel: PeselText | None = Field(
        default=None, repr=False, description="Where the event requires it", examples=["44051401359"]
    )

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name what is to be corrected")
        return self


class PersonOut(BaseModel):
    """In full, for the organizer."""

    model_config = ConfigDict(from_attributes=True)

    first_name: str
    last_name: str
    pesel: str | None = Field(description="Null where the event asks for none")


class ListedAttendeeOut(BaseModel):
    """Somebody with a valid ticket."""

    model_config = ConfigDict(from_attributes=True)

    order_id: UUID
    line_id: UUID
    seat_id: str
    price_category: str
    ticket_type: str
    attendee: PersonOut | None = Field(description="Null once shredded, some time after the event")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row of the list."""
        return cls.model_validate(dict(row))


class AttendeesOut(Page[ListedAttendeeOut]):
    """A page of an event's attendees, by their seats."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAGE_OF_ATTENDEES]})
