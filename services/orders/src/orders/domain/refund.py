"""Money on its way back: what a refund is, and when its provider is asked about it again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from orders.domain.order import Money
from orders.domain.pauses import DOUBLINGS_MAX
from orders.domain.states import RefundState

RECORDED = "recorded"
"""The provider of payments that an operator saw and recorded: they are paid back by hand."""

WHOLE_ORDER = "order"
"""The cause of a refund of everything that is kept for an order."""

OPEN_STATES = frozenset({RefundState.PENDING, RefundState.SUBMITTED})
"""The job still has something to do about it."""


def cause_of_ticket(ticket_id: UUID) -> str:
    """The cause of a refund of one ticket."""
    return f"ticket:{ticket_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money owed back of one capture, for one cause.

    `attempts` is how many failed, so the next one is the one after; `asked` how often the provider was
    asked since it last said something new.
    """

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    provider: str
    capture_reference: str
    state: RefundState
    amount: Money
    provider_reference: str | None
    attempts: int
    asked: int

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way or comes next; names it at the provider."""
        return self.attempts + 1

    @property
    def is_open(self) -> bool:
        """Whether the job still has something to do about it."""
        return self.state in OPEN_STATES


class RefundNotFound(Exception):
    """There is no refund {refund_id}."""

    def __init__(self, refund_id: UUID) -> None:
        super().__init__(f"there is no refund {refund_id}")


class RefundedBefore(Exception):
    """The capture was refunded for this cause before: a bug, which must not keep money silently."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the capture was refunded before for {cause}")


class RefundIsUnderWay(Exception):
    """The refund is {state} at its payment provider: paid back by hand, it would be paid twice."""

    def __init__(self, state: RefundState) -> None:
        super().__init__(f"the refund is {state} at its payment provider: by hand it would be paid twice")


class RefundHasNotFailed(Exception):
    """The refund is {state}: only one that was given up can be tried again."""

    def __init__(self, state: RefundState) -> None:
        super().__init__(f"the refund is {state}: only one that was given up can be tried again")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pauses:
    """How patient the job is: pauses double from their first length up to `longest_s`."""

    retry_s: float
    look_again_s: float
    longest_s: float
    attempts_max: int

    def before_attempt(self, failed: int) -> timedelta:
        """The pause after the attempt `failed`, counted from 1."""
        return self._doubled(self.retry_s, failed)

    def before_asking_again(self, asked: int) -> timedelta:
        """The pause after an attempt was sent `asked` times and never answered."""
        return self._doubled(self.retry_s, asked)

    def before_look(self, asked: int) -> timedelta:
        """The pause after the provider said `asked` times that the refund is still under way."""
        return self._doubled(self.look_again_s, asked)

    def _doubled(self, first_s: float, times: int) -> timedelta:
        doublings = min(max(times - 1, 0), DOUBLINGS_MAX)
        return timedelta(seconds=min(first_s * 2**doublings, max(first_s, self.longest_s)))
