"""What a claim that is not committed yet does to those that come after it, step by step."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from integration.reservation.scene import LIMITS, Scene, placement
from sqlalchemy import text

from chassis.database import Transaction
from chassis.ids import new_id
from reservation.domain.errors import SeatsTaken, TooManyActiveHolds
from reservation.storage.placing import PLACE_HOLDS, parameters_of
from reservation.usecases.cancel_event import release_holds_of_cancelled

A_WHILE_S = 0.3


@asynccontextmanager
async def claim_under_way(
    scene: Scene, event: uuid.UUID, seat_id: str, buyer: str
) -> AsyncIterator[Transaction]:
    """A hold placed by the hot statement, committed only when the block ends."""
    parameters = parameters_of([placement(event, seat_id, buyer=buyer)], duration_s=LIMITS.hold_duration_s)
    async with scene.db.transaction() as tx:
        driver = (await tx.get_raw_connection()).driver_connection
        assert driver is not None
        (row,) = await (await driver.execute(PLACE_HOLDS, parameters)).fetchall()
        assert row[0] == "granted"
        yield tx


async def test_a_seat_being_claimed_is_not_waited_for(scene: Scene) -> None:
    event = await scene.put_on_sale()
    async with claim_under_way(scene, event, "0-0", "berta"):
        async with asyncio.timeout(2):
            with pytest.raises(SeatsTaken):
                await scene.hold(event, "0-0")
        await scene.hold(event, "0-1")


async def test_a_hold_being_placed_counts_towards_the_limit(scene: Scene) -> None:
    event = await scene.put_on_sale()
    for n in range(2):
        await scene.hold(event, f"0-{n}", buyer="berta")
    async with claim_under_way(scene, event, "1-0", "berta"):
        with pytest.raises(SeatsTaken):
            await scene.hold(event, "1-1", buyer="berta")
    with pytest.raises(TooManyActiveHolds):
        await scene.hold(event, "1-1", buyer="berta")


async def test_a_hold_committed_since_the_statement_began_counts_towards_the_limit(scene: Scene) -> None:
    event = await scene.put_on_sale()
    for n in range(2):
        await scene.hold(event, f"0-{n}", buyer="berta")
    async with scene.db.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM reservation.events FOR UPDATE"))
        placing = asyncio.create_task(scene.hold(event, "1-0", buyer="berta"))
        await asyncio.sleep(A_WHILE_S)  # it has its snapshot, and waits for the event
        await tx.execute(text(THIRD_HOLD), {"id": new_id()})
    with pytest.raises(TooManyActiveHolds):
        await placing


async def test_a_cancellation_waits_for_claims_under_way_and_no_claim_starts_behind_it(scene: Scene) -> None:
    event = await scene.put_on_sale()
    async with claim_under_way(scene, event, "0-0", "berta"):
        cancelling = asyncio.create_task(scene.cancel(event))
        await asyncio.sleep(A_WHILE_S)
        assert not cancelling.done()
    await cancelling
    assert await release_holds_of_cancelled(scene.db, batch_max=10) == 1
    assert (await scene.seats(event))["0-0"].state == "available"


THIRD_HOLD = """
INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, counted_as,
  seat_ids, placed_at, first_expires_at, expires_at)
SELECT :id, event_id, buyer_id, 'third', request_fingerprint, counted_as, seat_ids, placed_at,
  first_expires_at, expires_at
FROM reservation.holds LIMIT 1
"""
