"""What a claim of the outbox costs: its plan, and that it stays prepared."""

import uuid
from typing import Any

from sqlalchemy import text

from chassis.outbox_claims import CLAIM_SETTINGS, OutboxClaims
from chassis.relay import Relay


async def _enqueue(db, outbox, message_class, count: int) -> None:
    async with db.transaction() as tx:
        await outbox.enqueue(tx, *(message_class(parcel_id=uuid.uuid4(), weight=n) for n in range(count)))


async def test_a_claim_does_not_read_the_postponed_rows_though_its_plan_is_older_than_they(
    db, outbox, message_class
):
    claim = OutboxClaims(db, outbox, batch_max=100)._statements.claim.decode()
    async with db.relaying() as connection:
        await _enqueue(db, outbox, message_class, count=1)
        await connection.execute("VACUUM ANALYZE outbox")  # of so few rows, reading all is the cheapest
        await connection.execute("BEGIN")
        await connection.execute(CLAIM_SETTINGS)
        await connection.execute(f"PREPARE claim AS {claim}")
        await connection.execute("EXECUTE claim")
        await connection.execute("COMMIT")
        await _enqueue(db, outbox, message_class, count=2000)
        async with db.transaction() as tx:
            await tx.execute(
                text("UPDATE outbox SET next_attempt_at = clock_timestamp() + interval '1 hour'")
            )
        row = await (await connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE claim")).fetchone()
        await connection.execute("DEALLOCATE claim")
    assert _rows_removed(row[0][0]["Plan"]) == 0


def _rows_removed(node: dict[str, Any]) -> int:
    """Rows a plan read in vain."""
    own = node.get("Rows Removed by Filter", 0)
    return own + sum(_rows_removed(child) for child in node.get("Plans", []))


async def test_finding_nothing_leaves_the_connection_its_prepared_statements(db, outbox, broker):
    relay = Relay(db, outbox, broker)
    for _ in range(3):
        assert await relay.send_batch() == 0
    async with db.relaying() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'SKIP L[O]CKED'"
        )
        assert (await cursor.fetchone())[0] == 1
