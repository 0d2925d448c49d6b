"""What must be true of the databases after any step of a sale, and when it has come to rest."""

from collections import Counter
from typing import Any

from support.sale.model import Key, ModelSeat, SaleModel
from support.sale.services import Sale

# Which state may follow which, as the design tells the saga.
NEXT = {
    None: {"awaiting_payment"},
    "awaiting_payment": {"finalizing", "expired", "cancelled"},
    "finalizing": {"confirmed", "refunded", "expired", "cancelling", "cancelled"},
    "confirmed": {"cancelling"},
    "cancelling": {"cancelled"},
    "expired": {"finalizing", "cancelling"},
    "cancelled": set[str](),
    "refunded": set[str](),
}
FINAL = {"awaiting_payment", "confirmed", "cancelled", "expired", "refunded"}


async def check_now(sale: Sale, model: SaleModel) -> None:
    """The promises that hold at every moment, messages under way or not."""
    assert await seats_in_database(sale, model) == {key: seat_row(seat) for key, seat in model.seats.items()}
    assert await holds_in_database(sale, model) == {
        hold_id: (hold.state, sorted(hold.seat_ids) if hold.state == "active" else None)
        for hold_id, hold in model.holds.items()
    }
    sold = {key: seat.sold_to for key, seat in model.seats.items() if seat.sold_to}
    for event, seat, order in await valid_tickets(sale, model):
        assert sold.get((event, seat)) == order, (
            f"{seat} has a ticket of {order} but is sold to {sold.get((event, seat))}"
        )
    for history in (await histories(sale, model)).values():
        for before, after in zip([None, *history], history, strict=False):
            assert after in NEXT[before], f"an order went {history}"


async def check_when_all_is_quiet(sale: Sale, model: SaleModel) -> None:
    """The promises about how everything ends."""
    states = {order: history[-1] for order, history in (await histories(sale, model)).items()}
    assert set(states.values()) <= FINAL, f"stuck: {states}"
    tickets = Counter(order for _, _, order in await valid_tickets(sale, model))
    assert tickets == Counter(seat.sold_to for seat in model.seats.values() if seat.sold_to), (
        "a seat without ticket"
    )
    assert set(tickets) == {order for order, state in states.items() if state == "confirmed"}
    for order, refunds in await captured_payments(sale, model):
        assert refunds == (0 if order in tickets else 1), f"{order} is {states[order]} with {refunds} refunds"
    assert await sale.post.collect() == [], "messages for ever"


async def states_reached(sale: Sale, model: SaleModel) -> set[str]:
    """For the statistics: a story that never gets anywhere tests little."""
    return {state for history in (await histories(sale, model)).values() for state in history}


def seat_row(seat: ModelSeat) -> tuple[str, str | None, str | None]:
    state = "blocked" if seat.blocked else "sold" if seat.sold_to else "held" if seat.holder else "available"
    return state, seat.holder.hold_id if seat.holder else None, seat.sold_to


async def seats_in_database(sale: Sale, model: SaleModel) -> dict[Key, Any]:
    rows = await sale.rows(
        "reservation",
        "SELECT event_id, seat_id, state, hold_id, order_id FROM reservation.seats WHERE event_id = ANY(:events)",
        events=events_of(model),
    )
    return {
        (str(row.event_id), row.seat_id): (row.state, text(row.hold_id), text(row.order_id)) for row in rows
    }


async def holds_in_database(sale: Sale, model: SaleModel) -> dict[str, Any]:
    """State, and for an active hold its seats."""
    rows = await sale.rows(
        "reservation",
        "SELECT hold_id, state, seat_ids, released_seat_ids FROM reservation.holds WHERE event_id = ANY(:events)",
        events=events_of(model),
    )
    return {
        str(row.hold_id): (
            row.state,
            sorted(set(row.seat_ids) - set(row.released_seat_ids)) if row.state == "active" else None,
        )
        for row in rows
    }


async def valid_tickets(sale: Sale, model: SaleModel) -> list[tuple[str, str, str]]:
    rows = await sale.rows(
        "orders",
        "SELECT event_id, seat_id, order_id FROM orders.tickets WHERE state = 'valid' AND event_id = ANY(:events)",
        events=events_of(model),
    )
    return [(str(row.event_id), row.seat_id, str(row.order_id)) for row in rows]


async def histories(sale: Sale, model: SaleModel) -> dict[str, list[str]]:
    """The states each order went through; the last one is checked to be its state."""
    rows = await sale.rows(
        "orders",
        "SELECT o.order_id, o.state AS now, array_agg(h.state ORDER BY h.version) AS states"
        " FROM orders.orders o JOIN orders.order_history h USING (order_id)"
        " WHERE o.order_id IN (SELECT order_id FROM orders.order_holds WHERE event_id = ANY(:events))"
        " GROUP BY o.order_id",
        events=events_of(model),
    )
    assert [row.states[-1] for row in rows] == [row.now for row in rows]
    return {str(row.order_id): row.states for row in rows}


async def captured_payments(sale: Sale, model: SaleModel) -> list[tuple[str, int]]:
    """Each order that was paid, with the number of its refunds."""
    rows = await sale.rows(
        "orders",
        "SELECT p.order_id, count(r.refund_id) AS refunds FROM orders.payments p LEFT JOIN orders.refunds r USING (payment_id)"
        " WHERE p.order_id IN (SELECT order_id FROM orders.order_holds WHERE event_id = ANY(:events))"
        " GROUP BY p.payment_id",
        events=events_of(model),
    )
    return [(str(row.order_id), row.refunds) for row in rows]


def events_of(model: SaleModel) -> list[str]:
    return sorted({event for event, _ in model.seats})


def text(value: Any) -> str | None:
    return None if value is None else str(value)
