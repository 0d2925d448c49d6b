"""Builds the worker process: relay and jobs. Accounts listens to nobody."""

from accounts.jobs import jobs
from accounts.settings import Settings
from accounts.storage.outbox import OUTBOX
from chassis.database import Database
from chassis.worker import Worker


def create_worker(settings: Settings | None = None) -> Worker:
    """Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    return Worker(settings, db, OUTBOX, jobs=jobs(db, settings))
