"""The whole sale against a plain model of its promises, in any order Hypothesis can think of.

Requests go through the real HTTP edges and messages through the real delivery code, all on
PostgreSQL. The test is the clock (it moves expiries), the sweeper and the postman: it delivers
messages late, twice and in any order. After each step the seats must be exactly where the model
has them, and no order, ticket or payment may be where it ought not to be.

ROWLOCK_MODEL_EXAMPLES asks for more than the usual number of stories.
"""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support import databases
from support.plans import small_plan
from support.post import Letter
from support.sale import Sale, open_sale
from support.sale_checks import check_now, check_when_all_is_quiet
from support.sale_model import ModelHold, SaleModel

EXAMPLES = int(os.environ.get("ROWLOCK_MODEL_EXAMPLES", "30"))
STEPS = 40
SEATS = tuple(f"{row}-{number}" for row in "AB" for number in (1, 2, 3))
some_seats = st.lists(st.sampled_from(SEATS), min_size=1, max_size=3, unique=True)
ticket_types = st.sampled_from(["adult", "student"])


def test_no_story_breaks_a_promise(settings_for, mint_token, admin_database_url):
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        opened = open_sale(settings_for=settings_for, mint_token=mint_token)
        Story.run_async, Story.sale = runner.run, runner.run(opened.__aenter__())
        Story.admin_database_url = admin_database_url
        try:
            run_state_machine_as_test(
                Story,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
                ),
            )
        finally:
            runner.run(opened.__aexit__(None, None, None))


