"""Ways that matter and that single steps would seldom find together: too late, and in each other's way."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from messages.reservation import ReleaseSeats
from orders.clients.payment_provider import ProviderRefundState
from support.money.deeds import Deeds
from support.money.story import REFUND_ATTEMPTS_MAX, some_seats, two_seats


class Journeys(Deeds):
    @rule(
        seats=some_seats,
        equivalents=st.booleans(),
        swept=st.booleans(),
        overtaken=st.sampled_from(["not", "by a hold", "by a buyer"]),
        told=st.booleans(),
    )
    def pay_too_late(
        self, seats: list[str], equivalents: bool, swept: bool, overtaken: str, told: bool
    ) -> None:
        """Money on its way arrives when time has run out, and another may have the seats, or one of them."""
        order = self.hold_and_order(seats, equivalents=equivalents)
        page = order and self.start_paying(order)
        if not order or not page:
            return
        self.play(page, "processing")
        self.lapse(order)
        if swept:
            self.job("expire_holds", service="reservation")
        if overtaken == "by a hold":
            self.hold_and_order(seats[:1])
        elif overtaken == "by a buyer":
            self.buy_and_be_told(seats[:1])
        self.play(page, "fine")
        if told:
            self.let_all_arrive(order)

    @rule(seats=some_seats)
    def seats_pass_on_while_asked_for_again(self, seats: list[str]) -> None:
        """A cancelled order's seats are asked back twice; before the second time another bought them."""
        order = self.buy_and_be_told(seats)
        if not order:
            return
        self.cancel(order)
        self.run(self.sale.make_commands_overdue())
        self.job("resend_commands")
        asked = [each for each in self.letters_about(order) if each.message_type == ReleaseSeats.message_type]
        if asked:
            self.waiting.remove(asked[0])
            self.deliver(asked[0])
            self.buy_and_be_told(seats)

    @precondition(lambda self: self.orders)
    @rule()
    def refunds_are_given_up(self) -> None:
        """They fail as often as they may."""
        self.provider.refund_becomes = ProviderRefundState.FAILED
        for _ in range(REFUND_ATTEMPTS_MAX):
            self.send_due_refunds()

    @rule(data=st.data(), seats=two_seats, then_all=st.booleans())
    def cancel_a_ticket(self, data: st.DataObject, seats: list[str], then_all: bool) -> None:
        """One of two, and then perhaps the other, by its order."""
        order = self.buy_and_be_told(seats)
        if order and (tickets := self.tickets_of(order)):
            self.cancel_tickets_of(order, [data.draw(st.sampled_from(tickets))])
            if then_all:
                self.cancel(order)

    @rule(seats=some_seats, card=st.sampled_from(["fine", "processing"]), told=st.booleans())
    def pay_where_nobody_told_us_of(self, seats: list[str], card: str, told: bool) -> None:
        """The provider opened a page, and its answer was lost; money arrives there all the same."""
        if not (order := self.hold_and_order(seats)):
            return
        self.provider.trouble.meet("answer_lost")
        self.start_paying(order)
        self.provider.trouble.end()
        for page in self.pages_of(order):
            self.play(page, card)
        if told:
            self.let_all_arrive(order)

    @rule(seats=some_seats, twice=st.booleans(), cancelled_first=st.booleans())
    def cancel_while_money_arrives(self, seats: list[str], twice: bool, cancelled_first: bool) -> None:
        order = self.hold_and_order(seats)
        if not order or not (page := self.start_paying(order)):
            return
        self.play(page, "captured twice" if twice else "fine")
        if cancelled_first:
            self.cancel(order)
        self.let_all_arrive(order)
        if not cancelled_first:
            self.cancel(order)
