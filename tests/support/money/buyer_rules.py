"""What buyers do: hold, order, pay, change their mind."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from orders.domain.order import Money
from support.money.crash import Crash
from support.money.kept import ModelPayment
from support.money.story import MoneyStoryBase, PlacedOrder, crashes, some_seats
from support.money.trouble import Kind
from support.sale.order_rules import attendee

CARDS = ("fine", "fine", "declined", "processing", "amount differs", "currency differs", "captured twice")
troubles = st.sampled_from(["none", "none", "none", "away", "answer_lost"])


class BuyerRules(MoneyStoryBase):
    @rule(
        data=st.data(),
        seats=some_seats,
        equivalents=st.booleans(),
        card=st.sampled_from(CARDS),
        crash=crashes(),
    )
    def buy(
        self, data: st.DataObject, seats: list[str], equivalents: bool, card: str, crash: Crash | None
    ) -> None:
        """Most buyers know what they want; stories with only wanderers seldom reach a ticket."""
        order = self._order(data.draw(st.sampled_from(self.events)), seats, equivalents=equivalents)
        if order and (page := self._start_payment(order, crash=crash)):
            self._play(page, card)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), again=st.booleans(), trouble=troubles, crash=crashes())
    def start_payment(self, data: st.DataObject, again: bool, trouble: Kind, crash: Crash | None) -> None:
        """Anew, or with the key of the last time, as who got no answer does."""
        self.provider.trouble.meet(trouble)
        self._start_payment(self.any_order(data), again=again, crash=crash)
        self.provider.trouble.end()

    @precondition(lambda self: self.pages())
    @rule(data=st.data(), card=st.sampled_from(CARDS))
    def pay(self, data: st.DataObject, card: str) -> None:
        self._play(data.draw(st.sampled_from(self.pages())), card)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), crash=crashes())
    def cancel_order(self, data: st.DataObject, crash: Crash | None) -> None:
        order = self.any_order(data)
        answer = self.ask("POST", f"/orders/{order.order_id}/cancellation", who=order.buyer, crash=crash)
        assert answer is None or answer.status_code in {200, 202, 409}, answer.text

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), crash=crashes())
    def cancel_tickets(self, data: st.DataObject, crash: Crash | None) -> None:
        order = self.any_order(data)
        tickets = self._tickets(order)
        if not tickets:
            return
        chosen = data.draw(st.lists(st.sampled_from(tickets), min_size=1, unique=True))
        path = f"/orders/{order.order_id}/cancelled-tickets"
        answer = self.ask("POST", path, who=order.buyer, json={"ticket_ids": chosen}, crash=crash)
        assert answer is None or answer.status_code in {200, 202, 409}, answer.text

    def _order(self, event_id: str, seats: Sequence[str], *, equivalents: bool) -> PlacedOrder | None:
        """A hold and an order of adults; None where somebody else has the seats or there is no show."""
        buyer = f"buyer-{len(self.orders)}"
        hold = self.ask(
            "POST",
            "/holds",
            service="reservation",
            who=buyer,
            json={"event_id": event_id, "seat_ids": [*seats]},
        )
        assert hold is not None
        if not hold.is_success:
            assert hold.status_code in {404, 409}, hold.text
            return None
        body = {
            "hold_tokens": [hold.json()["hold_token"]],
            "contact": {"email": "ada@example.org"},
            "attendees": [attendee(event_id, seat, ticket_type="adult") for seat in seats],
            "equivalent_seats_allowed": equivalents,
        }
        answer = self.ask("POST", "/orders", who=buyer, json=body)
        assert answer is not None
        if not answer.is_success:
            assert answer.json()["type"] == "/problems/event-cancelled", answer.text
            return None
        order = PlacedOrder(answer.json()["order_id"], event_id, buyer, hold.json()["hold_id"], list(seats))
        self.orders.append(order)
        return order

    def _start_payment(
        self, order: PlacedOrder, *, again: bool = False, crash: Crash | None = None
    ) -> ModelPayment | None:
        """The page that is open then; None where there is none, or its answer was lost."""
        order.key = order.key if again else self.new_key()
        path = f"/orders/{order.order_id}/payments"
        answer = self.ask("POST", path, who=order.buyer, key=order.key, json={}, crash=crash)
        if answer is None or not answer.is_success:
            assert answer is None or answer.status_code in {409, 503}, answer.text
            return None
        return self._page(answer.json()["payment_id"])

    def _page(self, payment_id: str) -> ModelPayment | None:
        found = [made for made in self.provider.payments.values() if str(made.now.payment_id) == payment_id]
        return found[0] if found and found[0].is_payable else None

    def _play(self, page: ModelPayment, card: str) -> None:
        reference, asked = page.now.reference, page.asked
        match card:
            case "declined":
                self.provider.decline(reference)
            case "processing":
                self.provider.process(reference)
            case "amount differs":
                less = Money(amount_minor=asked.amount_minor - 100, currency=asked.currency)
                self.provider.capture(reference, less)
            case "currency differs":
                self.provider.capture(reference, Money(amount_minor=asked.amount_minor, currency="EUR"))
            case "captured twice":
                self.provider.capture(reference, asked)
                self.provider.capture(reference, asked)
            case _:
                self.provider.capture(reference, asked)
        self.take_what_was_sent()

    def _tickets(self, order: PlacedOrder) -> list[str]:
        answer = self.ask("GET", f"/orders/{order.order_id}/tickets", who=order.buyer)
        assert answer is not None
        return [ticket["ticket_id"] for ticket in answer.json()["items"] if ticket["state"] == "valid"]
