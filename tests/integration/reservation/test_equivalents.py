"""Orders that were paid late: the same seats, else equivalent ones if the buyer allowed it, else none."""

import uuid
from typing import Any

from integration.reservation.scene import (
    ORGANIZATIONS,
    Scene,
    assert_seats_and_holds_agree,
    outcomes,
    owner,
    plan_document,
)
from integration.reservation.test_forgetting import KEEP_S, pass_time
from sqlalchemy import text

from messages.reservation import HoldsConfirmed, HoldsRefused
from reservation.queries import hold_by_id
from reservation.usecases.block_seats import block_seats
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.forget_holds import forget_holds
from reservation.usecases.place_hold import PlacedHold
from reservation.usecases.release_hold import release_hold
from support.queries import count_queries


async def lost_hold(scene: Scene, event: uuid.UUID, *seat_ids: str, to: str | None = None) -> PlacedHold:
    """A hold whose time ran out, and whose first seat, or the seat `to`, another buyer has now."""
    placed = await scene.hold(event, *seat_ids)
    await scene.expire(placed)
    await scene.hold(event, to or seat_ids[0])
    return placed


async def answers(scene: Scene) -> list[Any]:
    """Of each order that was answered: its seats given, by those asked for, or why it was refused."""
    confirmed = [
        {
            asked: given
            for part in message["given"]
            for asked, given in zip(part["asked"], part["given"], strict=True)
        }
        for message in await scene.messages(HoldsConfirmed)
    ]
    return confirmed + [message["reason"] for message in await scene.messages(HoldsRefused)]


async def seats_of(scene: Scene, event: uuid.UUID, order_id: uuid.UUID) -> list[str]:
    return sorted(
        seat_id for seat_id, seat in (await scene.seats(event)).items() if seat.order_id == order_id
    )


def are_side_by_side(seat_ids: list[str]) -> bool:
    rows = {seat.partition("-")[0] for seat in seat_ids}
    numbers = sorted(int(seat.partition("-")[2]) for seat in seat_ids)
    return len(rows) == 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_the_same_seats_come_first_even_if_others_would_do(scene: Scene) -> None:
    event = await scene.put_on_sale()
    late = await scene.hold(event, "2-7", "2-8")
    await scene.expire(late)
    order = await scene.confirm(late, or_equivalent=True)
    assert await seats_of(scene, event, order) == ["2-7", "2-8"]
    assert await answers(scene) == [{}]


async def test_who_lost_seats_is_given_as_many_side_by_side(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=3, seats=10, standing=5))
    late = await lost_hold(scene, event, "0-4", "0-5", "0-6", to="0-5")
    order = await scene.confirm(late, or_equivalent=True)
    given = await seats_of(scene, event, order)
    (exchanged,) = await answers(scene)
    assert are_side_by_side(given)
    assert len(given) == 3
    assert {exchanged.get(seat, seat) for seat in ("0-4", "0-5", "0-6")} == set(given)
    seats = await scene.seats(event)
    assert {seats[seat].state for seat in ("0-4", "0-6") if seat not in given} <= {"available"}
    await assert_seats_and_holds_agree(scene)


async def test_the_hold_tells_its_seats_of_now_and_its_key_the_first_ones(scene: Scene) -> None:
    event = await scene.put_on_sale()
    late = await scene.hold(event, "0-0", "0-1", buyer="berta", key="k")
    await scene.expire(late)
    await scene.hold(event, "0-0")
    order = await scene.confirm(late, or_equivalent=True)
    async with scene.db.snapshot() as connection:
        stored = await hold_by_id(connection, hold_id=late.hold.hold_id)
    assert sorted(stored.hold.seat_ids) == await seats_of(scene, event, order)
    replayed = await scene.hold(event, "0-0", "0-1", buyer="berta", key="k")
    assert (replayed.is_replay, replayed.hold.seat_ids) == (True, ("0-0", "0-1"))


async def test_who_did_not_allow_it_is_refused(scene: Scene) -> None:
    event = await scene.put_on_sale()
    order = await scene.confirm(await lost_hold(scene, event, "0-0"))
    assert await seats_of(scene, event, order) == []
    assert await answers(scene) == ["seats_taken"]


async def test_without_a_block_the_whole_order_is_refused_and_nothing_is_touched(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=6))
    kept = await scene.hold(event, "0-0")
    late = await lost_hold(scene, event, "0-2", "0-3")  # left are 0-1, 0-3, 0-4, 0-5
    await scene.hold(event, "0-4")
    before = await scene.seats(event)
    order = await scene.confirm(kept, late, or_equivalent=True)
    assert await seats_of(scene, event, order) == []
    assert await scene.seats(event) == before
    assert (await scene.hold_state(kept), await answers(scene)) == ("active", ["seats_taken"])


async def test_asked_again_it_gives_the_same_answer_and_what_was_given(scene: Scene) -> None:
    event = await scene.put_on_sale()
    late = await lost_hold(scene, event, "0-0", "0-1")
    order = await scene.confirm(late, or_equivalent=True)
    given = await seats_of(scene, event, order)
    await scene.hold(event, "2-0")
    await scene.confirm(late, order_id=order, or_equivalent=True)
    first, second = await scene.messages(HoldsConfirmed)
    assert first == second
    assert sorted(first["given"][0]["given"]) == given
    assert await seats_of(scene, event, order) == given


