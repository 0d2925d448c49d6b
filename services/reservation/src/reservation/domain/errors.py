"""Refusals: anticipated, named for what went wrong, carrying the facts. Their text is for the buyer."""

from datetime import datetime
from uuid import UUID

from reservation.domain.geometry import SeatLabel


class Refusal(Exception):
    """Something a caller asked for that the rules do not allow; nothing was changed."""


class EventNotOnSale(Refusal):
    def __init__(self, *, event_id: UUID) -> None:
        super().__init__("This event is not on sale.")
        self.event_id = event_id


class UnknownSeats(Refusal):
    def __init__(self, *, seat_ids: tuple[str, ...]) -> None:
        super().__init__(f"The event has no seats {', '.join(seat_ids[:10])}.")
        self.seat_ids = seat_ids


class UnknownPriceCategory(Refusal):
    def __init__(self, *, price_category: str) -> None:
        super().__init__(f"The event has no price category {price_category}.")
        self.price_category = price_category


class UnknownArea(Refusal):
    def __init__(self, *, area_id: str) -> None:
        super().__init__(f"The event has no area {area_id}.")
        self.area_id = area_id


class SeatsTaken(Refusal):
    """`alternative` is the nearest equivalent block, free a moment ago, or None."""

    def __init__(
        self, *, seat_ids: tuple[str, ...], alternative: tuple[SeatLabel, ...] | None = None
    ) -> None:
        super().__init__(f"Already taken: {', '.join(seat_ids)}.")
        self.seat_ids = seat_ids
        self.alternative = alternative


class NotEnoughSeats(Refusal):
    def __init__(self, *, wanted: int, largest_block: int) -> None:
        super().__init__(f"{wanted} seats together are not available; at most {largest_block} are.")
        self.wanted = wanted
        self.largest_block = largest_block


class TooManySeats(Refusal):
    def __init__(self, *, wanted: int, seats_max: int) -> None:
        super().__init__(f"{wanted} seats were asked for; one hold may have {seats_max} at most.")
        self.wanted = wanted
        self.seats_max = seats_max


class TooManyActiveHolds(Refusal):
    """`retry_after_s`: when the first of them is over by itself."""

    def __init__(self, *, active_holds_max: int, retry_after_s: int) -> None:
        super().__init__(f"A buyer may have {active_holds_max} active holds for one event.")
        self.active_holds_max = active_holds_max
        self.retry_after_s = retry_after_s


class TooManyGuestHolds(Refusal):
    """The guests behind one network address have all the holds of an event they may have; the first of
    these is over by itself in `retry_after_s`.
    """

    def __init__(self, *, active_holds_max: int, retry_after_s: int) -> None:
        super().__init__(
            f"Guests of one network address may have {active_holds_max} active holds for one event."
            " Whoever signs in has holds of their own."
        )
        self.active_holds_max = active_holds_max
        self.retry_after_s = retry_after_s


class IdempotencyKeyGuessable(Refusal):
    def __init__(self, *, chars_min: int) -> None:
        super().__init__(
            f"Without an account the Idempotency-Key must be random, of {chars_min} characters at least,"
            " such as a UUID."
        )
        self.chars_min = chars_min


class IdempotencyKeyReused(Refusal):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request.")


class IdempotencyKeyInUse(Refusal):
    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still running.")


class HoldNotFound(Refusal):
    """No such hold, or the caller does not own it: the two look the same."""

    def __init__(self, *, hold_id: UUID) -> None:
        super().__init__("There is no such hold.")
        self.hold_id = hold_id


class HoldNotActive(Refusal):
    """The hold was confirmed or released."""

    def __init__(self, *, hold_id: UUID, state: str) -> None:
        super().__init__(f"The hold is {state}.")
        self.hold_id = hold_id
        self.state = state


class HoldHasExpired(Refusal):
    def __init__(self, *, hold_id: UUID, expired_at: datetime) -> None:
        super().__init__("The hold has expired; its seats may be held by others now.")
        self.hold_id = hold_id
        self.expired_at = expired_at


class SeatNotInHold(Refusal):
    def __init__(self, *, seat_id: str) -> None:
        super().__init__(f"Seat {seat_id} is not in this hold.")
        self.seat_id = seat_id


class RenewalsUsedUp(Refusal):
    def __init__(self, *, renewals_max: int) -> None:
        super().__init__(f"A hold can be renewed {renewals_max} times.")
        self.renewals_max = renewals_max


class HoldTimeUsedUp(Refusal):
    def __init__(self, *, total_s_max: int) -> None:
        super().__init__(f"A hold lasts {total_s_max} seconds at most, renewals included.")
        self.total_s_max = total_s_max


class SeatsNotFree(Refusal):
    """Seats to block that are held or sold."""

    def __init__(self, *, seat_ids: tuple[str, ...]) -> None:
        super().__init__(f"Only free seats can be blocked; these are not: {', '.join(seat_ids[:10])}.")
        self.seat_ids = seat_ids


class SeatsNotBlocked(Refusal):
    def __init__(self, *, seat_ids: tuple[str, ...]) -> None:
        super().__init__(f"These seats are not blocked: {', '.join(seat_ids[:10])}.")
        self.seat_ids = seat_ids
