"""The worker process of catalog: its outbox relay and its consumers."""

from catalog.consumers import consumers
from catalog.settings import Settings
from catalog.storage.tables import OUTBOX
from chassis.database import Database
from chassis.worker import Worker


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    return Worker(settings, db, OUTBOX, consumers(), [])
