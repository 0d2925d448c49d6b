"""What buyers do: hold, order, pay, change their mind."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from support.money.crash import Crash
from support.money.deeds import Deeds
from support.money.story import POINTS, SEATS, crashes, some_seats
from support.money.terms import some_policies
from support.money.trouble import Kind

CARDS = ("fine", "fine", "declined", "processing", "amount differs", "currency differs", "captured twice")
troubles = st.sampled_from(["none", "none", "none", "away", "answer_lost"])


class BuyerRules(Deeds):
    @initialize(
        policy=some_policies, point=st.sampled_from(POINTS), card=st.sampled_from(CARDS), told=st.booleans()
    )
    def an_event_is_on_sale_and_somebody_buys(
        self, policy: dict[str, Any] | None, point: str, card: str, told: bool
    ) -> None:
        self.put_event_on_sale(policy)
        self.will_die_at(point)
        self.buy(seats=[SEATS[0]], equivalents=False, card=card, told=told)

    @rule(seats=some_seats, equivalents=st.booleans(), card=st.sampled_from(CARDS), told=st.booleans())
    def buy(self, seats: list[str], equivalents: bool, card: str, told: bool) -> None:
        """Most buyers know what they want, and many are told at once: others seldom reach a ticket."""
        order = self.hold_and_order(seats, equivalents=equivalents)
        if order and (page := self.start_paying(order)):
            self.play(page, card)
            if told:
                self.let_all_arrive(order)

    @rule(seats=some_seats, equivalents=st.booleans())
    def order(self, seats: list[str], equivalents: bool) -> None:
        self.hold_and_order(seats, equivalents=equivalents)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), again=st.booleans(), trouble=troubles, crash=crashes)
    def start_payment(self, data: st.DataObject, again: bool, trouble: Kind, crash: Crash | None) -> None:
        """Anew, or with the key of the last time, as who got no answer does."""
        self.provider.trouble.meet(trouble)
        self.start_paying(self.any_order(data), again=again, crash=crash)
        self.provider.trouble.end()

    @precondition(lambda self: self.pages())
    @rule(data=st.data(), card=st.sampled_from(CARDS))
    def pay(self, data: st.DataObject, card: str) -> None:
        self.play(data.draw(st.sampled_from(self.pages())), card)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), crash=crashes)
    def cancel_order(self, data: st.DataObject, crash: Crash | None) -> None:
        self.cancel(self.any_order(data), crash)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), crash=crashes)
    def cancel_tickets(self, data: st.DataObject, crash: Crash | None) -> None:
        order = self.any_order(data)
        if tickets := self.tickets_of(order):
            chosen = data.draw(st.lists(st.sampled_from(tickets), min_size=1, unique=True))
            self.cancel_tickets_of(order, chosen, crash)
