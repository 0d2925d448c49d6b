"""An event that breaks no rule, to be changed one way at a time."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from catalog.domain.event import Event, EventTerms, PriceCategory, TicketType


@pytest.fixture
def terms():
    return EventTerms(
        title="Hamlet",
        description="",
        venue_id=UUID(int=1),
        seating_plan_id=UUID(int=2),
        starts_at=datetime(2027, 5, 1, 19, tzinfo=UTC),
        ends_at=datetime(2027, 5, 1, 22, tzinfo=UTC),
        sales_start_at=datetime(2027, 2, 1, tzinfo=UTC),
        sales_end_at=datetime(2027, 5, 1, 19, tzinfo=UTC),
        currency="PLN",
        price_categories=(
            PriceCategory("Stalls", (TicketType("adult", 12000), TicketType("concession", 8000))),
            PriceCategory("Balcony", (TicketType("adult", 5000),)),
        ),
        seats_per_order_max=10,
        pesel_required=False,
        tickets_per_person_max=None,
        cancellation_deadline_at=None,
        attendees_final_at=None,
    )


@pytest.fixture
def draft(terms):
    return Event(event_id=UUID(int=3), organization_id=UUID(int=4), terms=terms)
