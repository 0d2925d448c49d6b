"""What the provider does by itself, and what becomes of its notices: late, twice, out of order, lost."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from orders.clients.payment_provider import ProviderPaymentState, ProviderRefundState
from support.money.crash import Crash
from support.money.deeds import Deeds
from support.money.story import crashes


class ProviderRules(Deeds):
    @precondition(lambda self: self.on_their_way())
    @rule(data=st.data(), arrives=st.booleans())
    def money_on_its_way_arrives_or_not(self, data: st.DataObject, arrives: bool) -> None:
        self.end(data.draw(st.sampled_from(self.on_their_way())), arrives=arrives)

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), crash=crashes)
    def notice_arrives(self, data: st.DataObject, crash: Crash | None) -> None:
        """Any of them, so in any order; one that killed us comes again."""
        self.notify(self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1))), crash)

    @precondition(lambda self: self.on_the_way)
    @rule()
    def all_notices_arrive(self) -> None:
        told, self.on_the_way = self.on_the_way, []
        for notice in told:
            self.notify(notice)

    @precondition(lambda self: self.arrived)
    @rule(data=st.data())
    def notice_arrives_again(self, data: st.DataObject) -> None:
        self.notify(data.draw(st.sampled_from(self.arrived)))

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data())
    def notice_is_lost(self, data: st.DataObject) -> None:
        self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1)))

    @rule(state=st.sampled_from(ProviderRefundState))
    def refunds_will_be(self, state: ProviderRefundState) -> None:
        self.provider.refund_becomes = state

    @precondition(lambda self: self.pending_refunds())
    @rule(data=st.data(), failure=st.none() | st.just("the card is closed"))
    def refund_ends(self, data: st.DataObject, failure: str | None) -> None:
        self.provider.settle_refund(data.draw(st.sampled_from(self.pending_refunds())), failure=failure)
        self.take_what_was_sent()

    def on_their_way(self) -> list[str]:
        """Payments whose money is on its way."""
        payments = (made.now for made in self.provider.payments.values())
        return [payment.reference for payment in payments if payment.state is ProviderPaymentState.PROCESSING]

    def pending_refunds(self) -> list[str]:
        refunds = (made.now for made in self.provider.refunds.values())
        return [refund.reference for refund in refunds if refund.state is ProviderRefundState.PENDING]

    def end(self, reference: str, *, arrives: bool) -> None:
        """Money that was on its way arrives, or does not."""
        if arrives:
            self.provider.capture(reference, self.provider.payments[reference].asked)
        else:
            self.provider.fail(reference)
        self.take_what_was_sent()
