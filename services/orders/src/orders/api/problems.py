"""One table: which error is which problem document."""

from collections.abc import Mapping
from typing import Any

from chassis.problems import NOT_FOUND, ProblemSpec
from orders.api.hold_tokens import HoldTokensInvalid
from orders.api.payment_desk import PaymentsNotSetUp
from orders.api.return_urls import ReturnUrlNotAllowed
from orders.clients.payment_provider import ProviderRefused, ProviderUnavailable
from orders.domain.basket import (
    AttendeesDoNotMatchSeats,
    AttendeesInvalid,
    CurrenciesDiffer,
    HoldsOverlap,
    TicketTypeUnknown,
    TooManySeats,
)
from orders.domain.cancellation import TicketsUnknown
from orders.domain.offer import AttendeesAreFinal, CancellationDeadlinePassed, EventNotFound
from orders.domain.order import OrderNotFound
from orders.domain.payment import NothingToPay, PaymentCapturedAlready, TooLateToPay
from orders.domain.person_limit import PersonLimitReached
from orders.queries.payments import PaymentNotFound
from orders.usecases.cancel_order import OrderIsFinalizing
from orders.usecases.capture_payment import PaymentAmountDiffers, PaymentReferenceUsed
from orders.usecases.correct_attendee import TicketIsCancelled
from orders.usecases.finalize_order import OrderIsOver, PaymentMissing
from orders.usecases.place_order import (
    EventIsCancelled,
    EventNotKnownYet,
    HoldsAlreadyOrdered,
    HoldsExpired,
)


def _faults(error: Any) -> dict[str, Any]:
    return {"errors": [{"field": fault.field, "rule": fault.rule, "in": "body"} for fault in error.faults]}


def _hold_ids(error: Any) -> dict[str, Any]:
    return {"hold_ids": [str(hold_id) for hold_id in error.hold_ids]}


def _event_ids(error: Any) -> dict[str, Any]:
    return {"event_ids": [str(event_id) for event_id in error.event_ids]}


def _money(money: Any) -> dict[str, Any]:
    return {"amount_minor": money.amount_minor, "currency": money.currency}


def _retry_in_a_second(_error: Any) -> dict[str, str]:
    return {"Retry-After": "1"}


def _return_url_rule(error: Any) -> dict[str, Any]:
    return {"errors": [{"field": "return_url", "rule": error.rule, "in": "body"}]}


