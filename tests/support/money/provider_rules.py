"""What the provider does by itself, and what becomes of its notices: late, twice, out of order, lost."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from orders.clients.payment_provider import Notice, ProviderPaymentState, ProviderRefundState
from support.money.crash import Crash
from support.money.provider import SIGNED
from support.money.story import MoneyStoryBase, crashes


class ProviderRules(MoneyStoryBase):
    @precondition(lambda self: self.on_their_way())
    @rule(data=st.data(), arrives=st.booleans())
    def money_on_its_way_arrives_or_not(self, data: st.DataObject, arrives: bool) -> None:
        reference = data.draw(st.sampled_from(self.on_their_way()))
        self._end(reference, arrives=arrives)

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), crash=crashes())
    def notice_arrives(self, data: st.DataObject, crash: Crash | None) -> None:
        """Any of them, so in any order; one that killed us comes again."""
        notice = self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1)))
        if self._notify(notice, crash):
            self.arrived.append(notice)
        else:
            self.on_the_way.append(notice)

    @precondition(lambda self: self.on_the_way)
    @rule()
    def all_notices_arrive(self) -> None:
        while self.on_the_way:
            notice = self.on_the_way.pop(0)
            assert self._notify(notice, None)
            self.arrived.append(notice)

    @precondition(lambda self: self.arrived)
    @rule(data=st.data(), crash=crashes())
    def notice_arrives_again(self, data: st.DataObject, crash: Crash | None) -> None:
        self._notify(data.draw(st.sampled_from(self.arrived)), crash)

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

    def _end(self, reference: str, *, arrives: bool) -> None:
        if arrives:
            self.provider.capture(reference, self.provider.payments[reference].asked)
        else:
            self.provider.fail(reference)
        self.take_what_was_sent()

    def _notify(self, notice: Notice, crash: Crash | None) -> bool:
        """Whether it was taken: else it will be delivered again."""
        body = self.provider.body_of(notice)
        path = f"/payment-notices/{self.provider.name}"
        answer = self.ask("POST", path, who="", content=body, headers=SIGNED, crash=crash)
        # 404: a notice may overtake the answer that would have told us the payment's name.
        assert answer is None or answer.status_code in {204, 404, 503}, answer.text
        return answer is not None and answer.is_success
