"""The examples of the OpenAPI are what the API takes and gives."""

from typing import Any

import pytest
from pydantic import BaseModel

from orders.api.answers import ClaimedOrdersOut, GuestOrderOut, LineOut, OrderOut, OrdersOut, TicketsOut
from orders.api.attendee_schemas import AttendeeCorrectionIn, AttendeesOut
from orders.api.cancellation_examples import CANCELLATION_TERMS, EVENT_REFUNDS, TICKETS_TO_CANCEL
from orders.api.cancellation_schemas import CancellationTermsOut, EventRefundsOut, TicketsToCancelIn
from orders.api.examples import (
    ATTENDEE_TO_CORRECT,
    CLAIMED_ORDERS,
    EMAIL_TO_LOOK_UP,
    GUEST_ORDER,
    LINE,
    ORDER,
    ORDER_TO_PLACE,
    PAGE_OF_ATTENDEES,
    PAGE_OF_ORDERS,
    PAYMENT_TO_RECORD,
    TICKETS,
)
from orders.api.schemas import LookupIn, OrderIn, RecordedPaymentIn


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (OrderIn, ORDER_TO_PLACE),
        (RecordedPaymentIn, PAYMENT_TO_RECORD),
        (OrderOut, ORDER),
        (GuestOrderOut, GUEST_ORDER),
        (ClaimedOrdersOut, CLAIMED_ORDERS),
        (LookupIn, EMAIL_TO_LOOK_UP),
        (OrdersOut, PAGE_OF_ORDERS),
        (TicketsOut, TICKETS),
        (LineOut, LINE),
        (AttendeeCorrectionIn, ATTENDEE_TO_CORRECT),
        (AttendeesOut, PAGE_OF_ATTENDEES),
        (TicketsToCancelIn, TICKETS_TO_CANCEL),
        (CancellationTermsOut, CANCELLATION_TERMS),
        (EventRefundsOut, EVENT_REFUNDS),
    ],
)
def test_an_example_is_as_its_model_says(model: type[BaseModel], example: dict[str, Any]) -> None:
    read = model.model_validate(example, extra="forbid")

    assert example == read.model_dump(mode="json", exclude_unset=True)
