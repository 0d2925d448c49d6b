"""An order as the saga sees it: its state, what it costs and which seats it is made of."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from orders.domain.rights import OrderOwner
from orders.domain.states import Actor, OrderState, Reason, check_move, check_stay


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount in minor units (grosz, cent) of an ISO 4217 currency."""

    amount_minor: int
    currency: str

    def __str__(self) -> str:
        """As `4500 PLN`, for operators."""
        return f"{self.amount_minor} {self.currency}"


EventSeat = tuple[UUID, str]
"""A seat by its event and its seat id there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderHold:
    """A hold and the seats the order has of it: all that were held, or others given instead."""

    hold_id: UUID
    event_id: UUID
    seat_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Where the buyer is told what becomes of the order."""

    # Not in the repr: that ends up in logs.
    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    order_id: UUID
    owner: OrderOwner
    state: OrderState
    total: Money
    version: int
    holds: tuple[OrderHold, ...]
    equivalent_seats_allowed: bool = False
    """Whether seats like its own will do, where others claimed those before it was paid."""

    @property
    def is_free(self) -> bool:
        return self.total.amount_minor == 0

    @property
    def seats(self) -> set[EventSeat]:
        """All the seats it was made of."""
        return {(hold.event_id, seat_id) for hold in self.holds for seat_id in hold.seat_ids}

    def moved(self, change: "Change") -> "Order":
        """The order after the change, one version on; an illegal change raises MoveNotAllowed."""
        check_move(self.state, change.state, change.reason)
        return replace(self, state=change.state, version=self.version + 1)

    def handed_over(self, owner: OrderOwner, change: "Change") -> "Order":
        """The order with another owner or token, in the same state and one version on."""
        return replace(self.stayed(change), owner=owner)

    def stayed(self, change: "Change") -> "Order":
        """The order in the same state, one version on; an illegal change raises MoveNotAllowed."""
        check_stay(self.state, change.state, change.reason)
        return replace(self, version=self.version + 1)


class OrderNotFound(Exception):
    """There is no such order, or not for you."""

    def __init__(self) -> None:
        super().__init__("there is no such order")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of an order's state; becomes a row of its history."""

    state: OrderState
    reason: Reason
    actor: Actor
    at: datetime


# Where an order rests until somebody asks for something; the others are on their way.
SETTLED_STATES = frozenset(OrderState) - {OrderState.FINALIZING, OrderState.CANCELLING}
