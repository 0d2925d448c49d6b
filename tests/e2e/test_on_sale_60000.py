"""A large hall: all its 60,000 seats are on sale a moment after the event was published."""

import time

from support.stage.organizer import small_plan

ROWS, SEATS_PER_ROW = 300, 200
DEADLINE_S = 30
"""The aim is 5 s on a machine of its own; the figure is printed, this is only where we stop to wait."""


async def test_60000_seats_are_on_sale_soon_after_publication(stage, tell_figure):
    plan = small_plan(rows=ROWS, seats_per_row=SEATS_PER_ROW, standing=0)
    event = await stage.organizer.draft(
        venue_id=await stage.organizer.make_venue(),
        seating_plan_id=await stage.organizer.import_plan(plan),
        categories=("Stalls",),
    )
    event_id, buyer = event["event_id"], stage.buyer()

    await stage.organizer.publish(event_id)
    published_at = time.monotonic()
    seen = await stage.organizer.see_on_sale(event_id, deadline_s=DEADLINE_S)
    await buyer.hold(event_id, "Stalls-300-200")
    on_sale_s = time.monotonic() - published_at
    tell_figure(f"60,000 seats on sale, and one of them held, {on_sale_s:.1f} s after publication")

    assert "a" * ROWS * SEATS_PER_ROW == seen["seats"]
    await buyer.see_seats(event_id, "Stalls-300-200", become="h")
