"""Holds long over are forgotten, and no promise is: not a key's, not a late payment's, not a sold seat's."""

import uuid
from dataclasses import replace

import pytest
from integration.reservation.scene import Scene, outcomes, plan_document
from pydantic import ValidationError
from sqlalchemy import text

from messages.reservation import HoldsConfirmed, HoldsRefused
from reservation.settings import Settings
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.forget_holds import forget_holds
from reservation.usecases.place_hold import PlacedHold

KEEP_S = 86_400


async def forget(scene: Scene, *, batch_max: int = 100) -> int:
    return await forget_holds(scene.db, keep_s=KEEP_S, batch_max=batch_max)


async def pass_time(scene: Scene, seconds: float) -> None:
    """Let everything there is have happened so much earlier; no sweeper ran."""
    async with scene.db.transaction() as tx:
        for statement in EARLIER:
            await tx.execute(text(statement), {"s": seconds})


EARLIER = (
    """UPDATE reservation.holds SET placed_at = placed_at - make_interval(secs => :s),
    first_expires_at = first_expires_at - make_interval(secs => :s),
    expires_at = expires_at - make_interval(secs => :s)""",
    """UPDATE reservation.seats SET expires_at = expires_at - make_interval(secs => :s) WHERE state = 'held'""",
    """UPDATE reservation.confirmations SET decided_at = decided_at - make_interval(secs => :s)""",
)


async def count(scene: Scene, table: str) -> int:
    (row,) = await scene.rows(f"SELECT count(*) AS rows FROM reservation.{table}")
    return row.rows


