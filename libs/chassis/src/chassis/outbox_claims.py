"""Rows of the outbox claimed for sending, and what becomes of them.

A claim locks its rows until they are settled: deleted once the broker confirmed them, put off when it
would not take them, left as they are otherwise. Two round trips in all: begin and claim, delete and commit.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from chassis.database import Database
from chassis.outbox import Outbox

# The row's own backoff: one second after the first failure, doubling up to half a minute.
BACKOFF_S_MAX = 30
# For the transaction only, so that it holds behind a pooler too. A crash of the server may undo a commit
# that did not wait for the disk: then a message is sent again, which its consumers take for what it is. And
# a plan once made must also be good for an outbox that has filled up since: always by its indexes.
CLAIM_SETTINGS = """
    SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true),
        set_config('enable_sort', 'off', true)
    """
ERROR_CHARS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A message as the outbox has it."""

    id: int
    message_id: UUID
    message_type: str
    aggregate_id: UUID
    aggregate_version: int | None
    data: Any
    traceparent: str | None
    request_id: str | None
    occurred_at: datetime


class ClaimedBatch:
    """Rows that nobody else can claim; without `settle` they stay in the outbox as they were."""

    def __init__(
        self, connection: "AsyncConnection[Any]", rows: Sequence[ClaimedRow], statements: "_Statements"
    ) -> None:
        self.rows = rows
        self._connection = connection
        self._statements = statements

    async def settle(self, *, confirmed: Sequence[int], refused: Mapping[int, str]) -> None:
        """Delete the confirmed rows (ids) and put off the refused (id and why); give up the claim."""
        async with self._connection.pipeline():
            if confirmed:
                await self._connection.execute(self._statements.delete, {"ids": list(confirmed)})
            for row_id, error in refused.items():
                values = {"id": row_id, "error": error[:ERROR_CHARS_MAX]}
                await self._connection.execute(self._statements.postpone, values)
            await self._connection.execute("COMMIT")


class OutboxClaims:
    """Claims at most `batch_max` due rows of `outbox` at a time."""

    def __init__(self, db: Database, outbox: Outbox, *, batch_max: int) -> None:
        self._db = db
        self._statements = _Statements.of(outbox, batch_max=batch_max)

    @asynccontextmanager
    async def claimed(self) -> AsyncIterator[ClaimedBatch]:
        """The rows due now, the oldest first, without those of other claims; perhaps none."""
        async with self._db.relaying() as connection:
            async with connection.pipeline():
                await connection.execute("BEGIN")
                await connection.execute(CLAIM_SETTINGS)
                cursor = connection.cursor(row_factory=class_row(ClaimedRow))
                await cursor.execute(self._statements.claim)
            yield ClaimedBatch(connection, await cursor.fetchall(), self._statements)
            if connection.info.transaction_status:
                # Nothing was written; a rollback would have psycopg forget its prepared statements.
                await connection.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class _Statements:
    claim: bytes
    delete: bytes
    postpone: bytes

    @classmethod
    def of(cls, outbox: Outbox, *, batch_max: int) -> "_Statements":
        name = f"{outbox.table.schema}.{outbox.table.name}"
        # The clock is volatile: only when read once, in a subquery, can it bound a search of the index.
        claim = f"""
            SELECT id, message_id, message_type, aggregate_id, aggregate_version, data, traceparent,
                request_id, occurred_at
            FROM {name}
            WHERE next_attempt_at <= (SELECT clock_timestamp())
            ORDER BY next_attempt_at, id
            LIMIT {batch_max:d}
            FOR UPDATE SKIP LOCKED
            """  # noqa: S608 -- the name is that of our own table
        delete = f"DELETE FROM {name} WHERE id = ANY(%(ids)s::bigint[])"  # noqa: S608 -- as above
        postpone = f"""
            UPDATE {name}
            SET attempts = attempts + 1,
                last_error = %(error)s,
                next_attempt_at = clock_timestamp()
                    + make_interval(secs => least(power(2, least(attempts, 10)), {BACKOFF_S_MAX}))
            WHERE id = %(id)s
            """  # noqa: S608 -- as above
        # As bytes, which psycopg takes from anybody, unlike text put together at run time.
        return cls(claim.encode(), delete.encode(), postpone.encode())
