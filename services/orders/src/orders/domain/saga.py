"""What each message or request does to an order in each state: the saga as one table.

Messages arrive twice, late and out of order, so every pair of message and state has an answer
here, and a test drives every cell against PostgreSQL. The reasoning:

- `ReleaseSeats` is only ever sent after reservation said that it sold the seats, so it can
  never overtake the `ConfirmHolds` it undoes.
- Reservation gives one answer to an order however often it is asked. A second answer is a
  duplicate, unless it contradicts the first where tickets depend on it: that is a bug, which
  goes to the dead letters and is not guessed at (`Effect.IMPOSSIBLE`).
- Seats sold to an order that is over go back on sale, however late the message comes.
- Captured money is never dropped: it finalizes the order or is refunded.
"""

from collections.abc import Mapping
from enum import StrEnum

from orders.domain.states import OrderState as S


class Trigger(StrEnum):
    """What can happen to an order: requests first, then messages."""

    FINALIZATION = "finalization"
    CAPTURE = "capture"
    CANCELLATION = "cancellation"
    EVENT_CANCELLED = "event_cancelled"
    HOLDS_CONFIRMED = "holds_confirmed"
    HOLDS_REFUSED = "holds_refused"
    SEATS_RELEASED = "seats_released"
    HOLD_EXPIRED = "hold_expired"
    HOLD_RELEASED = "hold_released"


class Effect(StrEnum):
    FINALIZE = "finalize"
    """-> finalizing; `ConfirmHolds` is sent."""
    CONFIRM = "confirm"
    """-> confirmed with tickets; -> cancelling if an event of the order was cancelled meanwhile."""
    REFUSE = "refuse"
    """Paid -> refunded, refund started; free -> expired, or cancelled if its event was."""
    WITHDRAW = "withdraw"
    """-> cancelled before anything was sold; `ReleaseHolds` is sent."""
    RECALL = "recall"
    """-> cancelling; tickets voided, refund started, `ReleaseSeats` is sent."""
    COMPLETE = "complete"
    """-> cancelled; the seats are on sale again."""
    EXPIRE = "expire"
    """-> expired; may still be finalized late."""
    GIVE_BACK = "give_back"
    """No change of state; `ReleaseSeats` is sent so that no seat stays sold to a dead order."""
    REFUND = "refund"
    """No change of state; the captured payment is refunded."""
    NOTHING = "nothing"
    """Already so, or no longer of interest."""
    REFUSE_REQUEST = "refuse_request"
    """The caller is told why it cannot be."""
    IMPOSSIBLE = "impossible"
    """Reservation contradicts itself or was never asked: dead letter, an operator looks."""


_NO = Effect.NOTHING
_BUG = Effect.IMPOSSIBLE
_409 = Effect.REFUSE_REQUEST

_COLUMNS = (S.AWAITING_PAYMENT, S.FINALIZING, S.CONFIRMED, S.CANCELLING, S.CANCELLED, S.EXPIRED, S.REFUNDED)

# One row a trigger; one column a state, in the order of _COLUMNS.
_ROWS: Mapping[Trigger, tuple[Effect, ...]] = {
    Trigger.FINALIZATION: (Effect.FINALIZE, _NO, _NO, _409, _409, Effect.FINALIZE, _409),
    Trigger.CAPTURE: (
        Effect.FINALIZE,
        Effect.REFUND,
        Effect.REFUND,
        Effect.REFUND,
        Effect.REFUND,
        Effect.FINALIZE,
        Effect.REFUND,
    ),
    Trigger.CANCELLATION: (Effect.WITHDRAW, _409, Effect.RECALL, _NO, _NO, _409, _409),
    Trigger.EVENT_CANCELLED: (Effect.WITHDRAW, _NO, Effect.RECALL, _NO, _NO, _NO, _NO),
    Trigger.HOLDS_CONFIRMED: (
        _BUG,
        Effect.CONFIRM,
        _NO,
        _NO,
        Effect.GIVE_BACK,
        Effect.RECALL,
        Effect.GIVE_BACK,
    ),
    Trigger.HOLDS_REFUSED: (_BUG, Effect.REFUSE, _BUG, _NO, _NO, _NO, _NO),
    Trigger.SEATS_RELEASED: (_BUG, _BUG, _BUG, Effect.COMPLETE, _NO, _NO, _NO),
    Trigger.HOLD_EXPIRED: (Effect.EXPIRE, _NO, _NO, _NO, _NO, _NO, _NO),
    Trigger.HOLD_RELEASED: (Effect.WITHDRAW, _NO, _NO, _NO, _NO, _NO, _NO),
}

EFFECTS: Mapping[tuple[Trigger, S], Effect] = {
    (trigger, state): effect
    for trigger, row in _ROWS.items()
    for state, effect in zip(_COLUMNS, row, strict=True)
}


class AnswerContradictsOrder(Exception):
    """Reservation answered {trigger} for an order that is {state}: not asked, or it said otherwise."""

    def __init__(self, trigger: Trigger, state: S) -> None:
        super().__init__(
            f"reservation answered {trigger} for an order that is {state}: not asked, or it said otherwise"
        )


def effect_of(trigger: Trigger, state: S) -> Effect:
    """Look the pair up; an impossible one raises AnswerContradictsOrder."""
    effect = EFFECTS[trigger, state]
    if effect is Effect.IMPOSSIBLE:
        raise AnswerContradictsOrder(trigger, state)
    return effect
