"""What time does, what jobs do about it, and when messages arrive."""

from functools import partial
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from chassis.clock import utc_now
from orders.usecases.retry_refund import retry_refund
from support.money.buyer_rules import troubles
from support.money.crash import Crash
from support.money.deeds import Deeds
from support.money.story import crashes
from support.money.trouble import Kind

LOOKS_DUE = "UPDATE orders.payments SET look_at = {} WHERE look_at IS NOT NULL"


class TimeRules(Deeds):
    @precondition(lambda self: self.orders)
    @rule(data=st.data(), closes=st.booleans())
    def time_runs_out(self, data: st.DataObject, closes: bool) -> None:
        """The provider's clock need not be ours: its page may stay open a little longer."""
        self.lapse(self.any_order(data), closes=closes)

    @precondition(lambda self: self.orders)
    @rule()
    def sweep(self) -> None:
        self.job("expire_holds", service="reservation")

    @precondition(lambda self: self.orders)
    @rule(trouble=troubles, crash=crashes)
    def look_after_payments(self, trouble: Kind, crash: Crash | None) -> None:
        self.make_due(LOOKS_DUE)
        self.provider.trouble.meet(trouble, calls=2)
        self.job("look_after_payments", crash=crash)
        self.provider.trouble.end()

    @precondition(lambda self: self.orders)
    @rule(trouble=troubles, crash=crashes)
    def send_refunds(self, trouble: Kind, crash: Crash | None) -> None:
        self.provider.trouble.meet(trouble, calls=2)
        self.send_due_refunds(crash)
        self.provider.trouble.end()

    @precondition(lambda self: self.orders)
    @rule(crash=crashes)
    def operator_has_refunds_tried_again(self, crash: Crash | None) -> None:
        """Those that were given up."""
        for refund_id in self.given_up_refunds():
            retry = partial(retry_refund, refund_id=refund_id, now=utc_now())
            self.survive(self.sale.databases["orders"].run(retry), crash)

    @precondition(lambda self: self.orders)
    @rule(crash=crashes)
    def ask_again_where_an_answer_is_overdue(self, crash: Crash | None) -> None:
        self.run(self.sale.make_commands_overdue())
        self.job("resend_commands", crash=crash)

    @precondition(lambda self: len(self.orders) > 1)
    @rule(chance=st.integers(0, 5))
    def cancel_event(self, chance: int) -> None:
        if chance == 0:
            path, why = f"/events/{self.event_id}/cancellation", {"reason": "rain"}
            self.ask("POST", path, service="catalog", who="olga", roles=("organizer",), json=why)

    @precondition(lambda self: self.orders)
    @rule(crash=crashes)
    def cancel_orders_of_cancelled_events(self, crash: Crash | None) -> None:
        self.job("release_holds_of_cancelled", service="reservation")
        self.job("cancel_event_orders", crash=crash)

    @precondition(lambda self: self.orders)
    @rule()
    def collect_and_deliver_all(self) -> None:
        self.waiting += self.run(self.sale.post.collect())
        while self.waiting:
            self.deliver(self.waiting.pop(0))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), crash=crashes)
    def deliver_any(self, data: st.DataObject, crash: Crash | None) -> None:
        self.deliver(self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1))), crash)

    @precondition(lambda self: self.orders)
    @rule()
    def collect(self) -> None:
        self.waiting += self.run(self.sale.post.collect())

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(self.delivered)))

    def given_up_refunds(self) -> list[UUID]:
        statement = "SELECT refund_id FROM orders.refunds WHERE state = 'failed' ORDER BY refund_id"
        return [row.refund_id for row in self.run(self.sale.rows("orders", statement))]
