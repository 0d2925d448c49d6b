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

from orders.domain.states import OrderState


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


_EFFECTS_BY_TRIGGER: Mapping[Trigger, Mapping[OrderState, Effect]] = {
    Trigger.FINALIZATION: {
        OrderState.AWAITING_PAYMENT: Effect.FINALIZE,
        OrderState.FINALIZING: Effect.NOTHING,
        OrderState.CONFIRMED: Effect.NOTHING,
        OrderState.CANCELLING: Effect.REFUSE_REQUEST,
        OrderState.CANCELLED: Effect.REFUSE_REQUEST,
        OrderState.EXPIRED: Effect.FINALIZE,
        OrderState.REFUNDED: Effect.REFUSE_REQUEST,
    },
    Trigger.CAPTURE: {
        OrderState.AWAITING_PAYMENT: Effect.FINALIZE,
        OrderState.FINALIZING: Effect.REFUND,
        OrderState.CONFIRMED: Effect.REFUND,
        OrderState.CANCELLING: Effect.REFUND,
        OrderState.CANCELLED: Effect.REFUND,
        OrderState.EXPIRED: Effect.FINALIZE,
        OrderState.REFUNDED: Effect.REFUND,
    },
    Trigger.CANCELLATION: {
        OrderState.AWAITING_PAYMENT: Effect.WITHDRAW,
        OrderState.FINALIZING: Effect.REFUSE_REQUEST,
        OrderState.CONFIRMED: Effect.RECALL,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.REFUSE_REQUEST,
        OrderState.REFUNDED: Effect.REFUSE_REQUEST,
    },
    Trigger.EVENT_CANCELLED: {
        OrderState.AWAITING_PAYMENT: Effect.WITHDRAW,
        OrderState.FINALIZING: Effect.NOTHING,
        OrderState.CONFIRMED: Effect.RECALL,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.NOTHING,
        OrderState.REFUNDED: Effect.NOTHING,
    },
    Trigger.HOLDS_CONFIRMED: {
        OrderState.AWAITING_PAYMENT: Effect.IMPOSSIBLE,
        OrderState.FINALIZING: Effect.CONFIRM,
        OrderState.CONFIRMED: Effect.NOTHING,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.GIVE_BACK,
        OrderState.EXPIRED: Effect.RECALL,
        OrderState.REFUNDED: Effect.GIVE_BACK,
    },
    Trigger.HOLDS_REFUSED: {
        OrderState.AWAITING_PAYMENT: Effect.IMPOSSIBLE,
        OrderState.FINALIZING: Effect.REFUSE,
        OrderState.CONFIRMED: Effect.IMPOSSIBLE,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.NOTHING,
        OrderState.REFUNDED: Effect.NOTHING,
    },
    Trigger.SEATS_RELEASED: {
        OrderState.AWAITING_PAYMENT: Effect.IMPOSSIBLE,
        OrderState.FINALIZING: Effect.IMPOSSIBLE,
        OrderState.CONFIRMED: Effect.NOTHING,  # single tickets of it were cancelled
        OrderState.CANCELLING: Effect.COMPLETE,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.NOTHING,
        OrderState.REFUNDED: Effect.NOTHING,
    },
    Trigger.HOLD_EXPIRED: {
        OrderState.AWAITING_PAYMENT: Effect.EXPIRE,
        OrderState.FINALIZING: Effect.NOTHING,
        OrderState.CONFIRMED: Effect.NOTHING,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.NOTHING,
        OrderState.REFUNDED: Effect.NOTHING,
    },
    Trigger.HOLD_RELEASED: {
        OrderState.AWAITING_PAYMENT: Effect.WITHDRAW,
        OrderState.FINALIZING: Effect.NOTHING,
        OrderState.CONFIRMED: Effect.NOTHING,
        OrderState.CANCELLING: Effect.NOTHING,
        OrderState.CANCELLED: Effect.NOTHING,
        OrderState.EXPIRED: Effect.NOTHING,
        OrderState.REFUNDED: Effect.NOTHING,
    },
}

EFFECTS: Mapping[tuple[Trigger, OrderState], Effect] = {
    (trigger, state): effect
    for trigger, effects in _EFFECTS_BY_TRIGGER.items()
    for state, effect in effects.items()
}


class AnswerContradictsOrder(Exception):
    """Reservation answered {trigger} for an order that is {state}: not asked, or it said otherwise."""

    def __init__(self, trigger: Trigger, state: OrderState) -> None:
        super().__init__(
            f"reservation answered {trigger} for an order that is {state}: not asked, or it said otherwise"
        )


def effect_of(trigger: Trigger, state: OrderState) -> Effect:
    """Look the pair up; an impossible one raises AnswerContradictsOrder."""
    effect = EFFECTS[trigger, state]
    if effect is Effect.IMPOSSIBLE:
        raise AnswerContradictsOrder(trigger, state)
    return effect
