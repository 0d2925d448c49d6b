"""The states of an order, its payments, refunds and tickets, and the moves an order may make.

The state machine is documented where it is defined: each state says what leads to it, and
`MOVES` names every legal move with the reasons that can cause it. The database repeats the
states as CHECK constraints.
"""

from collections.abc import Mapping
from enum import StrEnum


class OrderState(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    """Placed: the buyer holds the seats and has not paid, or not yet finalized a free order."""

    FINALIZING = "finalizing"
    """Paid, or free and finalized: reservation was asked to sell the seats, all or none."""

    CONFIRMED = "confirmed"
    """Reservation sold every seat: the tickets are valid."""

    CANCELLING = "cancelling"
    """Cancelled after the seats were sold: tickets are void, reservation was asked to free the seats."""

    CANCELLED = "cancelled"
    """Over: given up before it was paid, or its sold seats are on sale again."""

    EXPIRED = "expired"
    """The holds lapsed unpaid, or a free order could not be given its seats. May be finalized late."""

    REFUNDED = "refunded"
    """Over: it was paid, but the seats could not be given, so the money goes back."""


OVER_STATES = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED})
"""Nothing is owed any more, but a refund on its way; an expired order may still be finalized late."""


class Reason(StrEnum):
    """Why an order changed its state; kept in its history and told to the buyer."""

    ORDER_PLACED = "order_placed"
    FINALIZED_BY_BUYER = "finalized_by_buyer"
    PAYMENT_CAPTURED = "payment_captured"
    SEATS_SOLD = "seats_sold"
    SEATS_EXCHANGED = "seats_exchanged"
    """Sold, but others for some that were taken: the buyer had allowed equivalent ones."""
    HOLD_RELEASED = "hold_released"
    HOLD_EXPIRED = "hold_expired"
    HOLD_UNKNOWN = "hold_unknown"
    SEATS_TAKEN = "seats_taken"
    SEATS_SOLD_TOO_LATE = "seats_sold_too_late"
    SEATS_RELEASED = "seats_released"
    CANCELLED_BY_BUYER = "cancelled_by_buyer"
    EVENT_CANCELLED = "event_cancelled"
    TICKETS_CANCELLED = "tickets_cancelled"
    """Its buyer gave some of its tickets back and keeps the others."""
    CLAIMED_BY_BUYER = "claimed_by_buyer"
    """A guest's order now belongs to the account that proved its e-mail; its token is void."""
    ACCESS_REVOKED = "access_revoked"
    """A guest's order has a new token, which only a mail can tell; the one before is void."""
    ACCOUNT_ERASED = "account_erased"
    """Its account is gone, its tickets are valid: whoever reads its contact's mail has the right to it."""
    PERSON_ERASED = "person_erased"
    """Its person asked to be erased: it is nobody's."""


class Actor(StrEnum):
    """Who caused a change, as a role: the history holds no personal data."""

    BUYER = "buyer"
    OPERATOR = "operator"
    ORGANIZER = "organizer"
    RESERVATION = "reservation"
    PAYMENT_PROVIDER = "payment_provider"
    ORDERS = "orders"


class OfferState(StrEnum):
    """What orders knows of an event: as catalog published it, or that it will not take place."""

    PUBLISHED = "published"
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    """How far one attempt at paying for an order has got."""

    PENDING = "pending"
    """Asked for: its page is open, or the money is on its way."""
    CAPTURED = "captured"
    """Some of the money is ours: it ends in tickets or in a refund."""
    REFUNDING = "refunding"
    """All that arrived is going back."""
    REFUNDED = "refunded"
    """All that arrived is back with the buyer."""
    FAILED = "failed"
    """Over without money. Money that arrives all the same is taken in: it is then captured."""


class PaymentFailure(StrEnum):
    """Why no money came of a payment; of a pending one, what became of the last attempt."""

    DECLINED = "declined"
    EXPIRED = "expired"
    """Its page closed before anybody paid."""
    NEVER_MADE = "never_made"
    """The provider knows nothing of it: nobody was ever shown a page."""
    WITHDRAWN = "withdrawn"
    """We closed it: its order was over, or paid otherwise."""


