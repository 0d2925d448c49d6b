"""Everything that wants the same seats at the same time; every ending must be a legal one."""

import random
import uuid
from collections import Counter
from typing import Any

from integration.reservation.scene import (
    LIMITS,
    Scene,
    assert_seats_and_holds_agree,
    names_of,
    outcomes,
    owner,
    plan_document,
)

from messages.reservation import HoldsConfirmed, HoldsRefused
from reservation.storage.seats import lock_seats
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.place_hold import PlacedHold
from reservation.usecases.release_hold import release_hold
from reservation.usecases.renew_hold import renew_hold

BASKETS = 10_000


async def test_overlapping_baskets_in_random_order_never_deadlock_or_split(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=20, seats=20))
    seats = [f"{row}-{n}" for row in range(20) for n in range(20)]
    dice = random.Random(7)

    async def buy(scene: Scene) -> list[Any]:
        results = []
        for _ in range(BASKETS // 40):
            basket = dice.sample(seats, dice.randint(1, 6))
            (result,) = await outcomes(scene.hold(event, *basket))
            if isinstance(result, PlacedHold) and dice.random() < 0.7:
                await scene.db.run(
                    lambda tx, placed=result: release_hold(
                        tx, hold_id=placed.hold.hold_id, owner=owner(placed)
                    )
                )
            results.append(result)
        return results

    results = await outcomes(*(buy(replicas[n % 4]) for n in range(40)))
    assert {type(result) for result in results} == {list}
    counts = Counter(type(result).__name__ for each in results for result in each)
    assert set(counts) == {"PlacedHold", "SeatsTaken"}
    await assert_seats_and_holds_agree(replicas[0])


async def test_hold_release_renew_expire_and_confirm_end_legally(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=4, seats=10))
    for _ in range(8):
        placed = await _place_some(replicas[0], event)
        expired = random.sample(placed, len(placed) // 2)
        await replicas[0].expire(*expired)
        calls = [call for hold in placed for call in _everything(hold, replicas)]
        calls += [replicas[n % 4].hold(event, f"{n % 4}-{n}", f"{n % 4}-{n + 1}") for n in range(9)]
        random.shuffle(calls)
        seen = names_of(await outcomes(*calls))
        assert set(seen) <= {
            "NoneType",
            "Hold",
            "PlacedHold",
            "UUID",
            "int",
            "SeatsTaken",
            "HoldHasExpired",
            "HoldNotActive",
            "RenewalsUsedUp",
            "HoldTimeUsedUp",
        }, seen
        await assert_seats_and_holds_agree(replicas[0])
    confirmed = {message["order_id"] for message in await replicas[0].messages(HoldsConfirmed)}
    refused = {message["order_id"] for message in await replicas[0].messages(HoldsRefused)}
    sold = await replicas[0].rows("SELECT DISTINCT order_id FROM reservation.seats WHERE state = 'sold'")
    assert {str(row.order_id) for row in sold} == confirmed
    assert not confirmed & refused


async def _place_some(scene: Scene, event: uuid.UUID) -> list[PlacedHold]:
    results = await outcomes(
        *(scene.hold(event, f"{row}-{n}", f"{row}-{n + 1}") for row in range(4) for n in range(0, 10, 2))
    )
    return [result for result in results if isinstance(result, PlacedHold)]


def _everything(placed: PlacedHold, replicas: list[Scene]) -> list[Any]:
    hold_id, by = placed.hold.hold_id, owner(placed)
    order_id = uuid.uuid4()
    return [
        replicas[0].confirm(placed, order_id=order_id),
        replicas[1].confirm(placed, order_id=order_id),
        replicas[2].db.run(lambda tx: release_hold(tx, hold_id=hold_id, owner=by)),
        replicas[3].db.run(lambda tx: renew_hold(tx, hold_id=hold_id, owner=by, limits=LIMITS)),
        expire_holds(replicas[0].db, batch_max=5),
        expire_holds(replicas[1].db, batch_max=5),
    ]


async def test_seats_are_locked_in_one_order_whatever_order_they_are_named_in(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=4, seats=10))
    seats = [(event, f"{row}-{n}") for row in range(4) for n in range(10)]

    async def lock(scene: Scene) -> int:
        async with scene.db.transaction() as tx:  # not db.run, which would hide a deadlock
            return len(await lock_seats(tx, random.sample(seats, 30)))

    results = await outcomes(*(lock(replicas[n % 4]) for n in range(80)))
    assert results == [30] * 80


async def test_no_hold_outlives_a_cancellation_it_raced_with(replicas: list[Scene]) -> None:
    from reservation.usecases.cancel_event import release_holds_of_cancelled

    for _ in range(5):
        event = await replicas[0].put_on_sale(plan_document(rows=5, seats=10))
        calls: list[Any] = [replicas[n % 4].hold(event, f"{n % 5}-{n // 5}") for n in range(40)]
        calls.insert(20, replicas[3].cancel(event))
        seen = names_of(await outcomes(*calls))
        assert set(seen) <= {"PlacedHold", "EventNotOnSale", "NoneType"}
        await outcomes(*(release_holds_of_cancelled(scene.db, batch_max=3) for scene in replicas))
        assert {row.state for row in (await replicas[0].seats(event)).values()} == {"available"}
        left = await replicas[0].rows("SELECT 1 FROM reservation.holds WHERE state = 'active'")
        assert left == []
