"""Builds the worker process: relay, consumers and jobs."""

from chassis.database import Database
from chassis.worker import Worker
from notifications.consumers import consumers
from notifications.jobs import jobs
from notifications.settings import Settings
from notifications.storage.tables import OUTBOX


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    return Worker(settings, db, OUTBOX, consumers=consumers(), jobs=jobs(db, settings))