async def test_a_hold_is_forgotten_when_it_is_over_for_long_enough(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")
    await scene.confirm(await scene.hold(event, "0-1"))
    await expire_holds(scene.db, batch_max=10)
    await pass_time(scene, KEEP_S)  # they expired 900 s after they were placed
    await expire_holds(scene.db, batch_max=10)
    assert (await forget(scene), await count(scene, "holds")) == (0, 2)
    await pass_time(scene, 901)
    assert (await forget(scene), await count(scene, "holds")) == (2, 0)


async def test_a_hold_nobody_swept_is_not_forgotten(scene: Scene) -> None:
    """Nobody was told yet that it expired."""
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")
    await pass_time(scene, 10 * KEEP_S)
    assert (await forget(scene), await count(scene, "holds")) == (0, 1)


async def test_a_key_is_replayed_for_as_long_as_promised(scene: Scene) -> None:
    event = await scene.put_on_sale()
    first = await scene.hold(event, "0-0", buyer="berta", key="k")
    await pass_time(scene, KEEP_S)
    await expire_holds(scene.db, batch_max=10)
    await forget(scene)
    again = await scene.hold(event, "0-0", buyer="berta", key="k")
    assert (again.is_replay, again.hold.hold_id) == (True, first.hold.hold_id)


async def test_a_sold_seat_outlives_its_forgotten_hold_and_answer(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", "0-1")
    order = await scene.confirm(placed)
    await pass_time(scene, 2 * KEEP_S + 901)
    assert (await forget(scene), await count(scene, "holds"), await count(scene, "confirmations")) == (
        2,
        0,
        0,
    )
    await scene.confirm(placed, order_id=order)
    assert len(await scene.messages(HoldsConfirmed)) == 2
    assert await scene.messages(HoldsRefused) == []
    seats = await scene.seats(event)
    assert {seats[seat].order_id for seat in ("0-0", "0-1")} == {order}


async def test_another_order_cannot_have_the_seats_of_a_forgotten_hold(scene: Scene) -> None:
    event = await scene.put_on_sale()
    sold, lapsed = await scene.hold(event, "0-0"), await scene.hold(event, "0-1")
    await scene.confirm(sold)
    await _let_all_be_forgotten(scene)
    await scene.confirm(sold)
    await scene.confirm(lapsed)
    assert [refusal["reason"] for refusal in await scene.messages(HoldsRefused)] == ["hold_unknown"] * 2
    assert (await scene.seats(event))["0-1"].state == "available"


async def test_a_refused_order_is_never_sold_to_later(scene: Scene) -> None:
    """Its refusal is forgotten after its holds: while one is left, the refusal still stands."""
    event = await scene.put_on_sale()
    taken, kept = await scene.hold(event, "0-0"), await scene.hold(event, "0-1")
    await scene.expire(taken)
    thief = await scene.hold(event, "0-0")
    order = await scene.confirm(taken, kept)
    await scene.expire(thief)  # now both seats could be sold to it
    await pass_time(scene, 10 * KEEP_S)
    assert await forget(scene) == 0  # nobody swept the holds yet
    await scene.confirm(taken, kept, order_id=order)
    await expire_holds(scene.db, batch_max=10)
    assert (await forget(scene, batch_max=2), await count(scene, "confirmations")) == (2, 1)
    await scene.confirm(taken, kept, order_id=order)
    assert (await forget(scene, batch_max=2), await count(scene, "confirmations")) == (2, 0)
    await scene.confirm(taken, kept, order_id=order)
    assert len(await scene.messages(HoldsRefused)) == 4
    assert await scene.messages(HoldsConfirmed) == []


async def test_an_answer_outlives_every_hold_it_was_about(scene: Scene) -> None:
    """A hold that was fresh when its order was refused is over later than the answer is old."""
    event = await scene.put_on_sale()
    fresh = await scene.hold(event, "0-0")
    unknown = replace(fresh, hold=replace(fresh.hold, hold_id=uuid.uuid4(), seat_ids=("0-5",)))
    await scene.confirm(fresh, unknown)
    await pass_time(scene, 2 * KEEP_S - 1)
    await expire_holds(scene.db, batch_max=10)
    await forget(scene)
    assert (await count(scene, "holds"), await count(scene, "confirmations")) == (0, 1)
    await pass_time(scene, 2)
    await forget(scene)
    assert await count(scene, "confirmations") == 0


async def _let_all_be_forgotten(scene: Scene) -> None:
    await pass_time(scene, 2 * KEEP_S + 901)
    await expire_holds(scene.db, batch_max=10)
    await forget(scene)
    assert (await count(scene, "holds"), await count(scene, "confirmations")) == (0, 0)


async def test_many_forget_at_once_in_bounded_batches(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=10, seats=10))
    placed = await outcomes(*(replicas[n % 4].hold(event, f"{n // 10}-{n % 10}") for n in range(100)))
    assert all(isinstance(one, PlacedHold) for one in placed)
    await pass_time(replicas[0], KEEP_S + 901)
    await expire_holds(replicas[0].db, batch_max=100)
    done = await outcomes(*(forget(replicas[n % 4], batch_max=10) for n in range(8)))
    assert all(0 <= number <= 10 for number in done)
    assert await count(replicas[0], "holds") == 100 - sum(done)
    while await forget(replicas[0], batch_max=10):
        pass
    assert await count(replicas[0], "holds") == 0


async def test_forgetting_reads_only_what_it_forgets(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=20, seats=20))
    await outcomes(*(scene.hold(event, f"{n // 20}-{n % 20}") for n in range(400)))
    async with scene.db.transaction() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        from reservation.storage.forgetting import FORGET_CONFIRMATIONS, FORGET_HOLDS

        for statement, index in (
            (FORGET_HOLDS, "holds_over_expiry_idx"),
            (FORGET_CONFIRMATIONS, "confirmations_decided_at_idx"),
        ):
            explained = await tx.execute(
                text(f"EXPLAIN {statement.text}"), {"keep_s": KEEP_S, "batch_max": 10}
            )
            plan = "\n".join(explained.scalars())
            assert index in plan
            assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    "shorter", [{"holds_keep_s": 90_000}, {"holds_keep_s": 200_000, "hold_total_s_max": 200_001}]
)
def test_holds_are_kept_as_long_as_keys_and_longer_than_they_last(
    settings: Settings, shorter: dict[str, int]
) -> None:
    with pytest.raises(ValidationError, match="HOLDS_KEEP_S"):
        Settings.model_validate(settings.model_dump() | shorter)
