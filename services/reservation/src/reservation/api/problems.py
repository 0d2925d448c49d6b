"""Which refusal is answered with which problem."""

from typing import Any

from chassis.idempotency import KEY_IN_USE, KEY_REUSED
from chassis.problems import ProblemSpec
from reservation.api.schemas import SeatOut
from reservation.domain import errors


def _seat_ids(error: Any) -> dict[str, Any]:
    return {"seat_ids": list(error.seat_ids)}


def _taken(error: errors.SeatsTaken) -> dict[str, Any]:
    block = error.alternative
    seats = None if block is None else [SeatOut.of(label).model_dump() for label in block]
    return {"taken": list(error.seat_ids), "alternative": None if seats is None else {"seats": seats}}


def _active_holds(error: Any) -> dict[str, Any]:
    return {"active_holds_max": error.active_holds_max, "retry_after_s": error.retry_after_s}


def _come_back(error: Any) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_s)}


EVENT_NOT_ON_SALE = ProblemSpec(404, "event-not-on-sale", "The event is not on sale")
UNKNOWN_SEATS = ProblemSpec(422, "unknown-seats", "The event has no such seats", extra=_seat_ids)
UNKNOWN_PRICE_CATEGORY = ProblemSpec(422, "unknown-price-category", "The event has no such price category")
UNKNOWN_AREA = ProblemSpec(422, "unknown-area", "The event has no such area")
SEATS_TAKEN = ProblemSpec(409, "seats-taken", "Seats are taken", extra=_taken)
NOT_ENOUGH_SEATS = ProblemSpec(
    409,
    "not-enough-seats",
    "Not so many seats are left together",
    extra=lambda e: {"wanted": e.wanted, "largest_block": e.largest_block},
)
TOO_MANY_SEATS = ProblemSpec(
    422, "too-many-seats", "Too many seats for one hold", extra=lambda e: {"seats_max": e.seats_max}
)
TOO_MANY_ACTIVE_HOLDS = ProblemSpec(
    409,
    "too-many-active-holds",
    "Too many active holds for this event",
    extra=_active_holds,
    headers=_come_back,
)
TOO_MANY_GUEST_HOLDS = ProblemSpec(
    409,
    "too-many-guest-holds",
    "Too many active holds of guests at this address",
    extra=_active_holds,
    headers=_come_back,
)
IDEMPOTENCY_KEY_GUESSABLE = ProblemSpec(
    400,
    "idempotency-key-guessable",
    "Without an account the Idempotency-Key must be hard to guess",
    extra=lambda e: {"chars_min": e.chars_min},
)
HOLD_NOT_FOUND = ProblemSpec(404, "hold-not-found", "There is no such hold")
HOLD_NOT_ACTIVE = ProblemSpec(409, "hold-not-active", "The hold is over", extra=lambda e: {"state": e.state})
HOLD_EXPIRED = ProblemSpec(
    409, "hold-expired", "The hold has expired", extra=lambda e: {"expired_at": e.expired_at}
)
SEAT_NOT_IN_HOLD = ProblemSpec(404, "seat-not-in-hold", "The seat is not in this hold")
RENEWALS_USED_UP = ProblemSpec(
    409,
    "renewals-used-up",
    "The hold cannot be renewed again",
    extra=lambda e: {"renewals_max": e.renewals_max},
)
HOLD_TIME_USED_UP = ProblemSpec(
    409, "hold-time-used-up", "The hold cannot last longer", extra=lambda e: {"total_s_max": e.total_s_max}
)
SEATS_NOT_FREE = ProblemSpec(409, "seats-not-free", "Only free seats can be blocked", extra=_seat_ids)
SEATS_NOT_BLOCKED = ProblemSpec(409, "seats-not-blocked", "Seats are not blocked", extra=_seat_ids)
HOLD_TOKEN_INVALID = ProblemSpec(401, "hold-token-invalid", "The hold token is not valid")

PROBLEMS: dict[type[Exception], ProblemSpec] = {
    errors.EventNotOnSale: EVENT_NOT_ON_SALE,
    errors.UnknownSeats: UNKNOWN_SEATS,
    errors.UnknownPriceCategory: UNKNOWN_PRICE_CATEGORY,
    errors.UnknownArea: UNKNOWN_AREA,
    errors.SeatsTaken: SEATS_TAKEN,
    errors.NotEnoughSeats: NOT_ENOUGH_SEATS,
    errors.TooManySeats: TOO_MANY_SEATS,
    errors.TooManyActiveHolds: TOO_MANY_ACTIVE_HOLDS,
    errors.TooManyGuestHolds: TOO_MANY_GUEST_HOLDS,
    errors.IdempotencyKeyGuessable: IDEMPOTENCY_KEY_GUESSABLE,
    errors.IdempotencyKeyInUse: KEY_IN_USE,
    errors.IdempotencyKeyReused: KEY_REUSED,
    errors.HoldNotFound: HOLD_NOT_FOUND,
    errors.HoldNotActive: HOLD_NOT_ACTIVE,
    errors.HoldHasExpired: HOLD_EXPIRED,
    errors.SeatNotInHold: SEAT_NOT_IN_HOLD,
    errors.RenewalsUsedUp: RENEWALS_USED_UP,
    errors.HoldTimeUsedUp: HOLD_TIME_USED_UP,
    errors.SeatsNotFree: SEATS_NOT_FREE,
    errors.SeatsNotBlocked: SEATS_NOT_BLOCKED,
}
