"""What OpenAPI shows is what the service takes and gives."""

import pytest
from pydantic import ConfigDict, TypeAdapter

from catalog.api import examples
from catalog.api.schemas.browsing import ListingOut
from catalog.api.schemas.event_requests import CancellationIn, EventChanges, EventIn
from catalog.api.schemas.events import EventOut, OrganizerEventOut
from catalog.api.schemas.seating_plans import SeatingPlanGeometry, SeatingPlanOut
from catalog.api.schemas.venues import VenueIn, VenueOut
from catalog.usecases.plan_document.parser import read_plan

SHOWN = [
    (VenueIn, examples.NEW_VENUE),
    (VenueOut, examples.VENUE),
    (SeatingPlanOut, examples.SEATING_PLAN),
    (SeatingPlanGeometry, examples.GEOMETRY),
    (EventIn, examples.NEW_EVENT),
    (EventChanges, examples.EVENT_CHANGES),
    (CancellationIn, examples.CANCELLATION),
    (EventOut, examples.EVENT),
    (ListingOut, examples.LISTING),
    (OrganizerEventOut, examples.ORGANIZER_EVENT),
]


@pytest.mark.parametrize(("schema", "example"), SHOWN, ids=[schema.__name__ for schema, _ in SHOWN])
def test_the_example_fits_its_schema_exactly(schema, example):
    if schema is EventChanges:
        assert set(example) == set(TypeAdapter(schema).validate_python(example))
    else:
        strict = type(schema.__name__, (schema,), {"model_config": ConfigDict(extra="forbid")})
        assert set(example) == set(strict.model_validate(example).model_fields_set)


def test_the_example_plan_is_a_valid_plan():
    assert 202 == read_plan(examples.PLAN_DOCUMENT, seats_per_plan_max=1000).capacity_total
