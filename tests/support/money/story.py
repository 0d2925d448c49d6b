"""What all rules of a story about money share: the cast, crashes, and what is checked after each step."""

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orders.clients.payment_provider import Notice
from orders.domain.findings import Finding
from support import databases
from support.failpoints import failpoints
from support.money import checks
from support.money.crash import Commits, Crash, until_killed
from support.money.kept import ModelPayment
from support.money.provider import ModelProvider
from support.plans import small_plan
from support.sale.post import Letter
from support.sale.services import Sale

T = TypeVar("T")

SEATS = tuple(f"A-{number}" for number in range(1, 9))
PRICE_MINOR = 4500
"""Of an adult's ticket; see `support.sale.services.event_terms`."""

REFUND_ATTEMPTS_MAX = 2
"""Refunds that fail so often are an operator's."""

some_seats = st.lists(st.sampled_from(SEATS), min_size=1, max_size=2, unique=True)
two_seats = st.lists(st.sampled_from(SEATS), min_size=2, max_size=2, unique=True)


POINTS = [*sorted(failpoints("orders")), "inbox.committed"]
crashes = (
    st.none()
    | st.none()
    | st.none()
    | st.builds(Crash, st.sampled_from(["before", "after"]), st.integers(1, 3))
)
"""Mostly none; else beside one of the first commits."""


@dataclass(frozen=True)
class MoneyStage:
    """The running services with the model provider, and a way to wait for them from plain functions."""

    sale: Sale
    provider: ModelProvider
    commits: Commits
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    reconcile: Callable[[], Coroutine[Any, Any, list[Finding]]]
    admin_database_url: str
    reached: Counter[str] = field(default_factory=Counter[str])
    """In how many stories something was reached: stories that get nowhere test nothing."""


@dataclass
class PlacedOrder:
    order_id: str
    buyer: str
    hold_id: str
    seat_ids: list[str]
    key: str = field(default_factory=lambda: str(uuid4()))
    """The Idempotency-Key of the payment that was started last: it may be asked for again."""


class MoneyStoryBase(RuleBasedStateMachine):
    """An event on sale, nobody there yet, and a provider that has never heard of us."""

    stage: ClassVar[MoneyStage]

    def __init__(self) -> None:
        super().__init__()
        self.sale, self.provider = self.stage.sale, self.stage.provider
        self.provider.forget()
        self.event_id = ""
        self.orders: list[PlacedOrder] = []
        self.waiting: list[Letter] = []
        self.delivered: list[Letter] = []
        self.on_the_way: list[Notice] = []
        self.arrived: list[Notice] = []
        self.seen_notices = 0
        self.armed: Crash | None = None
        self.kills = Counter[str]()

    def put_event_on_sale(self, policy: Any) -> None:
        """The first thing of every story."""
        databases.empty(admin_url=self.stage.admin_database_url)
        plan = small_plan(rows=1, seats=len(SEATS))
        self.event_id = self.run(self.sale.publish_event(plan=plan, refund_policy=policy))

    @invariant()
    def money_is_where_it_belongs(self) -> None:
        if self.event_id:
            assert self.provider.faults == []
            self.run(checks.check_now(self.sale))

    @precondition(lambda self: not self.armed)
    @rule(point=st.sampled_from(POINTS))
    def will_die_at(self, point: str) -> None:
        """Whoever gets there next, whatever they are at."""
        self.armed = Crash("at", failpoint=point)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.stage.run(work)

    def survive(self, work: Coroutine[Any, Any, Any], crash: Crash | None) -> Any:
        """What `work` gave; None when the process died on the way: of `crash`, or at the armed failpoint."""
        crash = crash or self.armed
        with self.stage.commits.crashing(crash):
            answer = self.run(until_killed(work))
        if self.stage.commits.died and crash:
            self.kills[crash.failpoint or f"{crash.where} a commit"] += 1
            self.armed = None if crash == self.armed else self.armed
        self.take_what_was_sent()
        return answer

    def ask(
        self, method: str, path: str, *, crash: Crash | None = None, service: str = "orders", **request: Any
    ) -> httpx.Response | None:
        """The answer, which is never an error of ours; None when the process died on the way."""
        answer = self.survive(self.sale.ask(service, method, path, **request), crash)
        assert answer is None or answer.status_code < 500 or answer.status_code == 503, answer.text
        return answer

    def job(self, name: str, *, crash: Crash | None = None, service: str = "orders") -> None:
        self.survive(self.sale.run_job(service, name), crash)

    def any_order(self, data: st.DataObject) -> PlacedOrder:
        return data.draw(st.sampled_from(self.orders))

    def new_key(self) -> str:
        return str(uuid4())

    def pages(self) -> list[ModelPayment]:
        """Where somebody can pay now."""
        return [payment for payment in self.provider.payments.values() if payment.is_payable]

    def pages_of(self, order: PlacedOrder) -> list[ModelPayment]:
        return [page for page in self.pages() if str(page.order_id) == order.order_id]

    def take_what_was_sent(self) -> None:
        """Notices the provider sent since the last look are on their way."""
        self.on_the_way += self.provider.sent[self.seen_notices :]
        self.seen_notices = len(self.provider.sent)