async def test_a_repeated_command_waits_for_the_first_and_gives_its_answer(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale()
    late = await lost_hold(replicas[0], event, "0-0", "0-1")
    order = uuid.uuid4()
    confirmations = (scene.confirm(late, order_id=order, or_equivalent=True) for scene in replicas)
    assert await outcomes(*confirmations) == [order] * 4
    told = await replicas[0].messages(HoldsConfirmed)
    assert told == [told[0]] * 4
    assert len(await seats_of(replicas[0], event, order)) == 2


async def test_asked_again_when_all_is_forgotten_the_seats_still_know_what_was_given(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=2, seats=10, standing=4))
    moved = await lost_hold(scene, event, "0-3", "0-4", "0-5", to="0-4")
    stood = await scene.hold_area(event, 2)
    stayed = await scene.hold(event, "1-9")
    await scene.expire(stood)
    await scene.hold(event, stood.hold.seat_ids[0])
    order = await scene.confirm(moved, stood, stayed, or_equivalent=True)
    await _forget_everything(scene)
    await scene.confirm(moved, stood, stayed, order_id=order, or_equivalent=True)
    await scene.confirm(moved, stood, stayed, or_equivalent=True)
    first, second = await scene.messages(HoldsConfirmed)
    assert first == second
    assert [part["hold_id"] for part in first["given"]] == [str(h.hold.hold_id) for h in (moved, stood)]
    assert [message["reason"] for message in await scene.messages(HoldsRefused)] == ["hold_unknown"]


async def _forget_everything(scene: Scene) -> None:
    await pass_time(scene, 3 * KEEP_S)
    await expire_holds(scene.db, batch_max=10)
    await forget_holds(scene.db, keep_s=KEEP_S, batch_max=100)
    assert await scene.rows("SELECT 1 FROM reservation.confirmations") == []


async def test_a_lost_place_in_an_area_is_replaced_by_another(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=2, standing=4))
    late = await scene.hold(event, "pit:1", "pit:2")
    await scene.expire(late)
    await scene.hold(event, "pit:1")
    order = await scene.confirm(late, or_equivalent=True)
    (exchanged,) = await answers(scene)
    assert list(exchanged) == ["pit:1"]
    assert await seats_of(scene, event, order) == sorted(["pit:2", exchanged["pit:1"]])


async def test_seats_the_organizer_blocked_are_lost_like_others(scene: Scene) -> None:
    event = await scene.put_on_sale()
    late = await scene.hold(event, "0-0", "0-1")
    await scene.expire(late)
    await scene.db.run(
        lambda tx: block_seats(
            tx, event_id=event, organization_ids=ORGANIZATIONS, seat_ids=["0-0"], reason="camera"
        )
    )
    order = await scene.confirm(late, or_equivalent=True)
    given = await seats_of(scene, event, order)
    assert are_side_by_side(given)
    assert "0-0" not in given


async def test_seats_that_others_hold_or_the_organizer_keeps_are_never_given(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=4, seats=4))
    late = await lost_hold(scene, event, "3-0", "3-1", to="3-1")
    await scene.hold(event, "0-1", "0-2")
    await scene.confirm(await scene.hold(event, "1-1", "1-2"))
    await scene.db.run(
        lambda tx: block_seats(
            tx, event_id=event, organization_ids=ORGANIZATIONS, seat_ids=["2-0", "2-1", "2-3"], reason=None
        )
    )
    order = await scene.confirm(late, or_equivalent=True)
    assert await seats_of(scene, event, order) == ["3-2", "3-3"]


async def test_orders_that_lost_nothing_pay_nothing_for_those_that_may(scene: Scene) -> None:
    event = await scene.put_on_sale()
    one, other = await scene.hold(event, "0-0", "0-1"), await scene.hold(event, "1-0", "1-1")
    with count_queries(scene.db) as plain:
        await scene.confirm(one)
    with count_queries(scene.db) as allowed:
        await scene.confirm(other, or_equivalent=True)
    assert len(plain) == 9  # as before there were equivalents
    assert len(allowed) == len(["SAVEPOINT", *plain, "RELEASE SAVEPOINT"])


async def test_what_was_given_up_or_cancelled_or_never_was_is_not_replaced(scene: Scene) -> None:
    event, cancelled = await scene.put_on_sale(), await scene.put_on_sale()
    released, gone = await scene.hold(event, "0-0"), await scene.hold(cancelled, "0-0")
    await scene.db.run(lambda tx: release_hold(tx, hold_id=released.hold.hold_id, owner=owner(released)))
    await scene.cancel(cancelled)
    sold = await scene.hold(event, "1-0")
    await scene.confirm(sold)
    for placed in (released, gone, sold):
        await scene.confirm(placed, or_equivalent=True)
    assert await answers(scene) == [{}, "hold_released", "event_cancelled", "seats_taken"]


async def test_after_the_sale_the_same_seats_may_be_had_but_no_others(scene: Scene) -> None:
    event = await scene.put_on_sale()
    same = await scene.hold(event, "1-0")
    await scene.expire(same)
    late = await lost_hold(scene, event, "0-0")
    async with scene.db.transaction() as tx:
        await tx.execute(text("UPDATE reservation.events SET sales_end_at = clock_timestamp()"))
    await scene.confirm(same, or_equivalent=True)
    await scene.confirm(late, or_equivalent=True)
    assert await answers(scene) == [{}, "seats_taken"]
