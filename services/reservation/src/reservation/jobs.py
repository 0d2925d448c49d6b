"""Periodic work; any number of workers may run it at once."""

from chassis.database import Database, Snapshot
from chassis.metrics import each_word
from chassis.sampling import Reading
from chassis.worker import Job
from reservation.metrics import SEAT_STATES, SEATS, SWEEPER_LAG
from reservation.queries import seats_and_sweeper
from reservation.settings import Settings
from reservation.usecases.cancel_event import release_holds_of_cancelled
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.forget_holds import forget_holds
from reservation.usecases.publish_availability import publish_availability

# Counting reads every seat of each changed event. On the night of an on-sale that may be all there
# are, all the time; the counts may be a second older then, but the holds get their processor.
COUNTING_SHARE_MAX = 0.1
# As many in a day as could be placed in one, without ever holding up the holds of the moment.
FORGET_EVERY_S = 5.0
FORGET_BATCH_MAX = 2_000
FORGETTING_SHARE_MAX = 0.1


def jobs(*, db: Database, settings: Settings) -> list[Job]:
    """Sweep expired holds, release holds of cancelled events, publish changed counts,
    forget holds long over.
    """
    batch_max = settings.expire_holds_batch_max
    return [
        Job("expire_holds", settings.expire_holds_every_s, lambda: expire_holds(db, batch_max=batch_max)),
        Job("release_holds_of_cancelled", 1.0, lambda: release_holds_of_cancelled(db, batch_max=batch_max)),
        Job(
            "publish_availability",
            settings.availability_publish_ms / 1000,
            lambda: publish_availability(db),
            busy_share_max=COUNTING_SHARE_MAX,
        ),
        Job(
            "forget_holds",
            FORGET_EVERY_S,
            lambda: forget_holds(db, keep_s=settings.holds_keep_s, batch_max=FORGET_BATCH_MAX),
            busy_share_max=FORGETTING_SHARE_MAX,
        ),
    ]


async def sample_seats(connection: Snapshot) -> Reading:
    """For /metrics: all seats on sale by state, and how far behind the sweeper is."""
    found = await seats_and_sweeper(connection)
    return {SEATS: each_word(SEAT_STATES, found.seats), SWEEPER_LAG: {(): found.sweeper_lag_s}}
