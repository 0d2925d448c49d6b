"""What becomes of a hold: released, renewed, expired, confirmed; and what comes too late."""

import uuid

import pytest
from integration.reservation.scene import LIMITS, Scene, owner, plan_document
from sqlalchemy import text

from messages.reservation import (
    ConfirmHolds,
    EventSeats,
    HeldSeats,
    HoldExpired,
    HoldReleased,
    HoldsConfirmed,
    HoldsRefused,
    ReleaseHolds,
    ReleaseSeats,
    SeatsReleased,
)
from reservation.domain.errors import (
    HoldHasExpired,
    HoldNotActive,
    HoldNotFound,
    HoldTimeUsedUp,
    RenewalsUsedUp,
    SeatNotInHold,
)
from reservation.usecases.confirm_holds import confirm_holds
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.ownership import HoldOwner
from reservation.usecases.place_hold import PlacedHold
from reservation.usecases.release_hold import release_hold
from reservation.usecases.release_holds import release_holds
from reservation.usecases.release_seat import release_seat
from reservation.usecases.renew_hold import renew_hold
from reservation.usecases.take_back_seats import take_back_seats


async def release(scene: Scene, placed: PlacedHold) -> None:
    await scene.db.run(lambda tx: release_hold(tx, hold_id=placed.hold.hold_id, owner=owner(placed)))


async def renew(scene: Scene, placed: PlacedHold, *, limits=LIMITS):
    return await scene.db.run(
        lambda tx: renew_hold(tx, hold_id=placed.hold.hold_id, owner=owner(placed), limits=limits)
    )


