"""Orders paid late that want the same few seats, and everybody else who wants them too."""

import asyncio
import random
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import pytest
from integration.reservation.scene import (
    LIMITS,
    ORGANIZATIONS,
    Scene,
    assert_seats_and_holds_agree,
    names_of,
    outcomes,
    owner,
    plan_document,
)
from integration.reservation.test_claims_under_way import claim_under_way
from integration.reservation.test_equivalents import answers, are_side_by_side, lost_hold, seats_of
from sqlalchemy.exc import DBAPIError

from chassis import database_errors
from chassis.database import Transaction
from messages.reservation import EventSeats, HoldsConfirmed, ReleaseSeats
from reservation.domain.wishes import BestAvailable, Wish
from reservation.storage.equivalents import take_turns
from reservation.storage.seats import free_seats, lock_seats
from reservation.usecases.block_seats import block_seats
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.place_hold import PlacedHold
from reservation.usecases.release_hold import release_hold
from reservation.usecases.renew_hold import renew_hold
from reservation.usecases.renew_holds import renew_holds
from reservation.usecases.take_back_seats import take_back_seats
from support.waiting import wait_until

LATE_ORDERS = 30
BLOCKS = 7
CALLS_AT_ONCE = 16


@pytest.fixture(autouse=True)
def no_conflict(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever tries again after a deadlock asks `is_conflict` first: nobody may get a yes here."""
    conflicts: list[BaseException] = []

    def is_conflict(error: BaseException) -> bool:
        if database_errors.is_conflict(error):
            conflicts.append(error)
        return False

    for module in ("chassis.database", "reservation.usecases.hold_batches"):
        monkeypatch.setattr(f"{module}.is_conflict", is_conflict)
    yield
    assert conflicts == []


async def confirm_openly(scene: Scene, *holds: PlacedHold) -> uuid.UUID:
    """In one transaction, as a message is handled: again when a lock or a turn was long in coming, which a
    busy machine may bring about.
    """
    while True:
        try:
            async with scene.db.transaction() as tx:
                return await scene.confirm_in(tx, *holds, or_equivalent=True)
        except DBAPIError as error:
            if database_errors.sqlstate_of(error) != database_errors.LOCK_NOT_AVAILABLE:
                raise


def in_turn(calls: Sequence[Coroutine[Any, Any, Any]]) -> list[Coroutine[Any, Any, Any]]:
    """The calls, so that not many more are under way at once than there are connections."""
    under_way = asyncio.Semaphore(CALLS_AT_ONCE)

    async def one(call: Coroutine[Any, Any, Any]) -> Any:
        async with under_way:
            return await call

    return [one(call) for call in calls]


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

    calls = [confirm_openly(replicas[n % 4], placed) for n, placed in enumerate(late)]
    orders = await outcomes(*in_turn(calls))

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

        seen = names_of(await outcomes(*in_turn(calls)))

        assert set(seen) <= {"UUID", "PlacedHold", "SeatsTaken", "NotEnoughSeats", "int"}, seen
        await assert_seats_and_holds_agree(scene)
    confirmed = {message["order_id"] for message in await scene.messages(HoldsConfirmed)}
    sold = await scene.rows("SELECT order_id FROM reservation.seats WHERE state = 'sold' GROUP BY order_id")
    assert {str(row.order_id) for row in sold} == confirmed


async def test_late_orders_do_not_deadlock_with_anybody_else(replicas: list[Scene]) -> None:
    scene = replicas[0]
    given_back: list[uuid.UUID] = []
    for _ in range(3):
        event = await scene.put_on_sale(plan_document(rows=6, seats=16))
        late = await late_pairs(scene, event, rows=6)
        paid = [await scene.hold(event, f"{row}-10", f"{row}-11") for row in range(6)]
        active = [await scene.hold(event, f"{row}-12", f"{row}-13") for row in range(6)]
        sold = [await scene.hold(event, f"{row}-14", f"{row}-15") for row in range(6)]
        orders = [await scene.confirm(placed) for placed in sold]
        calls: list[Any] = [confirm_openly(replicas[n % 4], placed) for n, placed in enumerate(late)]
        calls += [scene.confirm(placed) for placed in paid]
        for n, placed in enumerate(active):
            calls += _by_its_buyer(replicas[n % 4], placed)
        calls += [_give_back(replicas[n % 4], order, sold[n]) for n, order in enumerate(orders[:4])]
        given_back += orders[:4]
        calls += [_block(replicas[n], event, f"{n}-13", f"{n}-3") for n in range(4)]
        calls += [replicas[n % 4].hold_best(event, 2) for n in range(8)]
        calls += [expire_holds(each.db, batch_max=5) for each in replicas]
        random.shuffle(calls)

        seen = names_of(await outcomes(*in_turn(calls)))

        refused = {"SeatsTaken", "NotEnoughSeats", "SeatsNotFree", "HoldNotActive"}
        assert set(seen) <= {"UUID", "PlacedHold", "NoneType", "Hold", "list", "int", *refused}, seen
        assert await _blocked_and_claimed(scene, event) == []
        await assert_seats_and_holds_agree(scene, given_back=given_back)


def _by_its_buyer(scene: Scene, placed: PlacedHold) -> list[Any]:
    hold_id, by = placed.hold.hold_id, owner(placed)
    return [
        scene.db.run(lambda tx: renew_hold(tx, hold_id=hold_id, owner=by, limits=LIMITS)),
        scene.db.run(lambda tx: renew_holds(tx, hold_ids=[hold_id], limits=LIMITS)),
        scene.db.run(lambda tx: release_hold(tx, hold_id=hold_id, owner=by)),
    ]


async def _give_back(scene: Scene, order_id: uuid.UUID, placed: PlacedHold) -> None:
    seats = EventSeats(event_id=placed.hold.event_id, seat_ids=placed.hold.seat_ids)

    async def work(tx: Transaction) -> None:
        await take_back_seats(tx, command=ReleaseSeats(order_id=order_id, seats=(seats,)))

    await scene.db.run(work)


async def _block(scene: Scene, event: uuid.UUID, *seat_ids: str) -> None:
    async def work(tx: Transaction) -> None:
        await block_seats(
            tx, event_id=event, organization_ids=ORGANIZATIONS, seat_ids=seat_ids, reason="camera"
        )

    await scene.db.run(work)


async def _blocked_and_claimed(scene: Scene, event: uuid.UUID) -> list[str]:
    seats = await scene.seats(event)
    return [seat_id for seat_id, seat in seats.items() if seat.state == "blocked" and seat.order_id]


async def test_orders_of_the_same_two_events_do_not_deadlock(replicas: list[Scene]) -> None:
    scene = replicas[0]
    first = await scene.put_on_sale(plan_document(rows=4, seats=14))
    second = await scene.put_on_sale(plan_document(rows=4, seats=14))
    one, other = await late_pairs(scene, first, rows=4), await late_pairs(scene, second, rows=4)
    random.shuffle(other)
    baskets = [random.sample(pair, 2) for pair in zip(one, other, strict=True)]

    calls = [confirm_openly(replicas[n % 4], *basket) for n, basket in enumerate(baskets)]
    orders = await outcomes(*in_turn(calls))

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


async def test_seats_given_instead_are_locked_in_the_one_order_with_those_asked_for(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=2, seats=2))
    late = await lost_hold(scene, event, "1-0", "1-1", to="1-1")
    async with scene.db.transaction() as somebody_elses:
        await lock_seats(somebody_elses, [(event, "0-0")])
        confirming = asyncio.create_task(confirm_openly(scene, late))
        await wait_until(lambda: _somebody_waits(scene))
        await lock_seats(somebody_elses, [(event, "1-0")])
    assert await seats_of(scene, event, await confirming) == ["0-0", "0-1"]


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
