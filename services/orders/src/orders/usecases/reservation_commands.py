"""The commands an order gives to reservation; each can be sent again without harm."""

from messages.reservation import ConfirmHolds, EventSeats, HeldSeats, ReleaseHolds, ReleaseSeats
from orders.domain.order import Order


def confirm_holds(order: Order) -> ConfirmHolds:
    """Sell me all of these seats, or, if the buyer allowed it, equivalent ones; or none."""
    holds = (
        HeldSeats(hold_id=hold.hold_id, event_id=hold.event_id, seat_ids=hold.seat_ids)
        for hold in order.holds
    )
    return ConfirmHolds(
        order_id=order.order_id, holds=tuple(holds), or_equivalent=order.equivalent_seats_allowed
    )


def release_holds(order: Order) -> ReleaseHolds:
    """I shall not buy these; never sent once ConfirmHolds was."""
    hold_ids = tuple(hold.hold_id for hold in order.holds)
    return ReleaseHolds(order_id=order.order_id, hold_ids=hold_ids)


def release_seats(order: Order) -> ReleaseSeats:
    """Take back what you sold me; never sent before it was sold."""
    seats = (EventSeats(event_id=hold.event_id, seat_ids=hold.seat_ids) for hold in order.holds)
    return ReleaseSeats(order_id=order.order_id, seats=tuple(seats))
