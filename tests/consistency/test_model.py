"""The whole sale against a plain model of its promises, in any order Hypothesis can think of.

Requests go through the real HTTP edges and messages through the real delivery code, all on
PostgreSQL. The test is the clock (it moves expiries), the sweeper and the postman. After each step
the seats must be exactly where the model has them, and no order, ticket or payment may be where it
ought not to be; in the end everything must have come to rest.

The usual run tells the same stories every time. ROWLOCK_MODEL_STORIES=1000 tells that many new ones.
"""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from support.sale.order_rules import OrderRules
from support.sale.organizer_rules import OrganizerRules
from support.sale.post_rules import PostRules
from support.sale.services import open_sale
from support.sale.story import Stage

STORIES_WANTED = os.environ.get("ROWLOCK_MODEL_STORIES")
STORIES = settings(
    max_examples=int(STORIES_WANTED or 30),
    stateful_step_count=40,
    derandomize=STORIES_WANTED is None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
STATES = {"awaiting_payment", "finalizing", "confirmed", "cancelling", "cancelled", "expired", "refunded"}


class Story(OrderRules, OrganizerRules, PostRules):
    """Buyers, an organizer, an operator, two small events and an unreliable post."""

    def is_at_rest(self):
        self.sweep()
        self.release_holds_of_cancelled_events()
        self.cancel_orders_of_cancelled_events()
        self.collect()
        nothing_happened = not self.waiting
        self.collect_and_deliver_all()
        return nothing_happened


@pytest.fixture
def stage(settings_for, mint_token, admin_database_url):
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        opened = open_sale(settings_for=settings_for, mint_token=mint_token)
        sale = runner.run(opened.__aenter__())
        yield Stage(sale, runner.run, admin_database_url)
        runner.run(opened.__aexit__(None, None, None))


@pytest.mark.timeout(0 if STORIES_WANTED else 900)  # shrinking a failing story takes its time
def test_no_story_breaks_a_promise(stage):
    Story.stage = stage
    run_state_machine_as_test(Story, settings=STORIES)
    assert STATES <= set(stage.reached), "the stories do not go everywhere"
