"""What a comparison of the books can find: every kind of difference, and one found.

docs/runbooks/reconcile.md says for each kind where it may come from and what to do; a test compares.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class FindingKind(StrEnum):
    """Kinds of differences, in the order in which the parts are compared."""

    # Ledger with payments and refunds
    CAPTURED_SUM_DIFFERS = "captured_sum_differs"
    """What a payment says it captured is not what the ledger has of it."""
    REFUND_SUM_DIFFERS = "refund_sum_differs"
    """What a payment says goes back is not the sum of its refunds."""
    PAYMENT_STATE_DIFFERS = "payment_state_differs"
    """A payment's state is not the one its captures and refunds lead to."""
    REFUND_WITHOUT_CAPTURE = "refund_without_capture"
    """A refund pays back from a capture that the ledger does not have of its payment."""
    REFUNDS_EXCEED_CAPTURE = "refunds_exceed_capture"
    """More is paid back than was captured, or in another currency."""
    SETTLED_REFUND_NOT_IN_LEDGER = "settled_refund_not_in_ledger"
    """A refund is settled, and the ledger does not say so, or says another amount."""
    LEDGER_REFUND_NOT_SETTLED = "ledger_refund_not_settled"
    """The ledger says that a refund is paid back, the refund says that it is not."""

    # Ledger with orders
    MONEY_KEPT_DIFFERS = "money_kept_differs"
    """The money kept for an order is not the value of its valid tickets and its fees."""
    ORDER_TOTAL_DIFFERS = "order_total_differs"
    """An order's total is not the sum of its lines."""

    # Tickets with orders
    TICKETS_MISSING = "tickets_missing"
    """A confirmed order lacks the ticket of a line, or has no valid one at all."""
    TICKET_OF_UNCONFIRMED_ORDER = "ticket_of_unconfirmed_order"
    """A ticket is valid although its order is not confirmed."""
    TICKET_SEAT_DIFFERS = "ticket_seat_differs"
    """A valid ticket is for another seat than its line."""

    # Tickets with reservation's seats
    TICKET_WITHOUT_SOLD_SEAT = "ticket_without_sold_seat"
    """A ticket is valid, and reservation has not sold its seat to its order."""
    SOLD_SEAT_WITHOUT_TICKET = "sold_seat_without_ticket"
    """Reservation has sold a seat to an order that has no valid ticket for it."""

    # Payments and refunds with the provider's view
    PAYMENT_UNKNOWN_HERE = "payment_unknown_here"
    """The provider captured money for a payment that carries an id of ours, which we do not know."""
    CAPTURE_NOT_IN_LEDGER = "capture_not_in_ledger"
    """The provider captured money that the ledger does not have, and nobody is about to ask for it."""
    CAPTURE_DIFFERS = "capture_differs"
    """The provider captured another amount than the ledger has."""
    CAPTURE_UNKNOWN_TO_PROVIDER = "capture_unknown_to_provider"
    """The ledger has money that the provider says it never captured."""
    PAGE_OPEN_TOO_LONG = "page_open_too_long"
    """A payment page is still open although its time, or its payment, is over."""
    REFUND_UNKNOWN_HERE = "refund_unknown_here"
    """The provider paid back money that we captured, and we never started it."""
    REFUND_DIFFERS = "refund_differs"
    """The provider paid back another sum for a refund than we say."""
    REFUND_UNKNOWN_TO_PROVIDER = "refund_unknown_to_provider"
    """We say that the provider has a refund, and it does not know it."""

    # What does not move any more
    PAYMENT_PENDING_TOO_LONG = "payment_pending_too_long"
    """A payment's page closed long ago, and we still do not know what came of it."""
    REFUND_OWED_TOO_LONG = "refund_owed_too_long"
    """A refund was started long ago and is not settled."""
    REFUND_GIVEN_UP = "refund_given_up"
    """The provider refused a refund so often that nobody tries any more."""
    ORDER_UNDER_WAY_TOO_LONG = "order_under_way_too_long"
    """An order waits for reservation's answer for long."""
    ORDER_OF_CANCELLED_EVENT = "order_of_cancelled_event"
    """An event was cancelled long ago, and an order of it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One difference: what it is about, what one side makes us expect and what the other has.

    `reference` is the provider's name of the capture, payment or refund. No personal data.
    """

    kind: FindingKind
    order_id: UUID | None = None
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    event_id: UUID | None = None
    seat_id: str | None = None
    reference: str | None = None
    expected: str
    found: str


FINDINGS_PER_KIND_MAX = 1000
"""So many are listed; of a kind that has more, the rest are only counted."""


@dataclass(slots=True)
class Report:
    """What a comparison found, so far or in all. `compared` counts what it looked at (`orders`, `events`,
    and `payments` and `refunds` at the provider), `not_compared` says why a part could not be asked.
    """

    findings: list[Finding] = field(default_factory=list[Finding])
    counts: Counter[FindingKind] = field(default_factory=Counter[FindingKind])
    compared: Counter[str] = field(default_factory=Counter[str])
    not_compared: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, found: Iterable[Finding]) -> None:
        """Count them, and list them while there is room."""
        for finding in found:
            self.counts[finding.kind] += 1
            if self.counts[finding.kind] <= FINDINGS_PER_KIND_MAX:
                self.findings.append(finding)

    def count_by_kind(self) -> Mapping[str, int]:
        """How many of every kind, those of which there are none too."""
        return {kind.value: self.counts[kind] for kind in FindingKind}
