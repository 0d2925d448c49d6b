"""The outbox relay: moves committed messages to the broker, each at least once.

Rows are claimed with SKIP LOCKED, so any number of relays share the work, and a row is deleted
only when the broker confirmed it. There is no high-water mark: ids commit out of order, and a
mark would skip the late ones.

The claim's locks are held while its batch is published. That is safe: nobody waits for these
rows (other claims skip them, writers only insert), and the publisher gives up within its
timeout, well before the role's idle_in_transaction_session_timeout. A relay that dies in
between rolls back, so its batch is sent again; the consumers' inbox makes that harmless.

The broker confirms after its disk has the message. What is committed meanwhile does not wait for
that: a few batches may be on their way at once, each in a lane of its own.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from chassis import failpoints
from chassis.backoff import backoff_s
from chassis.database import RELAY_LANES, Database
from chassis.database_errors import is_transient
from chassis.envelope import Envelope, MessageMeta
from chassis.logs import get_logger
from chassis.message_spans import sending
from chassis.outbox import Outbox
from chassis.outbox_claims import ClaimedBatch, ClaimedRow, OutboxClaims
from chassis.outbox_metrics import messages_sent
from chassis.publishing import BrokerUnavailable, Publisher, PublishFailed
from chassis.trace_context import follow
from chassis.tracing import traceparent

BATCH_MAX = 100
PAUSE_S = 0.2
PAUSE_S_MAX = 5.0

log = get_logger()


@dataclass(frozen=True, slots=True)
class _Outcome:
    row: ClaimedRow
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
        lanes: int = RELAY_LANES,
    ) -> None:
        self._broker = broker
        self._poll_s = poll_ms / 1000
        self._batch_max = batch_max
        self._lanes = lanes
        self._source = f"/{outbox.table.schema}"
        self._claims = OutboxClaims(db, outbox, batch_max=batch_max)
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._woken.set()  # what was committed before this relay was there
        self._failures = 0
        self._stopping = False

    def wake(self) -> None:
        """There is something to send; to be registered with `Database.on_messages`."""
        self._woken.set()

    async def run(self) -> None:
        """Send until `stop`; survives the loss of the broker and of the database."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(self._lanes):
                lanes.create_task(self._run_lane())

    def stop(self) -> None:
        """Let the batches on their way end, send what is due (a batch for each idle lane), then return from
        `run`.
        """
        self._stopping = True
        self._woken.set()

    async def send_batch(self) -> int:
        """Send at most one batch; returns how many rows it took.

        Raises BrokerUnavailable when the connection was lost on the way: the rows that were
        not confirmed stay as they were, for the fault is not theirs.
        """
        async with self._claims.claimed() as batch:
            await self._send(batch)
            return len(batch.rows)

    async def _run_lane(self) -> None:
        while not self._stopping:
            try:
                await self._send_next()
                self._failures = 0
            except Exception as error:  # noqa: BLE001 -- whatever it is, the other messages must go on
                self._note(error)

    async def _send_next(self) -> None:
        """Wait until something is to be sent and send it. One lane waits and claims, the others send."""
        async with AsyncExitStack() as claim:
            async with self._turn:
                await self._due()
                batch = await claim.enter_async_context(self._claims.claimed())
                if len(batch.rows) == self._batch_max:
                    self._woken.set()  # there may be more
            await self._send(batch)

    async def _due(self) -> None:
        if not self._stopping:
            if self._failures:
                await asyncio.sleep(backoff_s(self._failures, first_s=PAUSE_S, most_s=PAUSE_S_MAX))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._poll_s)
        await self._broker.connect()
        # Before the claim: what is committed after it wakes the next lane.
        self._woken.clear()

    def _note(self, error: Exception) -> None:
        if not (isinstance(error, BrokerUnavailable) or is_transient(error)):
            log.error("relay_failed", exc_info=error)
        elif self._failures == 0:
            log.warning("relay_waits", error=f"{type(error).__name__}: {error}")
        self._failures += 1
        self._woken.set()

    async def _send(self, batch: ClaimedBatch) -> None:
        if not batch.rows:
            return
        outcomes = await asyncio.gather(*(self._publish(row) for row in batch.rows))
        failpoints.reach("outbox.published")
        await _settle(batch, outcomes)
        lost = next((o.error for o in outcomes if isinstance(o.error, BrokerUnavailable)), None)
        if lost is not None:
            raise lost

    async def _publish(self, row: ClaimedRow) -> _Outcome:
        origin = follow(row.traceparent, row.request_id)
        with sending(origin, message_type=row.message_type, message_id=row.message_id) as span:
            try:
                await self._broker.publish(self._envelope(row))
            except (BrokerUnavailable, PublishFailed) as error:
                span.failed(type(error).__qualname__)
                return _Outcome(row, error)
            except Exception as error:  # a row we cannot even write down must not stop the others
                span.failed(type(error).__qualname__)
                log.exception("outbox_row_unsendable", message_id=str(row.message_id))
                return _Outcome(row, error)
            return _Outcome(row, None)

    def _envelope(self, row: ClaimedRow) -> Envelope:
        meta = MessageMeta(
            message_id=row.message_id,
            message_type=row.message_type,
            aggregate_id=str(row.aggregate_id),
            aggregate_version=row.aggregate_version,
            time=row.occurred_at,
            source=self._source,
            traceparent=traceparent(),
            request_id=row.request_id,
        )
        return Envelope(meta=meta, data=row.data)


async def _settle(batch: ClaimedBatch, outcomes: Sequence[_Outcome]) -> None:
    confirmed = [outcome.row.id for outcome in outcomes if outcome.error is None]
    refused: dict[int, str] = {}
    for outcome in outcomes:
        if outcome.error is None or isinstance(outcome.error, BrokerUnavailable):
            continue
        refused[outcome.row.id] = f"{type(outcome.error).__name__}: {outcome.error}"
        log.warning(
            "outbox_row_postponed", message_type=outcome.row.message_type, error=refused[outcome.row.id]
        )
    await batch.settle(confirmed=confirmed, refused=refused)
    messages_sent(outcome.row.message_type for outcome in outcomes if outcome.error is None)
