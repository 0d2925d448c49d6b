"""Builds the worker process: relay, consumers and jobs."""

from functools import partial

from chassis.database import Database
from chassis.internal_client import read_internal_key
from chassis.worker import Worker
from reservation.clients.catalog import CatalogClient
from reservation.consumers import consumers
from reservation.jobs import jobs, sample_seats
from reservation.settings import Settings
from reservation.storage.outbox import OUTBOX


def create_worker(settings: Settings | None = None) -> Worker:
    """Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    catalog = CatalogClient(
        settings.catalog_url,
        internal_api_key=settings.internal_api_key,
        wait_s_max=settings.plan_fetch_s_max,
    )
    return Worker(
        settings,
        db,
        OUTBOX,
        consumers(db=db, catalog=catalog),
        jobs(db=db, settings=settings),
        # Catalog gives a plan to our own services only.
        start_checks=[partial(read_internal_key, settings.internal_api_key)],
        samples={"seats": sample_seats},
    )