class Discrepancy(StrEnum):
    """What a provider did that we did not ask for; such money goes back whole."""

    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    CAPTURED_TWICE = "captured_twice"


class RefundState(StrEnum):
    PENDING = "pending"
    """Owed to the buyer, to be sent; for a recorded payment an operator pays it back and settles it."""
    SUBMITTED = "submitted"
    """The provider has taken it on."""
    SETTLED = "settled"
    """Paid back."""
    FAILED = "failed"
    """The provider refused it too often: an operator's to look at."""


class NoticeVerdict(StrEnum):
    """What became of a notice."""

    TAKEN = "taken"
    """What it says is known now; it may have been known before."""
    UNKNOWN_PAYMENT = "unknown_payment"
    """It is about no payment or refund of ours: a later delivery is judged anew."""
    OF_NO_INTEREST = "of_no_interest"
    """It is about something we do not follow."""


class TicketState(StrEnum):
    VALID = "valid"
    """Issued when its order was confirmed; admits its attendee."""
    VOIDED = "voided"
    """Its order was cancelled, or it alone."""


class MoveNotAllowed(Exception):
    """An order cannot go from {before} to {after} because of {reason}."""

    def __init__(self, before: OrderState, after: OrderState, reason: Reason) -> None:
        super().__init__(f"an order cannot go from {before} to {after} because of {reason}")


_REFUSALS = frozenset({Reason.HOLD_RELEASED, Reason.SEATS_TAKEN, Reason.HOLD_UNKNOWN})
_PAID = frozenset({Reason.FINALIZED_BY_BUYER, Reason.PAYMENT_CAPTURED})
_GIVEN_UP = frozenset({Reason.CANCELLED_BY_BUYER, Reason.EVENT_CANCELLED, Reason.HOLD_RELEASED})

MOVES: Mapping[tuple[OrderState, OrderState], frozenset[Reason]] = {
    (OrderState.AWAITING_PAYMENT, OrderState.FINALIZING): _PAID,
    (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED): frozenset({Reason.HOLD_EXPIRED}),
    (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED): _GIVEN_UP,
    (OrderState.EXPIRED, OrderState.FINALIZING): _PAID,
    (OrderState.EXPIRED, OrderState.CANCELLING): frozenset({Reason.SEATS_SOLD_TOO_LATE}),
    (OrderState.FINALIZING, OrderState.CONFIRMED): frozenset({Reason.SEATS_SOLD, Reason.SEATS_EXCHANGED}),
    (OrderState.FINALIZING, OrderState.CANCELLING): frozenset({Reason.EVENT_CANCELLED}),
    (OrderState.FINALIZING, OrderState.CANCELLED): frozenset({Reason.EVENT_CANCELLED}),
    (OrderState.FINALIZING, OrderState.EXPIRED): _REFUSALS,
    (OrderState.FINALIZING, OrderState.REFUNDED): _REFUSALS | {Reason.EVENT_CANCELLED},
    (OrderState.CONFIRMED, OrderState.CANCELLING): frozenset(
        {Reason.CANCELLED_BY_BUYER, Reason.EVENT_CANCELLED}
    ),
    (OrderState.CANCELLING, OrderState.CANCELLED): frozenset({Reason.SEATS_RELEASED}),
}


STAYS = frozenset(
    {
        Reason.CLAIMED_BY_BUYER,
        Reason.ACCESS_REVOKED,
        Reason.ACCOUNT_ERASED,
        Reason.PERSON_ERASED,
        Reason.TICKETS_CANCELLED,
    }
)
"""Reasons that change whose an order is, or how many tickets it has, and never the state."""


def check_move(before: OrderState, after: OrderState, reason: Reason) -> None:
    """Raise MoveNotAllowed unless `MOVES` has this move for this reason."""
    if reason not in MOVES.get((before, after), frozenset()):
        raise MoveNotAllowed(before, after, reason)


def check_stay(before: OrderState, after: OrderState, reason: Reason) -> None:
    """Raise MoveNotAllowed unless the order stays where it is for one of `STAYS`."""
    if before is not after or reason not in STAYS:
        raise MoveNotAllowed(before, after, reason)
