"""Builds the worker process: relay, consumers and jobs."""

from chassis.database import Database
from chassis.worker import Worker
from orders.consumers import consumers
from orders.jobs import jobs
from orders.settings import Settings
from orders.storage.outbox import OUTBOX


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    return Worker(settings, db, OUTBOX, consumers=consumers(), jobs=jobs(db, settings))