async def test_a_released_hold_frees_its_seats_and_tells(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", "0-1")
    await release(scene, placed)
    assert {row.state for row in (await scene.seats(event)).values()} == {"available"}
    (message,) = await scene.messages(HoldReleased)
    assert message == {"hold_id": str(placed.hold.hold_id), "event_id": str(event), "reason": "buyer"}
    with pytest.raises(HoldNotActive):
        await release(scene, placed)


async def test_a_stranger_finds_no_hold(scene: Scene) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    for stranger in (HoldOwner(buyer_id="sven"), HoldOwner(buyer_id=None, token_hold_id=uuid.uuid4())):
        with pytest.raises(HoldNotFound):
            await scene.db.run(lambda tx, o=stranger: release_hold(tx, hold_id=placed.hold.hold_id, owner=o))


async def test_single_seats_are_given_up_and_the_last_one_releases_the_hold(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", "0-1")

    async def give_up(seat_id: str):
        return await scene.db.run(
            lambda tx: release_seat(tx, hold_id=placed.hold.hold_id, seat_id=seat_id, owner=owner(placed))
        )

    left = await give_up("0-0")
    assert left.seat_ids == ("0-1",)
    with pytest.raises(SeatNotInHold):
        await give_up("0-0")
    assert (await scene.seats(event))["0-0"].state == "available"
    await give_up("0-1")
    assert await scene.hold_state(placed) == "released"


async def test_a_hold_is_renewed_a_bounded_number_of_times(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0")
    first = await renew(scene, placed)
    assert first.expires_at > placed.hold.expires_at
    assert (await scene.seats(event))["0-0"].expires_at == first.expires_at
    await renew(scene, placed)
    with pytest.raises(RenewalsUsedUp):
        await renew(scene, placed)


async def test_renewals_end_at_the_total_time(scene: Scene) -> None:
    from dataclasses import replace

    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    limits = replace(LIMITS, hold_total_s_max=900)
    with pytest.raises(HoldTimeUsedUp):
        await renew(scene, placed, limits=limits)


async def test_an_expired_hold_is_neither_renewed_nor_released(scene: Scene) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    await scene.expire(placed)
    with pytest.raises(HoldHasExpired):
        await renew(scene, placed)
    with pytest.raises(HoldHasExpired):
        await release(scene, placed)


async def test_the_sweeper_tidies_up_and_tells_once(scene: Scene) -> None:
    event = await scene.put_on_sale()
    old, kept = await scene.hold(event, "0-0", "0-1"), await scene.hold(event, "0-2")
    await scene.expire(old)
    assert await expire_holds(scene.db, batch_max=10) == 1
    assert await expire_holds(scene.db, batch_max=10) == 0
    seats = await scene.seats(event)
    assert (seats["0-0"].state, seats["0-0"].hold_id) == ("available", None)
    assert seats["0-2"].hold_id == kept.hold.hold_id
    (message,) = await scene.messages(HoldExpired)
    assert message["hold_id"] == str(old.hold.hold_id)


async def test_the_sweeper_leaves_seats_taken_over_to_their_new_hold(scene: Scene) -> None:
    event = await scene.put_on_sale()
    old = await scene.hold(event, "0-0", "0-1")
    await scene.expire(old)
    new = await scene.hold(event, "0-0")
    assert await expire_holds(scene.db, batch_max=10) == 1
    seats = await scene.seats(event)
    assert seats["0-0"].hold_id == new.hold.hold_id
    assert seats["0-1"].state == "available"


async def test_the_sweeper_waits_for_nobody(scene: Scene) -> None:
    event = await scene.put_on_sale()
    busy, idle = await scene.hold(event, "0-0"), await scene.hold(event, "0-1")
    await scene.expire(busy, idle)
    async with scene.db.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM reservation.seats WHERE seat_id = '0-0' FOR NO KEY UPDATE"))
        assert await expire_holds(scene.db, batch_max=10) == 1
    assert await scene.hold_state(idle) == "expired"
    assert await expire_holds(scene.db, batch_max=10) == 1


async def test_confirmed_holds_are_sold_to_the_order_with_one_answer_however_often_asked(
    scene: Scene,
) -> None:
    one, two = await scene.put_on_sale(), await scene.put_on_sale()
    a, b = await scene.hold(one, "0-0", "0-1"), await scene.hold(two, "2-2")
    order_id = await scene.confirm(a, b)
    await scene.confirm(a, b, order_id=order_id)
    for event, seat in ((one, "0-0"), (one, "0-1"), (two, "2-2")):
        row = (await scene.seats(event))[seat]
        assert (row.state, row.order_id) == ("sold", order_id)
    assert await scene.messages(HoldsConfirmed) == [{"order_id": str(order_id), "given": []}] * 2
    assert await scene.messages(HoldsRefused) == []


async def test_all_holds_of_an_order_are_confirmed_or_none(scene: Scene) -> None:
    event = await scene.put_on_sale()
    kept, lost = await scene.hold(event, "0-0"), await scene.hold(event, "0-1", "0-2")
    await scene.expire(lost)
    await scene.hold(event, "0-2")
    await scene.confirm(kept, lost)
    (message,) = await scene.messages(HoldsRefused)
    assert message["reason"] == "seats_taken"
    assert message["lost_seats"] == [{"event_id": str(event), "seat_ids": ["0-2"]}]
    assert not [row for row in (await scene.seats(event)).values() if row.state == "sold"]
    assert await scene.hold_state(kept) == "active"


@pytest.mark.parametrize("swept", [False, True])
async def test_an_expired_hold_is_confirmed_while_its_seats_are_unclaimed(scene: Scene, swept: bool) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", "0-1")
    await scene.expire(placed)
    if swept:
        await expire_holds(scene.db, batch_max=10)
    order_id = await scene.confirm(placed)
    assert (await scene.seats(event))["0-1"].order_id == order_id
    assert await scene.hold_state(placed) == "confirmed"


async def test_a_refusal_stays_the_answer_even_when_the_seats_are_free_again(scene: Scene) -> None:
    event = await scene.put_on_sale()
    old = await scene.hold(event, "0-0")
    await scene.expire(old)
    new = await scene.hold(event, "0-0")
    order_id = await scene.confirm(old)
    await release(scene, new)
    await scene.confirm(old, order_id=order_id)
    first, second = await scene.messages(HoldsRefused)
    assert first == second
    assert await scene.messages(HoldsConfirmed) == []


async def test_holds_that_were_released_or_changed_or_never_were_are_refused(scene: Scene) -> None:
    event = await scene.put_on_sale()
    released, smaller, fine = [await scene.hold(event, f"{n}-0", f"{n}-1") for n in range(3)]
    await release(scene, released)
    await scene.db.run(
        lambda tx: release_seat(tx, hold_id=smaller.hold.hold_id, seat_id="1-0", owner=owner(smaller))
    )
    await scene.confirm(released)
    await scene.confirm(smaller)
    unknown = HeldSeats(hold_id=uuid.uuid4(), event_id=event, seat_ids=("2-0",))
    command = ConfirmHolds(order_id=uuid.uuid4(), holds=(unknown,))
    await scene.db.run(lambda tx: confirm_holds(tx, command=command, geometries=scene.geometries))
    reasons = [message["reason"] for message in await scene.messages(HoldsRefused)]
    assert reasons == ["hold_released", "hold_released", "hold_unknown"]
    assert await scene.hold_state(fine) == "active"


async def test_a_hold_is_sold_to_one_order_only(scene: Scene) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    await scene.confirm(placed)
    await scene.confirm(placed)
    (message,) = await scene.messages(HoldsRefused)
    assert message["reason"] == "seats_taken"


async def test_two_holds_of_one_order_cannot_claim_the_same_seat(scene: Scene) -> None:
    event = await scene.put_on_sale()
    old = await scene.hold(event, "0-0")
    await scene.expire(old)
    new = await scene.hold(event, "0-0")
    await scene.expire(new)
    await scene.confirm(old, new)
    (message,) = await scene.messages(HoldsRefused)
    assert message["reason"] == "seats_taken"


async def test_a_seat_taken_over_stays_with_its_new_owner_even_if_the_clock_was_set_back(
    scene: Scene,
) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", "0-1")
    await scene.expire(placed)
    new = await scene.hold(event, "0-0")
    async with scene.db.transaction() as tx:
        await tx.execute(text("UPDATE reservation.holds SET expires_at = expires_at + interval '2 hours'"))
    with pytest.raises(HoldHasExpired):
        await scene.db.run(
            lambda tx: release_seat(tx, hold_id=placed.hold.hold_id, seat_id="0-0", owner=owner(placed))
        )
    assert (await scene.seats(event))["0-0"].hold_id == new.hold.hold_id


async def test_sold_seats_of_a_cancelled_order_are_on_sale_again_and_no_others(scene: Scene) -> None:
    event = await scene.put_on_sale()
    mine, other = await scene.hold(event, "0-0"), await scene.hold(event, "0-1")
    order_id = await scene.confirm(mine)
    other_id = await scene.confirm(other)
    command = ReleaseSeats(order_id=order_id, seats=(EventSeats(event_id=event, seat_ids=("0-0", "0-1")),))
    for _ in range(2):
        await scene.db.run(lambda tx: take_back_seats(tx, command=command))
    seats = await scene.seats(event)
    assert seats["0-0"].state == "available"
    assert seats["0-1"].order_id == other_id
    asked = command.model_dump(mode="json")["seats"]
    assert await scene.messages(SeatsReleased) == [{"order_id": str(order_id), "seats": asked}] * 2


async def test_holds_of_a_cancelled_order_are_released(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document())
    a, b = await scene.hold(event, "0-0"), await scene.hold(event, "1-0")
    sold = await scene.hold(event, "2-0")
    await scene.confirm(sold)
    ids = (a.hold.hold_id, b.hold.hold_id, sold.hold.hold_id, uuid.uuid4())
    command = ReleaseHolds(order_id=uuid.uuid4(), hold_ids=ids)
    for _ in range(2):
        await scene.db.run(lambda tx: release_holds(tx, command=command))
    seats = await scene.seats(event)
    assert [seats[s].state for s in ("0-0", "1-0", "2-0")] == ["available", "available", "sold"]
    assert [m["reason"] for m in await scene.messages(HoldReleased)] == ["order_cancelled"] * 2
