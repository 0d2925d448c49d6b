"""What the worker looks up for /metrics: mails that are to be sent."""

from chassis.database import Snapshot
from chassis.metrics import each_word
from chassis.sampling import COUNT_MAX, Reading
from notifications.metrics import MAILS, OLDEST_DUE, WAITING_STATES
from notifications.queries import mails_to_send


async def sample_mails(conn: Snapshot) -> Reading:
    """How many wait, and whether they are tried when due."""
    found = await mails_to_send(conn, rows_max=COUNT_MAX)
    return {
        MAILS: each_word(WAITING_STATES, {"waiting": found["waiting"]}),
        OLDEST_DUE: {(): found["oldest_due_s"] or 0.0},
    }
