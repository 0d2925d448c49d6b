"""The demo's shows lie ahead whenever they are loaded, and sell what their plans have."""

from datetime import UTC, datetime

import pytest

from rowlock_demo.drawing import PLANS
from rowlock_demo.programme import SHOWS, Show

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("show", SHOWS, ids=lambda show: show.title)
def test_show_starts_after_now_and_can_be_cancelled_and_bought_today(show: Show):
    for starts_at in show.starts(now=NOW):
        body = show.body(venue_id="v", seating_plan_id="p", starts_at=starts_at, now=NOW)
        assert body["sales_start_at"] < NOW.isoformat() < body["cancellation_deadline_at"] < body["starts_at"]
        assert body["starts_at"] < body["ends_at"]


@pytest.mark.parametrize("show", SHOWS, ids=lambda show: show.title)
def test_show_prices_every_category_of_its_plan(show: Show):
    plan = PLANS[show.venue.plan]()
    assert {category["name"] for category in plan["categories"]} == set(show.prices)


def test_one_show_asks_for_a_pesel_and_counts_the_tickets_of_each_person():
    (strict,) = [show for show in SHOWS if show.tickets_per_person_max]
    (starts_at,) = strict.starts(now=NOW)
    body = strict.body(venue_id="v", seating_plan_id="p", starts_at=starts_at, now=NOW)
    assert (body["pesel_required"], body["tickets_per_person_max"]) == (True, 1)
    assert NOW.isoformat() < body["attendees_final_at"] < body["starts_at"]


def test_evening_keeps_its_local_hour_when_the_clocks_change():
    tempest = next(show for show in SHOWS if show.title == "The Tempest")
    in_summer = tempest.starts(now=datetime(2026, 6, 1, tzinfo=UTC))[0]
    in_winter = tempest.starts(now=datetime(2026, 12, 1, tzinfo=UTC))[0]
    assert (in_summer.hour, in_winter.hour) == (17, 18)
