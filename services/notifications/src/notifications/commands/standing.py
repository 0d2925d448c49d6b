"""What notifications tells of itself in `rowlock status`: mails that wait, and mails given up."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Snapshot
from chassis.inspection import PartState, PartStatus, age
from chassis.settings import ServiceSettings
from notifications.queries import standing_of_mails

LATE_S = 600
"""A mail goes out within seconds; so long after, something refuses it or nobody sends."""
GIVEN_UP_WITHIN = timedelta(days=1)


async def status(conn: Snapshot, _settings: ServiceSettings | None) -> Sequence[PartStatus]:
    """One line, from the service's own tables."""
    row = await standing_of_mails(conn, given_up_since=utc_now() - GIVEN_UP_WITHIN)
    troubles = []
    if row["oldest_s"] and row["oldest_s"] > LATE_S:
        troubles.append(f"the oldest waits for {age(row['oldest_s'])}")
    if row["given_up"]:
        troubles.append(f"{row['given_up']} given up since yesterday (rowlock mails list)")
    state = PartState.TROUBLE if troubles else PartState.OK
    says = "; ".join([*troubles, f"{row['waiting']} waiting"])
    return [PartStatus(part="mails", state=state, says=says, facts=dict(row))]
