"""What PostgreSQL says of the sessions of this service's role, whichever process they belong to."""

from sqlalchemy import text

from chassis.database import Snapshot
from chassis.metrics import SampledGauge, each_word
from chassis.sampling import Reading

STATES = ("active", "idle", "idle_in_transaction", "other")

LOCK_WAITS = SampledGauge(
    "rowlock_database_lock_waits", "Sessions of this service's role that wait for a lock at this moment"
)
SESSIONS = SampledGauge(
    "rowlock_database_connections", "Sessions of this service's role in PostgreSQL", {"state": STATES}
)

_SESSIONS = text(
    """
    SELECT CASE WHEN state IN ('active', 'idle') THEN state
                WHEN state LIKE 'idle in transaction%' THEN 'idle_in_transaction'
                ELSE 'other' END AS state,
           count(*) AS sessions, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting
    FROM pg_stat_activity
    WHERE usename = current_user AND datname = current_database()
    GROUP BY 1
    """
)


async def sample_sessions(connection: Snapshot) -> Reading:
    """Ours among them."""
    rows = (await connection.execute(_SESSIONS)).all()
    return {
        LOCK_WAITS: {(): sum(row.waiting for row in rows)},
        SESSIONS: each_word(STATES, {row.state: row.sessions for row in rows}),
    }
