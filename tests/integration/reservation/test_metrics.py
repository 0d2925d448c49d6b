"""What an operator of an on-sale asks reservation: holds by outcome, what became of them, seats by state."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.reservation.scene import LIMITS, ORGANIZATIONS, Scene, outcomes, owner, plan_document
from sqlalchemy import text

from chassis.database import Database
from chassis.sampling import take_sample
from messages.reservation import ReleaseSeats
from reservation.domain.wishes import BestAvailable, Wish
from reservation.jobs import sample_seats
from reservation.usecases.block_seats import block_seats
from reservation.usecases.cancel_event import release_holds_of_cancelled
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.place_hold import HoldPlacer
from reservation.usecases.publish_availability import publish_availability
from reservation.usecases.release_hold import release_hold
from support.metrics import Figures, Rise
from support.waiting import wait_until

HOLDS = "rowlock_holds_total"
ENDED = "rowlock_holds_ended_total"


@pytest.fixture
def rise() -> Rise:
    return Rise()


async def seats_told(scene: Scene) -> dict[str, float]:
    """As a worker tells them, once the counts of changed events are published."""
    await publish_availability(scene.db)
    await take_sample(scene.db, sample_seats, every_s=10)
    return Figures().by("state", "rowlock_seats")


async def sweeper_lag_told(scene: Scene) -> float | None:
    await take_sample(scene.db, sample_seats, every_s=10)
    return Figures().value("rowlock_sweeper_lag_seconds")


async def test_a_granted_hold_and_its_repetition_are_told_apart(scene: Scene, rise: Rise) -> None:
    event = await scene.put_on_sale()
    for _ in range(2):
        await scene.hold(event, "0-0", buyer="anna", key="same")
    assert rise.by("outcome", HOLDS) == {"held": 1, "repeated": 1}


async def test_every_refusal_has_its_word(scene: Scene, rise: Rise) -> None:
    event = await scene.put_on_sale(plan_document(rows=3, seats=4))
    await scene.hold(event, "0-0", buyer="anna", key="used")
    over = await scene.put_on_sale(sales_end_at=datetime.now(UTC) - timedelta(minutes=1))
    for n in range(1, LIMITS.active_holds_per_buyer_max):
        await scene.hold(event, f"0-{n}", buyer="anna")
    before = Rise()
    refused = await outcomes(
        scene.hold(event, "0-0"),
        scene.place(Wish(event, best_available=BestAvailable("Stalls", 9))),
        scene.hold(event, "1-0", buyer="anna"),
        scene.hold(over, "0-0"),
        scene.hold(event, "9-9"),
        scene.hold(event, "1-1", buyer="anna", key="used"),
    )
    assert all(isinstance(each, Exception) for each in refused)
    assert before.by("outcome", HOLDS) == {
        "seats_taken": 1,
        "not_enough_seats": 1,
        "limit_reached": 1,
        "not_on_sale": 1,
        "refused": 2,
    }


async def test_guests_who_have_all_the_holds_of_their_address_have_reached_a_limit(
    scene: Scene, rise: Rise
) -> None:
    event = await scene.put_on_sale()
    for n in range(LIMITS.active_holds_per_guest_address_max):
        await scene.hold_as_guest(event, f"0-{n}")
    await outcomes(scene.hold_as_guest(event, "1-0"))
    assert rise.by("outcome", HOLDS) == {
        "held": LIMITS.active_holds_per_guest_address_max,
        "limit_reached": 1,
    }


async def test_a_hold_that_the_database_did_not_answer_has_failed(scene: Scene, rise: Rise) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    scene.placer = HoldPlacer(db=nowhere, views=scene.views, limits=LIMITS)
    await outcomes(scene.hold(event, "0-1"))
    await nowhere.close()
    assert rise.by("outcome", HOLDS) == {"held": 1, "failed": 1}


async def test_a_claim_that_was_in_the_way_is_counted_and_the_hold_is_granted_after_it(
    scene: Scene, rise: Rise
) -> None:
    event = await scene.put_on_sale()
    async with scene.db.transaction() as tx:
        await tx.execute(
            text("SELECT FROM reservation.seats WHERE event_id = :id AND seat_id = '0-0' FOR NO KEY UPDATE"),
            {"id": event},
        )
        holding = asyncio.create_task(scene.hold(event, "0-0"))
        await wait_until(lambda: rise.of("rowlock_hold_attempts_contended_total"), poll_ms=1)
    await holding
    assert rise.by("outcome", HOLDS) == {"held": 1}


async def test_holds_end_purchased_released_or_expired(scene: Scene, rise: Rise) -> None:
    event = await scene.put_on_sale()
    bought, given_up, lapsed = [await scene.hold(event, f"0-{n}") for n in range(3)]
    await scene.confirm(bought)
    await scene.db.run(lambda tx: release_hold(tx, hold_id=given_up.hold.hold_id, owner=owner(given_up)))
    await scene.expire(lapsed)
    await expire_holds(scene.db, batch_max=10)
    assert rise.by("outcome", ENDED) == {"purchased": 1, "released": 1, "expired": 1}


async def test_holds_of_a_cancelled_event_are_released(scene: Scene, rise: Rise) -> None:
    event = await scene.put_on_sale()
    for n in range(2):
        await scene.hold(event, f"0-{n}")
    await scene.cancel(event)
    await release_holds_of_cancelled(scene.db, batch_max=10)
    assert rise.by("outcome", ENDED) == {"released": 2}


async def test_an_order_asked_for_twice_is_one_purchase_and_one_refused_is_none(
    scene: Scene, rise: Rise
) -> None:
    event = await scene.put_on_sale()
    first = await scene.hold(event, "0-0")
    order_id = await scene.confirm(first)
    await scene.confirm(first, order_id=order_id)
    lost = await scene.hold(event, "0-1")
    await scene.expire(lost)
    await scene.hold(event, "0-1")
    await scene.confirm(lost)
    assert rise.by("outcome", ENDED) == {"purchased": 1}


async def test_seats_are_told_by_state(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=10))
    await scene.hold(event, "0-0", "0-1", "0-2")
    await scene.confirm(await scene.hold(event, "0-3", "0-4"))
    await _block(scene, event, "0-5")
    assert await seats_told(scene) == {"free": 4, "held": 3, "sold": 2, "blocked": 1}


async def test_seats_of_all_events_are_added_up_and_follow_what_happens_to_them(scene: Scene) -> None:
    events = [await scene.put_on_sale(plan_document(rows=1, seats=4)) for _ in range(2)]
    placed = [await scene.hold(event, "0-0") for event in events]
    assert await seats_told(scene) == {"free": 6, "held": 2, "sold": 0, "blocked": 0}
    await scene.expire(placed[0])
    await expire_holds(scene.db, batch_max=10)
    order_id = await scene.confirm(placed[1])
    assert await seats_told(scene) == {"free": 7, "held": 0, "sold": 1, "blocked": 0}
    await _take_back(scene, events[1], order_id, "0-0")
    assert await seats_told(scene) == {"free": 8, "held": 0, "sold": 0, "blocked": 0}


async def test_a_hold_whose_time_is_over_leaves_a_free_seat_whatever_the_sweeper_does(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=4))
    await scene.expire(await scene.hold(event, "0-0"))
    await scene.hold(event, "0-1")  # something else changes the event
    assert await seats_told(scene) == {"free": 3, "held": 1, "sold": 0, "blocked": 0}


async def test_seats_of_events_that_are_cancelled_or_over_are_not_on_sale(scene: Scene) -> None:
    cancelled = await scene.put_on_sale(plan_document(rows=1, seats=4))
    over = await scene.put_on_sale(plan_document(rows=1, seats=5))
    assert (await seats_told(scene))["free"] == 9
    await scene.cancel(cancelled)
    async with scene.db.transaction() as tx:
        end = text("UPDATE reservation.events SET sales_end_at = now() WHERE event_id = :id")
        await tx.execute(end, {"id": over})
    assert await seats_told(scene) == {"free": 0, "held": 0, "sold": 0, "blocked": 0}


async def test_telling_reads_no_seat(scene: Scene) -> None:
    async with scene.db.snapshot() as connection:
        from reservation.queries import SEATS_AND_SWEEPER

        plan = await connection.execute(text(f"EXPLAIN {SEATS_AND_SWEEPER.text}"))
        assert "reservation.seats" not in (shown := "\n".join(plan.scalars()))
        assert "on seats" not in shown


async def test_a_sweeper_that_does_nothing_falls_behind_and_then_catches_up(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0")
    assert await sweeper_lag_told(scene) == 0
    await scene.expire(placed)
    lag_s = await sweeper_lag_told(scene)
    assert lag_s is not None
    assert 2600 < lag_s < 2800  # placed an hour ago for 900 s
    await expire_holds(scene.db, batch_max=10)
    assert await sweeper_lag_told(scene) == 0


async def _block(scene: Scene, event_id: Any, seat_id: str) -> None:
    await scene.db.run(
        lambda tx: block_seats(
            tx, event_id=event_id, organization_ids=ORGANIZATIONS, seat_ids=[seat_id], reason="view"
        )
    )


async def _take_back(scene: Scene, event_id: Any, order_id: Any, seat_id: str) -> None:
    from messages.reservation import EventSeats
    from reservation.usecases.take_back_seats import take_back_seats

    seats = (EventSeats(event_id=event_id, seat_ids=(seat_id,)),)
    command = ReleaseSeats(order_id=order_id, seats=seats)
    await scene.db.run(lambda tx: take_back_seats(tx, command=command))
