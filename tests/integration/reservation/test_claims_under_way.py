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
from reservation.domain.wishes import Wish
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


async def test_a_repeated_request_finds_the_hold_that_was_committed_since_it_began(scene: Scene) -> None:
    event = await scene.put_on_sale()
    async with scene.db.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM reservation.events FOR UPDATE"))
        placing = asyncio.create_task(scene.hold(event, "1-0", buyer="berta", key="same"))
        await asyncio.sleep(A_WHILE_S)  # it has its snapshot, in which nobody has the seat or the key
        fingerprint = repr(Wish(event, ("1-0",))).encode()
        granted = {"id": new_id(), "event": event, "fingerprint": fingerprint}
        await tx.execute(text(SAME_HOLD), granted)
        await tx.execute(text(ITS_SEAT), {"id": granted["id"], "event": event})
    replayed = await placing
    assert replayed.is_replay
    assert replayed.hold.hold_id == granted["id"]


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

SAME_HOLD = """
INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, counted_as,
  seat_ids, placed_at, first_expires_at, expires_at)
SELECT :id, :event, 'berta', 'same', :fingerprint, 'berta', ARRAY['1-0'], moment, until, until
FROM (SELECT clock_timestamp() AS moment, clock_timestamp() + interval '15 minutes' AS until) AS t
"""

ITS_SEAT = """
UPDATE reservation.seats SET state = 'held', hold_id = :id, expires_at = clock_timestamp() + interval '15 minutes'
WHERE event_id = :event AND seat_id = '1-0'
"""
