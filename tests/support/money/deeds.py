"""What people, the provider, the post and time do, once: the rules say when and to whom."""

from collections.abc import Sequence
from typing import Any

from orders.clients.payment_provider import Notice
from orders.domain.order import Money
from support.money.crash import Crash
from support.money.kept import ModelPayment
from support.money.provider import SIGNED
from support.money.story import MoneyStoryBase, PlacedOrder
from support.sale.order_rules import attendee
from support.sale.post import Letter

PAST = "clock_timestamp() - interval '1 hour'"
REFUNDS_DUE = "UPDATE orders.refunds SET next_attempt_at = {} WHERE next_attempt_at IS NOT NULL"
LAPSED_PAGE = (
    "UPDATE orders.payments SET expires_at = {0}, look_at = CASE WHEN look_at IS NOT NULL THEN {0} END"
    " WHERE order_id = :order_id"
)


class Deeds(MoneyStoryBase):
    # Buyers

    def hold_and_order(self, seats: Sequence[str], *, equivalents: bool = False) -> PlacedOrder | None:
        """A hold and an order of adults; None where somebody else has the seats or there is no show."""
        buyer = f"buyer-{len(self.orders)}"
        wanted = {"event_id": self.event_id, "seat_ids": [*seats]}
        hold = self.ask("POST", "/holds", service="reservation", who=buyer, json=wanted)
        assert hold is not None
        if not hold.is_success:
            assert hold.status_code in {404, 409}, hold.text
            return None
        body = {
            "hold_tokens": [hold.json()["hold_token"]],
            "contact": {"email": "ada@example.org"},
            "attendees": [attendee(self.event_id, seat, ticket_type="adult") for seat in seats],
            "equivalent_seats_allowed": equivalents,
        }
        answer = self.ask("POST", "/orders", who=buyer, json=body)
        assert answer is not None
        if not answer.is_success:
            assert answer.json()["type"] == "/problems/event-cancelled", answer.text
            return None
        order = PlacedOrder(answer.json()["order_id"], buyer, hold.json()["hold_id"], [*seats])
        self.orders.append(order)
        return order

    def start_paying(
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

    def play(self, page: ModelPayment, card: str) -> None:
        """Somebody pays at the page."""
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

    def buy_and_be_told(self, seats: Sequence[str]) -> PlacedOrder | None:
        """An order that is paid, with whatever follows from it; None where the seats cannot be had."""
        order = self.hold_and_order(seats)
        if order and (page := self.start_paying(order)):
            self.play(page, "fine")
            self.let_all_arrive(order)
        return order

    def tickets_of(self, order: PlacedOrder) -> list[str]:
        """The ids of its valid tickets."""
        answer = self.ask("GET", f"/orders/{order.order_id}/tickets", who=order.buyer)
        assert answer is not None
        return [ticket["ticket_id"] for ticket in answer.json()["items"] if ticket["state"] == "valid"]

    def cancel_tickets_of(
        self, order: PlacedOrder, ticket_ids: Sequence[str], crash: Crash | None = None
    ) -> None:
        path, body = f"/orders/{order.order_id}/cancelled-tickets", {"ticket_ids": [*ticket_ids]}
        answer = self.ask("POST", path, who=order.buyer, json=body, crash=crash)
        assert answer is None or answer.status_code in {200, 202, 409}, answer.text

    def cancel(self, order: PlacedOrder, crash: Crash | None = None) -> None:
        answer = self.ask("POST", f"/orders/{order.order_id}/cancellation", who=order.buyer, crash=crash)
        assert answer is None or answer.status_code in {200, 202, 409}, answer.text

    def _page(self, payment_id: str) -> ModelPayment | None:
        found = [made for made in self.provider.payments.values() if str(made.now.payment_id) == payment_id]
        return found[0] if found and found[0].is_payable else None

    # The provider and the post

    def notify(self, notice: Notice, crash: Crash | None = None) -> bool:
        """Deliver it; whether it was taken: else it will be delivered again."""
        body = self.provider.body_of(notice)
        path = f"/payment-notices/{self.provider.name}"
        answer = self.ask("POST", path, who="", content=body, headers=SIGNED, crash=crash)
        # 404: a notice may overtake the answer that would have told us the payment's name.
        assert answer is None or answer.status_code in {204, 404, 503}, answer.text
        taken = answer is not None and answer.is_success
        (self.arrived if taken else self.on_the_way).append(notice)
        return taken

    def send_due_refunds(self, crash: Crash | None = None) -> None:
        """All of them are due."""
        self.make_due(REFUNDS_DUE)
        self.job("send_refunds", crash=crash)

    def deliver(self, letter: Letter, crash: Crash | None = None) -> None:
        """A letter whose handler died comes again."""
        arrived = self.survive(self.sale.post.try_to_deliver(letter), crash)
        assert arrived or self.stage.commits.died, f"{letter} was left unanswered"
        (self.delivered if arrived else self.waiting).append(letter)

    def letters_about(self, order: PlacedOrder) -> list[Letter]:
        """Those on their way, the oldest first."""
        self.waiting += self.run(self.sale.post.collect())
        return [letter for letter in self.waiting if letter.data.get("order_id") == order.order_id]

    def let_all_arrive(self, order: PlacedOrder) -> None:
        """Whatever tells of this order, and what follows from it; the rest stays on its way."""
        for notice in [notice for notice in self.on_the_way if self._is_about(notice, order)]:
            self.on_the_way.remove(notice)
            self.notify(notice)
        while letters := self.letters_about(order):
            for letter in letters:
                self.waiting.remove(letter)
                self.deliver(letter)

    def _is_about(self, notice: Notice, order: PlacedOrder) -> bool:
        paid = notice.payment and self.provider.payments[notice.payment.reference]
        return paid is not None and str(paid.order_id) == order.order_id

    # Time

    def lapse(self, order: PlacedOrder, *, closes: bool = True) -> None:
        """An hour passes for the hold, for the page to pay at, and for who looks after both."""
        self.run(self.sale.lapse(order.hold_id))
        self.make_due(LAPSED_PAGE, order_id=order.order_id)
        if closes:
            self._close_pages(order)

    def make_due(self, statement: str, **parameters: Any) -> None:
        """Change what orders knows of times; `{}` is an hour ago."""
        self.run(self.sale.execute("orders", statement.format(PAST), **parameters))

    def _close_pages(self, order: PlacedOrder) -> None:
        for page in self.pages_of(order):
            self.provider.expire(page.now.reference)
        self.take_what_was_sent()
