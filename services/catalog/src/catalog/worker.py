"""The worker process of catalog: its outbox relay and its consumers."""

from catalog.consumers import consumers
from catalog.settings import Settings
from catalog.storage.tables import OUTBOX
from chassis.database import Database
from chassis.worker import Worker


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database(
        settings.database_url,
        settings.database_pool_size,
        pool_wait_s=settings.database_pool_wait_s,
        application_name="catalog-worker",
    )
    return Worker(settings, db, OUTBOX, consumers(), [])