HOLD_TOKEN_INVALID = ProblemSpec(422, "hold-token-invalid", "A hold token is not valid", extra=_faults)
HOLD_EXPIRED = ProblemSpec(409, "hold-expired", "The seats are no longer held", extra=_hold_ids)
HOLD_ALREADY_ORDERED = ProblemSpec(
    409, "hold-already-ordered", "An order was already made of this hold", extra=_hold_ids
)
HOLDS_OVERLAP = ProblemSpec(
    422, "holds-overlap", "A hold or a seat stands in the basket twice", extra=_faults
)
EVENT_NOT_KNOWN_YET = ProblemSpec(
    503,
    "event-not-known-yet",
    "The event has only just been published",
    extra=_event_ids,
    headers=_retry_in_a_second,
)
EVENT_CANCELLED = ProblemSpec(409, "event-cancelled", "The event will not take place", extra=_event_ids)
ATTENDEES_INVALID = ProblemSpec(
    422, "attendees-invalid", "An attendee's data is not what the event asks for", extra=_faults
)
PERSON_LIMIT_REACHED = ProblemSpec(
    409, "person-limit-reached", "A person has as many tickets of the event as one may", extra=_faults
)
ATTENDEES_FINAL = ProblemSpec(
    409,
    "attendees-final",
    "Attendees can no longer be corrected",
    extra=lambda error: {"final_at": error.final_at},
)
ATTENDEES_DO_NOT_MATCH = ProblemSpec(
    422, "attendees-do-not-match-seats", "Every held seat takes exactly one attendee", extra=_faults
)
TICKET_TYPE_UNKNOWN = ProblemSpec(
    422, "ticket-type-unknown", "The event sells no such ticket type for this seat", extra=_faults
)
TOO_MANY_SEATS = ProblemSpec(
    422, "too-many-seats", "More seats of an event than one order may have", extra=_faults
)
CURRENCIES_DIFFER = ProblemSpec(422, "currencies-differ", "One order is paid in one currency", extra=_faults)
PAYMENT_MISSING = ProblemSpec(
    409, "payment-missing", "The order is not paid", extra=lambda error: {"total": _money(error.total)}
)
ORDER_IS_OVER = ProblemSpec(
    409, "order-is-over", "Too late for this order", extra=lambda error: {"state": error.state}
)
ORDER_IS_FINALIZING = ProblemSpec(
    409, "order-is-finalizing", "The order is being finalized", headers=_retry_in_a_second
)
DEADLINE_PASSED = ProblemSpec(
    409,
    "cancellation-deadline-passed",
    "The order can no longer be cancelled",
    extra=lambda error: {"deadline_at": error.deadline_at},
)
TICKET_CANCELLED = ProblemSpec(409, "ticket-cancelled", "The ticket was cancelled")
TICKETS_UNKNOWN = ProblemSpec(
    422,
    "tickets-unknown",
    "The order has no such tickets",
    extra=lambda error: {"ticket_ids": [str(ticket_id) for ticket_id in error.ticket_ids]},
)
AMOUNT_DIFFERS = ProblemSpec(
    422,
    "payment-amount-differs",
    "What was paid is not what the order costs",
    extra=lambda error: {"expected": _money(error.expected)},
)
REFERENCE_USED = ProblemSpec(
    409, "payment-reference-used", "The reference belongs to another order's payment"
)
NOTHING_TO_PAY = ProblemSpec(409, "nothing-to-pay", "The order costs nothing")
PAYMENT_CAPTURED_ALREADY = ProblemSpec(409, "payment-captured-already", "The order is paid already")
TOO_LATE_TO_PAY = ProblemSpec(409, "too-late-to-pay", "The seats are not held long enough any more")
RETURN_URL_NOT_ALLOWED = ProblemSpec(
    422, "return-url-not-allowed", "A payment page may not lead back there", extra=_return_url_rule
)
PAYMENTS_NOT_SET_UP = ProblemSpec(503, "payments-not-set-up", "No payment provider is set up here")
PROVIDER_UNAVAILABLE = ProblemSpec(
    503,
    "payment-provider-unavailable",
    "The payment provider gives no answer",
    headers=_retry_in_a_second,
)
PROVIDER_REFUSED = ProblemSpec(
    502,
    "payment-provider-refused",
    "The payment provider does not take this payment",
    extra=lambda error: {"code": error.code},
)
NOTICE_REFUSED = ProblemSpec(401, "notice-refused", "The notice is not to be believed")
NOTICE_MALFORMED = ProblemSpec(422, "notice-malformed", "The notice is signed, but cannot be read")
PAYMENT_UNKNOWN = ProblemSpec(404, "payment-unknown", "The notice is about no payment of ours")
EMAIL_NOT_VERIFIED = ProblemSpec(403, "email-not-verified", "Your e-mail is not verified")

PROBLEMS: Mapping[type[Exception], ProblemSpec] = {
    HoldTokensInvalid: HOLD_TOKEN_INVALID,
    HoldsExpired: HOLD_EXPIRED,
    HoldsAlreadyOrdered: HOLD_ALREADY_ORDERED,
    HoldsOverlap: HOLDS_OVERLAP,
    EventNotKnownYet: EVENT_NOT_KNOWN_YET,
    EventIsCancelled: EVENT_CANCELLED,
    AttendeesInvalid: ATTENDEES_INVALID,
    PersonLimitReached: PERSON_LIMIT_REACHED,
    AttendeesAreFinal: ATTENDEES_FINAL,
    AttendeesDoNotMatchSeats: ATTENDEES_DO_NOT_MATCH,
    TicketTypeUnknown: TICKET_TYPE_UNKNOWN,
    TooManySeats: TOO_MANY_SEATS,
    CurrenciesDiffer: CURRENCIES_DIFFER,
    OrderNotFound: NOT_FOUND,
    EventNotFound: NOT_FOUND,
    PaymentMissing: PAYMENT_MISSING,
    OrderIsOver: ORDER_IS_OVER,
    OrderIsFinalizing: ORDER_IS_FINALIZING,
    CancellationDeadlinePassed: DEADLINE_PASSED,
    TicketIsCancelled: TICKET_CANCELLED,
    TicketsUnknown: TICKETS_UNKNOWN,
    PaymentAmountDiffers: AMOUNT_DIFFERS,
    PaymentReferenceUsed: REFERENCE_USED,
    NothingToPay: NOTHING_TO_PAY,
    PaymentCapturedAlready: PAYMENT_CAPTURED_ALREADY,
    TooLateToPay: TOO_LATE_TO_PAY,
    ReturnUrlNotAllowed: RETURN_URL_NOT_ALLOWED,
    PaymentsNotSetUp: PAYMENTS_NOT_SET_UP,
    PaymentNotFound: NOT_FOUND,
    ProviderUnavailable: PROVIDER_UNAVAILABLE,
    ProviderRefused: PROVIDER_REFUSED,
}
