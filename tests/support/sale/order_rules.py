"""What buyers and operators do with orders. Which of it is refused is left to the service: what
becomes of seats, tickets and money is not."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.sale.hold_rules import HoldRules
from support.sale.model import ModelHold
from support.sale.story import PlacedOrder, some_seats

ticket_types = st.sampled_from(["adult", "student"])
REFUSALS = {"/problems/event-cancelled", "/problems/holds-overlap"}


class OrderRules(HoldRules):
    @precondition(lambda self: any(not hold.ordered for hold in self.model.holds.values()))
    @rule(data=st.data(), ticket_type=ticket_types)
    def place_order(self, data: st.DataObject, ticket_type: str) -> None:
        unordered = [hold for hold in self.model.holds.values() if not hold.ordered]
        holds = data.draw(st.lists(st.sampled_from(unordered), min_size=1, max_size=2, unique_by=id))
        # Any token they were ever given, the outdated ones too.
        tokens = [hold.tokens[data.draw(st.integers(0, len(hold.tokens) - 1))] for hold in holds]
        self._order(holds, tokens, ticket_type=ticket_type)

    @rule(data=st.data(), seats=some_seats, ticket_type=ticket_types)
    def buy(self, data: st.DataObject, seats: list[str], ticket_type: str) -> None:
        """Most buyers know what they want; stories with only wanderers seldom reach a ticket."""
        hold = self._try_to_hold(self.any_event(data), seats)
        order = self._order([hold], hold.tokens, ticket_type=ticket_type) if hold else None
        if order:
            self._finalize_or_pay(order)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def finalize_or_pay(self, data: st.DataObject) -> None:
        self._finalize_or_pay(data.draw(st.sampled_from(self.orders)))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel_order(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        answer = self.ask("POST", f"/orders/{order.order_id}/cancellation", service="orders", who=order.buyer)
        assert answer.status_code in {200, 202, 409}, answer.text

    @precondition(lambda self: self.orders)
    @rule()
    def ask_again_where_an_answer_is_overdue(self) -> None:
        self.run(self.sale.make_commands_overdue())
        self.run(self.sale.run_job("orders", "resend_commands"))

    @precondition(lambda self: self.model.cancelled)
    @rule()
    def cancel_orders_of_cancelled_events(self) -> None:
        self.run(self.sale.run_job("orders", "cancel_event_orders"))

    def _order(
        self, holds: Sequence[ModelHold], tokens: Sequence[tuple[str, Sequence[str]]], *, ticket_type: str
    ) -> PlacedOrder | None:
        people = [
            attendee(hold.event_id, seat, ticket_type=ticket_type)
            for hold, (_, seats) in zip(holds, tokens, strict=True)
            for seat in seats
        ]
        body = {
            "hold_tokens": [token for token, _ in tokens],
            "contact": {"email": "ada@example.org"},
            "attendees": people,
        }
        answer = self.ask("POST", "/orders", service="orders", who=holds[0].buyer, json=body)
        if not answer.is_success:
            assert answer.json()["type"] in REFUSALS, answer.text
            return None
        for hold in holds:
            hold.ordered = True
        placed = answer.json()
        order = PlacedOrder(placed["order_id"], holds[0].buyer, placed["total"]["amount_minor"])
        self.orders.append(order)
        return order

    def _finalize_or_pay(self, order: PlacedOrder) -> None:
        path = f"/orders/{order.order_id}"
        if order.total_minor:
            money = {
                "amount_minor": order.total_minor,
                "currency": "PLN",
                "reference": f"bank {order.order_id}",
            }
            answer = self.ask(
                "POST",
                f"{path}/recorded-payments",
                service="orders",
                who="otto",
                roles=("operator",),
                json=money,
            )
            assert answer.is_success, answer.text
        else:
            answer = self.ask("POST", f"{path}/finalization", service="orders", who=order.buyer)
            assert answer.status_code in {200, 202, 409}, answer.text


def attendee(event_id: str, seat_id: str, *, ticket_type: str) -> dict[str, Any]:
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    return {"event_id": event_id, "seat_id": seat_id, "ticket_type": ticket_type, **names}
