"""Orders paid late that want the same few seats, and everybody else who wants them too."""

import asyncio
import random
import uuid
from typing import Any

from integration.reservation.scene import (
    Scene,
    assert_seats_and_holds_agree,
    names_of,
    outcomes,
    plan_document,
)
from integration.reservation.test_claims_under_way import claim_under_way
from integration.reservation.test_equivalents import answers, are_side_by_side, lost_hold, seats_of

from messages.reservation import HoldsConfirmed
from reservation.domain.wishes import BestAvailable, Wish
from reservation.storage.equivalents import take_turns
from reservation.storage.seats import free_seats, lock_seats
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.place_hold import PlacedHold
from support.waiting import wait_until

LATE_ORDERS = 30
BLOCKS = 7


async def confirm_openly(scene: Scene, *holds: PlacedHold) -> uuid.UUID:
    """In one transaction: `db.run` would hide a deadlock by trying again."""
    async with scene.db.transaction() as tx:
        return await scene.confirm_in(tx, *holds, or_equivalent=True)


async def late_pairs(scene: Scene, event: uuid.UUID, *, rows: int) -> list[PlacedHold]:
    """Pairs that lapsed, in the first ten seats of each row; others have all of these seats now."""
    seats = [(f"{row}-{n}", f"{row}-{n + 1}") for row in range(rows) for n in range(0, 10, 2)]
    placed = [await scene.hold(event, *pair) for pair in seats]
    await scene.expire(*placed)
    for pair in seats:
        await scene.hold(event, *pair)
    return placed


async def test_of_many_late_orders_as_many_are_served_as_there_are_blocks(replicas: list[Scene]) -> None:
    scene = replicas[0]
    event = await scene.put_on_sale(plan_document(rows=6, seats=14))
    late = await late_pairs(scene, event, rows=6)
    for row in range(6):  # of the last four seats of each row two remain, but in one row all four
        if row:
            await scene.hold(event, f"{row}-12", f"{row}-13")
    assert (len(late), await free_pairs(scene, event)) == (LATE_ORDERS, BLOCKS)
    random.shuffle(late)

    orders = await outcomes(*(confirm_openly(replicas[n % 4], placed) for n, placed in enumerate(late)))

    assert {type(order) for order in orders} == {uuid.UUID}
    given = [await seats_of(scene, event, order) for order in orders]
    served = [seats for seats in given if seats]
    assert len(served) == BLOCKS
    assert all(len(seats) == 2 and are_side_by_side(seats) for seats in served)
    assert len({seat for seats in served for seat in seats}) == 2 * BLOCKS
    told = await answers(scene)
    assert told.count("seats_taken") == LATE_ORDERS - BLOCKS
    await assert_seats_and_holds_agree(scene)


async def free_pairs(scene: Scene, event: uuid.UUID) -> int:
    free = [seat_id for seat_id, seat in (await scene.seats(event)).items() if seat.state == "available"]
    return len(free) // 2


async def test_late_orders_and_buyers_never_share_a_seat(replicas: list[Scene]) -> None:
    scene = replicas[0]
    for _ in range(4):
        event = await scene.put_on_sale(plan_document(rows=6, seats=14))
        late = await late_pairs(scene, event, rows=6)
        calls: list[Any] = [confirm_openly(replicas[n % 4], placed) for n, placed in enumerate(late)]
        best = Wish(event, best_available=BestAvailable("Stalls", 2))
        calls += [replicas[n % 4].place(best) for n in range(20)]
        calls += [replicas[n % 4].hold(event, f"{n % 6}-{10 + n % 4}") for n in range(12)]
        calls += [expire_holds(each.db, batch_max=5) for each in replicas]
        random.shuffle(calls)

        seen = names_of(await outcomes(*calls))

        assert set(seen) <= {"UUID", "PlacedHold", "SeatsTaken", "NotEnoughSeats", "int"}, seen
        await assert_seats_and_holds_agree(scene)
    confirmed = {message["order_id"] for message in await scene.messages(HoldsConfirmed)}
    sold = await scene.rows("SELECT order_id FROM reservation.seats WHERE state = 'sold' GROUP BY order_id")
    assert {str(row.order_id) for row in sold} == confirmed


async def test_orders_of_the_same_two_events_do_not_deadlock(replicas: list[Scene]) -> None:
    scene = replicas[0]
    first = await scene.put_on_sale(plan_document(rows=4, seats=14))
    second = await scene.put_on_sale(plan_document(rows=4, seats=14))
    one, other = await late_pairs(scene, first, rows=4), await late_pairs(scene, second, rows=4)
    random.shuffle(other)
    baskets = [random.sample(pair, 2) for pair in zip(one, other, strict=True)]

    orders = await outcomes(*(confirm_openly(replicas[n % 4], *basket) for n, basket in enumerate(baskets)))

    assert {type(order) for order in orders} == {uuid.UUID}
    for order in orders:
        assert len(await seats_of(scene, first, order)) == len(await seats_of(scene, second, order)) in (0, 2)
    await assert_seats_and_holds_agree(scene)


async def test_seats_that_go_while_they_are_chosen_are_chosen_anew(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=2, seats=4))
    late = await lost_hold(scene, event, "0-0", "0-1")
    for seat in ("0-1", "0-2", "0-3"):
        await scene.hold(event, seat)  # a whole row is left, and a best block of it is wanted
    async with claim_under_way(scene, event, "1-0", "berta"):
        confirming = asyncio.create_task(confirm_openly(scene, late))
        await wait_until(lambda: _somebody_waits(scene))
    order = await confirming
    given = await seats_of(scene, event, order)
    assert given in (["1-1", "1-2"], ["1-2", "1-3"])
    await assert_seats_and_holds_agree(scene)


async def _somebody_waits(scene: Scene) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await scene.rows(waiting))


async def test_who_waits_for_a_turn_keeps_no_seat_and_gets_the_same_ones_if_they_are_free_then(
    scene: Scene,
) -> None:
    event = await scene.put_on_sale()
    late = await lost_hold(scene, event, "0-0", "0-1")
    async with scene.db.transaction() as somebody_elses:
        await take_turns(somebody_elses, event_ids=[event])
        confirming = asyncio.create_task(confirm_openly(scene, late))
        await wait_until(lambda: _somebody_waits(scene))
        async with scene.db.transaction() as tx:
            locked = await lock_seats(tx, [(event, "0-0"), (event, "0-1")])
            await free_seats(tx, list(locked))
    order = await confirming
    assert await seats_of(scene, event, order) == ["0-0", "0-1"]
    assert await answers(scene) == [{}]
