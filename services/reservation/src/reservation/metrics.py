"""What reservation counts: holds and what became of them, and the state of all seats on sale."""

from chassis.counting import count_when_committed
from chassis.database import Transaction
from chassis.metrics import SampledGauge, counter
from reservation.domain import errors
from reservation.domain.holds import HoldState

FAILED = "failed"
OUTCOME_OF_REFUSAL: dict[type[Exception], str] = {
    errors.SeatsTaken: "seats_taken",
    errors.NotEnoughSeats: "not_enough_seats",
    errors.TooManyActiveHolds: "limit_reached",
    errors.TooManyGuestHolds: "limit_reached",
    errors.EventNotOnSale: "not_on_sale",
}
OUTCOMES = ("held", "repeated", *dict.fromkeys(OUTCOME_OF_REFUSAL.values()), "refused", FAILED)
ENDS = {
    HoldState.CONFIRMED: "purchased",
    HoldState.RELEASED: "released",
    HoldState.EXPIRED: "expired",
}
SEAT_STATES = ("free", "held", "sold", "blocked")

HOLDS = counter(
    "rowlock_holds_total",
    "Requests for a hold: `repeated` were granted before under the same key, `refused` asked for what is not "
    "there or with a bad key, `failed` for want of the database",
    {"outcome": OUTCOMES},
    told_by="api",
)
CONTENDED = counter(
    "rowlock_hold_attempts_contended_total",
    "Times another claim was in the way of a hold's seats, which were then tried again: a hold never waits "
    "for a lock",
    told_by="api",
)
ENDED = counter(
    "rowlock_holds_ended_total",
    "Holds that ended, by how. One bought after its time was over counts as `expired`, and again as "
    "`purchased`",
    {"outcome": tuple(ENDS.values())},
)
SEATS = SampledGauge(
    "rowlock_seats",
    "Seats of all events on sale whose sale is not over, as counted after their last change",
    {"state": SEAT_STATES},
)
SWEEPER_LAG = SampledGauge(
    "rowlock_sweeper_lag_seconds",
    "For how long the hold that is longest over has not been tidied up; its seats are free all the same",
)

_HOLDS = {outcome: HOLDS.labels(outcome) for outcome in OUTCOMES}
_ENDED = {state: ENDED.labels(outcome) for state, outcome in ENDS.items()}


def hold_granted(*, is_replay: bool) -> None:
    """A request for a hold has one, perhaps the one it was granted before."""
    _HOLDS["repeated" if is_replay else "held"].inc()


def hold_not_granted(error: Exception) -> None:
    """A request for a hold ended with this error."""
    known = OUTCOME_OF_REFUSAL.get(type(error))
    _HOLDS[known or ("refused" if isinstance(error, errors.Refusal) else FAILED)].inc()


def holds_ended(tx: Transaction, *, state: HoldState, number: int) -> None:
    """Holds come to a final state, if `tx` commits."""
    count_when_committed(tx, _ENDED[state], number)
