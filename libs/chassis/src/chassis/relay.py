"""The outbox relay: moves committed messages to the broker, each at least once.

Rows are claimed with SKIP LOCKED, so any number of relays share the work, and a row is deleted
only when the broker confirmed it. There is no high-water mark: ids commit out of order, and a
mark would skip the late ones.

The claim's locks are held while its batch is published. That is safe: nobody waits for these
rows (other relays skip them, writers only insert), and the publisher gives up within its
timeout, well before the role's idle_in_transaction_session_timeout. A relay that dies in
between rolls back, so its batch is sent again; the consumers' inbox makes that harmless.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from chassis import failpoints
from chassis.backoff import backoff_s
from chassis.database import Database, Transaction
from chassis.database_errors import is_transient
from chassis.envelope import Envelope, MessageMeta
from chassis.logs import get_logger
from chassis.outbox import Outbox
from chassis.publishing import BrokerUnavailable, Publisher, PublishFailed

BATCH_MAX = 100
PAUSE_S = 0.2
PAUSE_S_MAX = 5.0
# The row's own backoff: one second after the first failure, doubling up to half a minute.
BACKOFF_S_MAX = 30
ERROR_CHARS_MAX = 500

log = get_logger()


@dataclass(frozen=True, slots=True)
class _Outcome:
    row: Row[Any]
    error: Exception | None


class Relay:
    """Sends what `outbox` holds through `broker`; `wake` after a commit, else it polls."""

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        broker: Publisher,
        poll_ms: int = 50,
        *,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._db = db
        self._broker = broker
        self._poll_s = poll_ms / 1000
        self._batch_max = batch_max
        self._source = f"/{outbox.table.schema}"
        self._claim_sql, self._delete_sql, self._postpone_sql = _statements(outbox)
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There is something to send; to be registered with `Database.on_commit`."""
        self._woken.set()

    async def run(self) -> None:
        """Send until `stop`; survives the loss of the broker and of the database."""
        failures = 0
        while not self._stopping:
            try:
                await self._broker.connect()
                full = await self.send_batch() == self._batch_max
                failures = 0
                if not full:
                    await self._sleep(self._poll_s)
            except Exception as error:
                if not (isinstance(error, BrokerUnavailable) or is_transient(error)):
                    log.exception("relay_failed")
                elif failures == 0:
                    log.warning("relay_waits", error=f"{type(error).__name__}: {error}")
                failures += 1
                await self._pause(failures)

    def stop(self) -> None:
        """Let the batch on its way end, then return from `run`."""
        self._stopping = True
        self._woken.set()

    async def send_batch(self) -> int:
        """Send at most one batch; returns how many rows it took.

        Raises BrokerUnavailable when the connection was lost on the way: the rows that were
        not confirmed stay as they were, for the fault is not theirs.
        """
        lost: BrokerUnavailable | None = None
        async with self._db.engine.begin() as tx:
            rows = (await tx.execute(self._claim_sql, {"batch_max": self._batch_max})).all()
            if not rows:
                return 0
            outcomes = await asyncio.gather(*(self._send(row) for row in rows))
            failpoints.reach("outbox.published")
            await self._settle(tx, outcomes)
            lost = next((o.error for o in outcomes if isinstance(o.error, BrokerUnavailable)), None)
        if lost is not None:
            raise lost
        return len(rows)

    async def _send(self, row: Row[Any]) -> _Outcome:
        try:
            await self._broker.publish(self._envelope(row))
        except (BrokerUnavailable, PublishFailed) as error:
            return _Outcome(row, error)
        except Exception as error:  # a row we cannot even write down must not stop the others
            log.exception("outbox_row_unsendable", message_id=str(row.message_id))
            return _Outcome(row, error)
        return _Outcome(row, None)

    async def _settle(self, tx: Transaction, outcomes: Sequence[_Outcome]) -> None:
        confirmed = [outcome.row.id for outcome in outcomes if outcome.error is None]
        if confirmed:
            await tx.execute(self._delete_sql, {"ids": confirmed})
        for outcome in outcomes:
            if outcome.error is None or isinstance(outcome.error, BrokerUnavailable):
                continue
            error = f"{type(outcome.error).__name__}: {outcome.error}"[:ERROR_CHARS_MAX]
            log.warning("outbox_row_postponed", message_type=outcome.row.message_type, error=error)
            await tx.execute(self._postpone_sql, {"id": outcome.row.id, "error": error})

    def _envelope(self, row: Row[Any]) -> Envelope:
        meta = MessageMeta(
            message_id=row.message_id,
            message_type=row.message_type,
            aggregate_id=str(row.aggregate_id),
            aggregate_version=row.aggregate_version,
            time=row.occurred_at,
            source=self._source,
            traceparent=row.traceparent,
        )
        return Envelope(meta=meta, data=row.data)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._woken.clear()

    async def _pause(self, failures: int) -> None:
        if not self._stopping:
            await asyncio.sleep(backoff_s(failures, first_s=PAUSE_S, most_s=PAUSE_S_MAX))


def _statements(outbox: Outbox) -> tuple[Any, Any, Any]:
    table = outbox.table
    name = f"{table.schema}.{table.name}"
    # The clock is volatile: only when read once, in a subquery, can it bound a search of the index.
    claim = text(
        f"""
        SELECT id, message_id, message_type, aggregate_id, aggregate_version, data, traceparent, occurred_at
        FROM {name}
        WHERE next_attempt_at <= (SELECT clock_timestamp())
        ORDER BY next_attempt_at, id
        LIMIT :batch_max
        FOR UPDATE SKIP LOCKED
        """  # noqa: S608 -- the name is that of our own table
    )
    delete = text(f"DELETE FROM {name} WHERE id = ANY(:ids)")  # noqa: S608 -- as above
    postpone = text(
        f"""
        UPDATE {name}
        SET attempts = attempts + 1,
            last_error = :error,
            next_attempt_at = clock_timestamp()
                + make_interval(secs => least(power(2, least(attempts, 10)), {BACKOFF_S_MAX}))
        WHERE id = :id
        """  # noqa: S608 -- as above
    )
    return claim, delete, postpone
