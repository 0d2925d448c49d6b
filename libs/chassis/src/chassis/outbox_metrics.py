"""How many messages wait in the outbox, since when, and how many were sent."""

from collections.abc import Iterable
from functools import cache

from prometheus_client import Counter
from sqlalchemy import text

from chassis.database import Snapshot
from chassis.metrics import SampledGauge, counter
from chassis.sampling import COUNT_MAX, Reading, Sample

SENT = counter(
    "rowlock_messages_sent_total",
    "Messages the broker confirmed",
    {"message_type": "the types of docs/messages.md"},
)
WAITING = SampledGauge(
    "rowlock_outbox_messages", f"Messages committed and not yet confirmed by the broker, up to {COUNT_MAX:,}"
)
OLDEST = SampledGauge("rowlock_outbox_oldest_seconds", "Age of the oldest of them; 0 when there is none")

# Both walk an index from its end: the table may have grown large while the broker was away, and is
# mostly room for new rows afterwards, which a look at all of it would read.
_BY_INDEX = text("SET LOCAL enable_seqscan = off")
_OUTBOX = """
SELECT (SELECT count(*) FROM (
            SELECT FROM {outbox} ORDER BY next_attempt_at, id LIMIT :count_max) AS bounded) AS messages,
       (SELECT greatest(extract(epoch FROM clock_timestamp() - occurred_at), 0)::float8
        FROM {outbox} ORDER BY id LIMIT 1) AS oldest_s
"""


def outbox_sample(outbox: str) -> Sample:
    """Looks at the table `outbox`, named with its schema."""
    statement = text(_OUTBOX.format(outbox=outbox))

    async def sample(connection: Snapshot) -> Reading:
        await connection.execute(_BY_INDEX)
        row = (await connection.execute(statement, {"count_max": COUNT_MAX})).one()
        return {WAITING: {(): row.messages}, OLDEST: {(): row.oldest_s or 0.0}}

    return sample


def messages_sent(message_types: Iterable[str]) -> None:
    """The broker has confirmed these."""
    for message_type in message_types:
        _sent(message_type).inc()


@cache
def _sent(message_type: str) -> Counter:
    return SENT.labels(message_type)
