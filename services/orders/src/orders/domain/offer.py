"""What an event sells, as catalog published it: the only source of prices."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.domain.refund_policy import RefundPolicy
from orders.domain.states import OfferState


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Prices by price category and ticket type, in minor units of `currency`."""

    event_id: UUID
    version: int
    state: OfferState
    title: str
    starts_at: datetime
    ends_at: datetime
    cancellation_deadline_at: datetime | None
    currency: str
    prices: dict[str, dict[str, int]]
    seats_per_order_max: int
    pesel_required: bool
    organization_id: UUID | None = None
    tickets_per_person_max: int | None = None
    """With `pesel_required` only: a person is told apart by nothing else."""
    attendees_final_at: datetime | None = None
    refund_policy: RefundPolicy | None = None
    """None: a buyer who may cancel gets everything back."""

    @property
    def cancellable_until(self) -> datetime:
        """A buyer may cancel before this instant: the organizer's deadline, else the start."""
        return self.cancellation_deadline_at or self.starts_at

    @property
    def correctable_until(self) -> datetime:
        """Attendees may be corrected before this instant: the organizer's deadline, else the start."""
        return self.attendees_final_at or self.starts_at


class EventNotFound(Exception):
    """There is no such event, or it is another organization's."""

    def __init__(self) -> None:
        super().__init__("there is no such event")


class AttendeesAreFinal(Exception):
    """The attendees could be corrected until {final_at} only."""

    def __init__(self, final_at: datetime) -> None:
        self.final_at = final_at
        super().__init__(f"attendees could be corrected until {final_at:%Y-%m-%dT%H:%M:%SZ} only")


def check_correctable(offer: Offer, now: datetime) -> None:
    """Raise AttendeesAreFinal once the organizer's list stands."""
    if now >= offer.correctable_until:
        raise AttendeesAreFinal(offer.correctable_until)


class CancellationDeadlinePassed(Exception):
    """The order could be cancelled until {deadline} only."""

    def __init__(self, deadline: datetime) -> None:
        self.deadline_at = deadline
        super().__init__(f"the order could be cancelled until {deadline:%Y-%m-%dT%H:%M:%SZ} only")


def check_cancellable(offers: list[Offer], now: datetime) -> None:
    """Every event of the order must still allow it: the earliest deadline decides."""
    deadline = min(offer.cancellable_until for offer in offers)
    if now >= deadline:
        raise CancellationDeadlinePassed(deadline)
