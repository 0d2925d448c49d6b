"""Placing holds: who gets which seats, and what everybody else is told."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.reservation.scene import Scene, names_of, outcomes, placement, plan_document

from reservation.domain.errors import (
    EventNotOnSale,
    IdempotencyKeyReused,
    NotEnoughSeats,
    SeatsTaken,
    TooManyActiveHolds,
    TooManySeats,
    UnknownArea,
    UnknownPriceCategory,
    UnknownSeats,
)
from reservation.domain.wishes import AreaQuantity, BestAvailable, Wish
from reservation.storage.placing import PLACE_HOLDS, parameters_of
from support.queries import count_queries


async def test_named_seats_are_held_until_the_hold_expires(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "1-3", "1-2")
    seats = await scene.seats(event)
    assert [label.seat_id for label in placed.seats] == ["1-2", "1-3"]
    assert {s for s, row in seats.items() if row.state == "held"} == {"1-2", "1-3"}
    assert seats["1-2"].hold_id == placed.hold.hold_id
    assert seats["1-2"].expires_at == placed.hold.expires_at
    assert placed.hold.expires_at - placed.hold.placed_at == timedelta(seconds=900)


async def test_a_hold_is_all_or_nothing_and_names_what_was_taken(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-4")
    with pytest.raises(SeatsTaken) as refused:
        await scene.hold(event, "0-3", "0-4")
    assert refused.value.seat_ids == ("0-4",)
    assert (await scene.seats(event))["0-3"].state == "available"
    assert refused.value.alternative is not None
    assert [seat.seat_id for seat in refused.value.alternative] in (["0-2", "0-3"], ["0-5", "0-6"])


async def test_two_hundred_buyers_for_one_seat_give_one_hold(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale()
    results = await outcomes(*(replicas[n % 4].hold(event, "1-1") for n in range(200)))
    assert names_of(results) == {"PlacedHold": 1, "SeatsTaken": 199}
    assert len(await replicas[0].rows("SELECT 1 FROM reservation.holds")) == 1


async def test_fifty_parallel_requests_with_one_key_have_one_effect(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale()
    results = await outcomes(
        *(replicas[n % 4].hold(event, "1-1", "1-2", buyer="berta", key="same") for n in range(50))
    )
    holds = {result.hold.hold_id for result in results if hasattr(result, "hold")}
    assert len(holds) == 1
    assert set(names_of(results)) <= {"PlacedHold", "IdempotencyKeyInUse"}
    assert len(await replicas[0].rows("SELECT 1 FROM reservation.holds")) == 1


async def test_a_repeated_request_gives_the_first_answer_even_when_the_hold_is_over(scene: Scene) -> None:
    event = await scene.put_on_sale()
    first = await scene.hold(event, "1-1", buyer="berta", key="k")
    await scene.expire(first)
    await scene.hold(event, "1-1")
    again = await scene.hold(event, "1-1", buyer="berta", key="k")
    assert again.is_replay
    assert again.hold.hold_id == first.hold.hold_id
    assert again.seats == first.seats


async def test_a_repeated_request_for_best_seats_is_replayed_after_the_event_sold_out(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=2))
    wish = Wish(event, best_available=BestAvailable("Stalls", 2))
    first = await scene.place(wish, buyer="berta", key="k")
    again = await scene.place(wish, buyer="berta", key="k")
    assert again.is_replay
    assert again.hold.hold_id == first.hold.hold_id


async def test_a_key_used_for_another_request_is_refused(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "1-1", buyer="berta", key="k")
    with pytest.raises(IdempotencyKeyReused):
        await scene.hold(event, "1-2", buyer="berta", key="k")
    assert (await scene.seats(event))["1-2"].state == "available"


async def test_the_limit_of_active_holds_stands_under_parallel_requests(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale()
    results = await outcomes(
        *(replicas[n % 4].hold(event, f"{n // 10}-{n % 10}", buyer="berta") for n in range(30))
    )
    assert names_of(results)["PlacedHold"] == 3
    assert set(names_of(results)) <= {"PlacedHold", "TooManyActiveHolds", "SeatsTaken"}
    held = [row for row in (await replicas[0].seats(event)).values() if row.state == "held"]
    assert len(held) == 3


async def test_expired_holds_do_not_count_towards_the_limit(scene: Scene) -> None:
    event = await scene.put_on_sale()
    holds = [await scene.hold(event, f"0-{n}", buyer="berta") for n in range(3)]
    with pytest.raises(TooManyActiveHolds):
        await scene.hold(event, "1-0", buyer="berta")
    await scene.expire(holds[0])
    await scene.hold(event, "1-0", buyer="berta")


async def test_an_expired_hold_does_not_block_its_seats_while_no_sweeper_runs(scene: Scene) -> None:
    event = await scene.put_on_sale()
    old = await scene.hold(event, "1-1", "1-2")
    await scene.expire(old)
    new = await scene.hold(event, "1-1")
    seats = await scene.seats(event)
    assert seats["1-1"].hold_id == new.hold.hold_id
    assert seats["1-2"].hold_id == old.hold.hold_id


async def test_best_available_seats_adjoin_and_leave_no_orphan(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=2, seats=5))
    placed = await scene.hold_best(event, 3)
    assert [seat.seat_id for seat in placed.seats] in (["0-0", "0-1", "0-2"], ["0-2", "0-3", "0-4"])


async def test_many_buyers_of_best_seats_sell_the_hall_out_exactly(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=5, seats=8))
    results = await outcomes(*(replicas[n % 4].hold_best(event, 2) for n in range(40)))
    taken = [seat.seat_id for result in results if hasattr(result, "seats") for seat in result.seats]
    assert len(taken) == len(set(taken)) == 40
    assert names_of(results) == {"PlacedHold": 20, "NotEnoughSeats": 20}


async def test_best_available_is_refused_with_the_largest_block_left(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=2, seats=5))
    await scene.hold(event, "0-2", "1-3")
    with pytest.raises(NotEnoughSeats) as refused:
        await scene.hold_best(event, 4)
    assert refused.value.largest_block == 3


async def test_an_area_is_sold_by_quantity_to_the_last_place(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(standing=30))
    results = await outcomes(*(replicas[n % 4].hold_area(event, 3) for n in range(15)))
    units = [seat.seat_id for result in results if hasattr(result, "seats") for seat in result.seats]
    assert len(units) == len(set(units)) == 30
    assert units[0].startswith("pit:")
    assert names_of(results) == {"PlacedHold": 10, "NotEnoughSeats": 5}


async def test_one_hold_may_mix_named_best_and_area(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(standing=5))
    wish = Wish(event, ("0-4",), BestAvailable("Stalls", 2), (AreaQuantity("pit", 2),))
    placed = await scene.place(wish)
    assert len(placed.seats) == 5
    assert sum(seat.area_id == "pit" for seat in placed.seats) == 2
    assert sum(row.state == "held" for row in (await scene.seats(event)).values()) == 5


async def test_what_the_plan_does_not_have_is_refused_by_name(scene: Scene) -> None:
    event = await scene.put_on_sale()
    with pytest.raises(UnknownSeats) as refused:
        await scene.hold(event, "0-0", "9-9")
    assert refused.value.seat_ids == ("9-9",)
    with pytest.raises(UnknownPriceCategory):
        await scene.place(Wish(event, best_available=BestAvailable("Royal", 2)))
    with pytest.raises(UnknownArea):
        await scene.place(Wish(event, areas=(AreaQuantity("moat", 1),)))


async def test_more_seats_than_the_event_allows_are_refused(scene: Scene) -> None:
    event = await scene.put_on_sale(seats_per_order_max=2)
    with pytest.raises(TooManySeats) as refused:
        await scene.hold(event, "0-0", "0-1", "0-2")
    assert refused.value.seats_max == 2


async def test_no_seat_is_held_outside_the_sales_period(scene: Scene) -> None:
    now = datetime.now(UTC)
    early = await scene.put_on_sale(sales_start_at=now + timedelta(minutes=5))
    late = await scene.put_on_sale(
        sales_start_at=now - timedelta(hours=2), sales_end_at=now - timedelta(minutes=5)
    )
    for event in (early, late, uuid.uuid4()):
        with pytest.raises(EventNotOnSale):
            await scene.hold(event, "0-0")


async def test_a_hold_is_one_statement(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")
    before = await scene.rows("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    assert before
    with count_queries(scene.db) as statements:
        await scene.hold(event, "0-1")
    assert statements == []  # nothing but the one raw statement


async def test_claiming_seats_touches_no_index_of_seats(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=10, seats=20))
    placements = [placement(event, f"{n % 10}-{n // 10}") for n in range(20)]
    async with scene.db.raw() as connection, connection.transaction():
        updates, hot_updates = await _updates_of_seats(connection)
        await connection.execute(PLACE_HOLDS, parameters_of(placements, duration_s=900))
        updates_now, hot_updates_now = await _updates_of_seats(connection)
    assert updates_now - updates == hot_updates_now - hot_updates == 20


async def _updates_of_seats(connection: Any) -> tuple[int, int]:
    """Of this connection since its last report to the server's statistics."""
    seats = "'reservation.seats'::regclass"
    cursor = await connection.execute(
        f"SELECT pg_stat_get_xact_tuples_updated({seats}), pg_stat_get_xact_tuples_hot_updated({seats})"
    )
    return await cursor.fetchone()
