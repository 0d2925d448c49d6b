"""What all rules of the story share: the cast, the shorthands and the promises checked after each step."""

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from support import databases
from support.plans import small_plan
from support.sale.checks import check_now, check_when_all_is_quiet, states_reached
from support.sale.model import ModelHold, SaleModel
from support.sale.post import Letter
from support.sale.services import Sale

T = TypeVar("T")

# Few seats, so that everybody wants the same ones.
SEATS = ("A-1", "A-2", "A-3")
ROUNDS_TO_REST = 10
"""More than the longest chain of messages and jobs that anything can start."""

some_seats = st.lists(st.sampled_from(SEATS), min_size=1, max_size=2, unique=True)


@dataclass(frozen=True)
class Stage:
    """The running services, and a way to wait for them from Hypothesis's plain functions."""

    sale: Sale
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    admin_database_url: str
    reached: Counter[str] = field(default_factory=Counter[str])
    """In how many stories an order came to each state: stories that get nowhere test nothing."""


@dataclass(frozen=True)
class PlacedOrder:
    order_id: str
    buyer: str
    total_minor: int


class StoryBase(RuleBasedStateMachine):
    """Two events on sale, nobody there yet."""

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        self.sale = self.stage.sale
        self.events: list[str] = []
        self.model = SaleModel(())
        self.orders: list[PlacedOrder] = []
        self.waiting: list[Letter] = []
        self.delivered: list[Letter] = []

    @initialize()
    def two_events_are_on_sale(self) -> None:
        databases.empty(admin_url=self.stage.admin_database_url)
        self.events = [
            self.run(self.sale.publish_event(plan=small_plan(rows=1, seats=len(SEATS)))) for _ in range(2)
        ]
        self.model = SaleModel((event, seat) for event in self.events for seat in SEATS)

    @invariant()
    def promises_hold(self) -> None:
        if self.events:
            self.run(check_now(self.sale, self.model))

    def teardown(self) -> None:
        """In the end every letter arrives and every job runs: then nothing may be left half done."""
        if not self.events:
            return
        assert any(self.is_at_rest() for _ in range(ROUNDS_TO_REST)), (
            "messages and jobs start each other for ever"
        )
        self.promises_hold()
        self.run(check_when_all_is_quiet(self.sale, self.model))
        self.stage.reached.update(self.run(states_reached(self.sale, self.model)))

    def is_at_rest(self) -> bool:
        """Let everything happen that happens by itself; whether nothing was left to happen."""
        raise NotImplementedError

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.stage.run(work)

    def ask(self, method: str, path: str, *, service: str = "reservation", **request: Any) -> httpx.Response:
        return self.run(self.sale.ask(service, method, path, **request))

    def any_hold(self, data: st.DataObject) -> ModelHold:
        return data.draw(st.sampled_from(list(self.model.holds.values())))

    def any_event(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.events))
