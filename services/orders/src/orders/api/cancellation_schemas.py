"""What is taken and given about cancelling, and about the refunds that follow."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.api.answers import MoneyOut
from orders.api.cancellation_examples import CANCELLATION_TERMS, EVENT_REFUNDS, TICKETS_TO_CANCEL
from orders.api.schemas import SEATS_PER_ORDER_MAX
from orders.domain.refund_policy import RefundShare
from orders.domain.states import RefundState
from orders.queries.cancellation import FoundTerms


class TicketsToCancelIn(BaseModel):
    """Tickets of one order."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TICKETS_TO_CANCEL]})

    ticket_ids: Annotated[list[UUID], Field(min_length=1, max_length=SEATS_PER_ORDER_MAX)]


class _SharedOut(BaseModel):
    refund: MoneyOut = Field(description="What goes back")
    fee: MoneyOut = Field(description="What is kept; together with `refund` it is what was paid")


class TicketTermsOut(_SharedOut):
    """What cancelling this ticket would come to."""

    ticket_id: UUID


class CancellationTermsOut(_SharedOut):
    """What cancelling tickets of an order would come to: in all, and each of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [CANCELLATION_TERMS]})

    tickets: list[TicketTermsOut]
    holds_until: datetime | None = Field(
        description="Before it, these terms stay as they are; null: for good, or nothing is sold yet"
    )
    cancellable_until: datetime | None = Field(
        description="Before it, all of it may be cancelled at once; null: at any time"
    )

    @classmethod
    def of(cls, found: FoundTerms) -> Self:
        """The terms, as shown."""
        terms = found.terms
        return cls(
            **_shared(terms.total, found.currency),
            tickets=[
                TicketTermsOut(ticket_id=ticket_id, **_shared(share, found.currency))
                for ticket_id, share in terms.shares.items()
            ],
            holds_until=terms.holds_until,
            cancellable_until=terms.cancellable_until,
        )


class OrdersOfEventOut(BaseModel):
    """How many orders of an event are where. Of a cancelled one, `open` goes down to 0 by itself."""

    open: int = Field(description="Awaiting payment, finalizing or confirmed")
    cancelling: int = Field(description="Called off; their seats are on their way back")
    over: int = Field(description="Cancelled, expired or refunded")


class RefundsInStateOut(BaseModel):
    """Refunds in one state, and what they come to in one currency."""

    state: RefundState
    refunds: int
    amount: MoneyOut


class EventRefundsOut(BaseModel):
    """How far the cancellation of an event, or of single orders of it, has got."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVENT_REFUNDS]})

    event_id: UUID
    cancelled_at: datetime | None = Field(description="When orders heard of it; null: the event takes place")
    orders: OrdersOfEventOut
    refunds: list[RefundsInStateOut] = Field(
        description="All refunds of these orders: those of an order of several events count for each event, "
        "with what goes back for the others"
    )


def _shared(share: RefundShare, currency: str) -> dict[str, MoneyOut]:
    return {
        "refund": MoneyOut(amount_minor=share.refund_minor, currency=currency),
        "fee": MoneyOut(amount_minor=share.fee_minor, currency=currency),
    }