class Story(RuleBasedStateMachine):
    """Two events, their buyers, an organizer and an operator."""

    sale: Sale
    run_async: Any
    admin_database_url: str

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return type(self).run_async(work)

    @initialize()
    def two_events_are_on_sale(self):
        databases.empty(admin_url=self.admin_database_url)
        self.events = [self.run(self.sale.publish_event(plan=small_plan())) for _ in range(2)]
        self.model = SaleModel((event, seat) for event in self.events for seat in SEATS)
        self.orders: list[str] = []
        self.buyers: dict[str, str] = {}
        self.totals: dict[str, int] = {}
        self.waiting: list[Letter] = []
        self.delivered: list[Letter] = []

    # Holds

    @rule(data=st.data(), seats=some_seats)
    def place_hold(self, data, seats):
        event, buyer = data.draw(st.sampled_from(self.events)), f"buyer-{len(self.model.holds)}"
        answer = self.ask("POST", "/holds", who=buyer, json={"event_id": event, "seat_ids": seats})
        if event in self.model.cancelled:
            assert answer.status_code == 404
        elif taken := self.model.taken(event, seats):
            assert (answer.status_code, sorted(answer.json()["taken"])) == (409, taken)
        else:
            assert answer.status_code == 201, answer.text
            self.model.place(hold_from(answer.json(), buyer=buyer))

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def renew(self, data):
        hold = self.any_hold(data)
        answer = self.ask("POST", f"/holds/{hold.hold_id}/renewals", who=hold.buyer)
        allowed = hold.is_live and hold.renewals_left > 0 and hold.event_id not in self.model.cancelled
        assert answer.is_success is allowed, answer.text
        if allowed:
            hold.renewals_left -= 1
            self.remember_token(hold, answer.json())

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data):
        hold = self.any_hold(data)
        answer = self.ask("DELETE", f"/holds/{hold.hold_id}", who=hold.buyer)
        assert answer.is_success is hold.is_live, answer.text
        if hold.is_live:
            self.model.release(hold)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), seat=st.sampled_from(SEATS))
    def release_seat(self, data, seat):
        hold = self.any_hold(data)
        answer = self.ask("DELETE", f"/holds/{hold.hold_id}/seats/{seat}", who=hold.buyer)
        allowed = hold.is_live and seat in hold.seat_ids
        assert answer.is_success is allowed, answer.text
        if allowed:
            self.model.release_seat(hold, seat)
            self.remember_token(hold, answer.json())

    @precondition(lambda self: any(hold.is_live for hold in self.model.holds.values()))
    @rule(data=st.data())
    def time_runs_out(self, data):
        hold = data.draw(st.sampled_from([hold for hold in self.model.holds.values() if hold.is_live]))
        self.run(self.sale.lapse(hold.hold_id))
        self.model.lapse(hold)

    @rule()
    def sweep(self):
        self.run(self.sale.run_job("reservation", "expire_holds"))
        self.model.sweep()

    # The organizer

    @rule(data=st.data(), seats=some_seats)
    def block(self, data, seats):
        event = data.draw(st.sampled_from(self.events))
        answer = self.organize(f"/events/{event}/blocked-seats", json={"seat_ids": seats})
        allowed = event not in self.model.cancelled and not self.model.taken(event, seats)
        assert answer.is_success is allowed, answer.text
        if allowed:
            self.model.block(event, seats, blocked=True)

    @precondition(lambda self: any(seat.blocked for seat in self.model.seats.values()))
    @rule(data=st.data())
    def unblock(self, data):
        event, seat = data.draw(
            st.sampled_from([key for key, seat in self.model.seats.items() if seat.blocked])
        )
        answer = self.organize(f"/events/{event}/unblocked-seats", json={"seat_ids": [seat]})
        assert answer.is_success is (event not in self.model.cancelled), answer.text
        if answer.is_success:
            self.model.block(event, [seat], blocked=False)

    @precondition(lambda self: len(self.model.holds) > 3)
    @rule(data=st.data(), really=st.sampled_from([False, False, True]))
    def cancel_event(self, data, really):
        if really:
            event = data.draw(st.sampled_from(self.events))
            self.organize(f"/events/{event}/cancellation", service="catalog", json={"reason": "rain"})

    @rule()
    def release_holds_of_cancelled_events(self):
        self.run(self.sale.run_job("reservation", "release_holds_of_cancelled"))
        self.model.release_cancelled()

    # Orders

    @precondition(lambda self: any(not hold.ordered for hold in self.model.holds.values()))
    @rule(data=st.data(), ticket_type=ticket_types)
    def place_order(self, data, ticket_type):
        unordered = [hold for hold in self.model.holds.values() if not hold.ordered]
        holds = data.draw(st.lists(st.sampled_from(unordered), min_size=1, max_size=2, unique_by=id))
        tokens = [data.draw(st.sampled_from(hold.tokens)) for hold in holds]
        people = [
            (hold.event_id, seat) for hold, (_, seats) in zip(holds, tokens, strict=True) for seat in seats
        ]
        body = order_body([token for token, _ in tokens], people, ticket_type=ticket_type)
        answer = self.ask("POST", "/orders", who=holds[0].buyer, service="orders", json=body)
        if not answer.is_success:
            assert answer.json()["type"] in ("/problems/event-cancelled", "/problems/holds-overlap"), (
                answer.text
            )
            return
        order = answer.json()
        self.orders.append(order["order_id"])
        self.buyers[order["order_id"]] = holds[0].buyer
        self.totals[order["order_id"]] = order["total"]["amount_minor"]
        for hold in holds:
            hold.ordered = True

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def finalize_or_pay(self, data):
        order = data.draw(st.sampled_from(self.orders))
        if self.totals[order]:
            paid = {"amount_minor": self.totals[order], "currency": "PLN", "reference": f"bank-{order}"}
            answer = self.ask(
                "POST",
                f"/orders/{order}/recorded-payments",
                who="otto",
                roles=("operator",),
                service="orders",
                json=paid,
            )
            assert answer.is_success, answer.text
        else:
            answer = self.ask(
                "POST", f"/orders/{order}/finalization", who=self.buyers[order], service="orders"
            )
            assert answer.status_code in (200, 202, 409), answer.text

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel_order(self, data):
        order = data.draw(st.sampled_from(self.orders))
        answer = self.ask("POST", f"/orders/{order}/cancellation", who=self.buyers[order], service="orders")
        assert answer.status_code in (200, 202, 409), answer.text

    @rule()
    def ask_again_where_an_answer_is_overdue(self):
        self.run(self.sale.make_commands_overdue())
        self.run(self.sale.run_job("orders", "resend_commands"))

    @rule()
    def cancel_orders_of_cancelled_events(self):
        self.run(self.sale.run_job("orders", "cancel_event_orders"))

    # The post

    @rule()
    def collect(self):
        self.waiting += self.run(self.sale.post.collect())

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def deliver_any(self, data):
        letter = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.deliver(letter)
        self.delivered.append(letter)

    @precondition(lambda self: self.waiting)
    @rule()
    def deliver_all(self):
        while self.waiting:
            letter = self.waiting.pop(0)
            self.deliver(letter)
            self.delivered.append(letter)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data):
        self.deliver(data.draw(st.sampled_from(self.delivered)))

    # What must hold

    @invariant()
    def promises_hold(self):
        if hasattr(self, "model"):
            self.run(check_now(self.sale, self.model))

    def teardown(self):
        """In the end every letter arrives and every job runs: then nothing may be left half done."""
        if not hasattr(self, "model"):
            return
        for _ in range(10):
            self.release_holds_of_cancelled_events()
            self.cancel_orders_of_cancelled_events()
            self.collect()
            self.deliver_all()
        self.run(check_now(self.sale, self.model))
        self.run(check_when_all_is_quiet(self.sale, self.model))

    # Shorthands

    def ask(self, method, path, *, service="reservation", **request):
        return self.run(self.sale.ask(service, method, path, **request))

    def organize(self, path, *, service="reservation", **request):
        return self.ask("POST", path, service=service, who="olga", roles=("organizer",), **request)

    def any_hold(self, data):
        return data.draw(st.sampled_from(list(self.model.holds.values())))

    def remember_token(self, hold, answer):
        if answer["hold_token"]:
            hold.tokens.append((answer["hold_token"], tuple(hold.seat_ids)))

    def deliver(self, letter):
        self.run(self.sale.post.deliver(letter))
        self.model.hear(
            consumer=letter.consumer,
            message_id=str(letter.message_id),
            message_type=letter.message_type,
            data=letter.data,
        )


def hold_from(answer: dict[str, Any], *, buyer: str) -> ModelHold:
    seats = [seat["seat_id"] for seat in answer["seats"]]
    hold = ModelHold(answer["hold_id"], answer["event_id"], buyer, seats)
    hold.tokens.append((answer["hold_token"], tuple(seats)))
    return hold


def order_body(tokens, people, *, ticket_type):
    return {
        "hold_tokens": tokens,
        "contact": {"email": "ada@example.org"},
        "attendees": [
            {
                "event_id": event,
                "seat_id": seat,
                "ticket_type": ticket_type,
                "first_name": "Ada",
                "last_name": "Lovelace",
            }
            for event, seat in people
        ],
    }
