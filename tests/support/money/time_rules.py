"""What time does, what jobs do about it, and when messages arrive."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.money.buyer_rules import BuyerRules, troubles
from support.money.crash import Crash
from support.money.story import PlacedOrder, crashes
from support.money.trouble import Kind
from support.sale.post import Letter

PAST = "clock_timestamp() - interval '1 hour'"


class TimeRules(BuyerRules):
    @precondition(lambda self: self.orders)
    @rule(data=st.data(), closes=st.booleans())
    def time_runs_out(self, data: st.DataObject, closes: bool) -> None:
        """The provider's clock need not be ours: its page may stay open a little longer."""
        self._lapse(self.any_order(data), closes=closes)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def is_overtaken(self, data: st.DataObject) -> None:
        """Time runs out and at once another buyer takes the seats; what then arrives comes too late."""
        order = self.any_order(data)
        self._lapse(order)
        self._order(order.event_id, order.seat_ids, equivalents=False)

    @rule()
    def sweep(self) -> None:
        self.job("expire_holds", service="reservation")

    @precondition(lambda self: self.orders)
    @rule(trouble=troubles, crash=crashes())
    def look_after_payments(self, trouble: Kind, crash: Crash | None) -> None:
        self.run(self._make_due("UPDATE orders.payments SET look_at = {} WHERE look_at IS NOT NULL"))
        self._job_in_trouble("look_after_payments", trouble, crash)

    @precondition(lambda self: self.orders)
    @rule(trouble=troubles, crash=crashes())
    def send_refunds(self, trouble: Kind, crash: Crash | None) -> None:
        self.run(
            self._make_due("UPDATE orders.refunds SET next_attempt_at = {} WHERE next_attempt_at IS NOT NULL")
        )
        self._job_in_trouble("send_refunds", trouble, crash)

    @precondition(lambda self: self.orders)
    @rule(crash=crashes())
    def ask_again_where_an_answer_is_overdue(self, crash: Crash | None) -> None:
        self.run(self.sale.make_commands_overdue())
        self.job("resend_commands", crash=crash)

    @precondition(lambda self: len(self.orders) > 1)
    @rule(data=st.data(), chance=st.integers(0, 3))
    def cancel_event(self, data: st.DataObject, chance: int) -> None:
        if chance == 0:
            event = data.draw(st.sampled_from(self.events))
            path = f"/events/{event}/cancellation"
            self.ask(
                "POST", path, service="catalog", who="olga", roles=("organizer",), json={"reason": "rain"}
            )

    @precondition(lambda self: self.orders)
    @rule(crash=crashes())
    def cancel_orders_of_cancelled_events(self, crash: Crash | None) -> None:
        self.job("release_holds_of_cancelled", service="reservation")
        self.job("cancel_event_orders", crash=crash)

    @rule()
    def collect_and_deliver_all(self) -> None:
        self.waiting += self.run(self.sale.post.collect())
        while self.waiting:
            self._deliver(self.waiting.pop(0), None)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), crash=crashes())
    def deliver_any(self, data: st.DataObject, crash: Crash | None) -> None:
        self._deliver(self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1))), crash)

    @rule()
    def collect(self) -> None:
        self.waiting += self.run(self.sale.post.collect())

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self.survive(self.sale.post.deliver(data.draw(st.sampled_from(self.delivered))), None)

    def _deliver(self, letter: Letter, crash: Crash | None) -> None:
        """A letter whose handler died comes again."""
        arrived = self.survive(self.sale.post.try_to_deliver(letter), crash)
        assert arrived or crash, f"{letter} was left unanswered"
        (self.delivered if arrived else self.waiting).append(letter)

    def _job_in_trouble(self, name: str, trouble: Kind, crash: Crash | None) -> None:
        self.provider.trouble.meet(trouble, calls=2)
        self.job(name, crash=crash)
        self.provider.trouble.end()

    def _lapse(self, order: PlacedOrder, *, closes: bool = True) -> None:
        """An hour passes for the hold, for the page to pay at, and for who looks after both."""
        self.run(self.sale.lapse(order.hold_id))
        self.run(
            self._make_due(
                "UPDATE orders.payments SET expires_at = {0}, look_at = CASE WHEN look_at IS NOT NULL THEN {0} END"
                " WHERE order_id = :order_id",
                order_id=order.order_id,
            )
        )
        if closes:
            self._close_pages(order)

    async def _make_due(self, statement: str, **parameters: object) -> None:
        await self.sale.execute("orders", statement.format(PAST), **parameters)

    def _close_pages(self, order: PlacedOrder) -> None:
        for page in self.pages():
            if str(page.order_id) == order.order_id:
                self.provider.expire(page.now.reference)
        self.take_what_was_sent()
