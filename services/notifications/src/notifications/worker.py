"""Builds the worker process: relay, consumers and jobs."""

from functools import partial

from chassis.database import Database
from chassis.internal_client import read_internal_key
from chassis.worker import Worker
from notifications.consumers import consumers
from notifications.jobs import jobs
from notifications.jobs.samples import sample_mails
from notifications.settings import Settings
from notifications.storage.tables import OUTBOX


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    return Worker(
        settings,
        db,
        OUTBOX,
        consumers=consumers(),
        jobs=jobs(db, settings),
        # The owners tell what a mail is to say to our own services only.
        start_checks=[partial(read_internal_key, settings.internal_api_key)],
        samples={"mails": sample_mails},
    )
