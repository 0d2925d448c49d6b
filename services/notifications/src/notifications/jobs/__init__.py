"""Periodic work: the mails that are due are sent, and old records forgotten."""

from functools import partial

from chassis.clock import utc_now
from chassis.database import Database
from chassis.jobs import Job
from notifications.jobs.sending import Sending
from notifications.settings import Settings
from notifications.usecases.forget_mails import forget_mails

FORGET_EVERY_S = 3600.0
FORGET_MAILS_MAX = 5_000


def jobs(db: Database, settings: Settings) -> list[Job]:
    """All jobs of the worker. Replicas share the mails by skipping what another has claimed."""
    sending = Sending.of(db, settings, clock=utc_now)
    return [
        Job("send_mails", settings.mail_job_every_s, sending.run),
        Job("forget_mails", FORGET_EVERY_S, partial(_forget, db, settings.mail_keep_s)),
    ]


async def _forget(db: Database, keep_s: int) -> int:
    total = 0
    while done := await db.run(partial(forget_mails, keep_s=keep_s, mails_max=FORGET_MAILS_MAX)):
        total += done
    return total
