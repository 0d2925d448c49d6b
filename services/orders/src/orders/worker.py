"""Builds the worker process: relay, consumers and jobs."""

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.worker import Worker
from orders.clients.payment_providers import provider_of
from orders.consumers import consumers
from orders.jobs import jobs
from orders.jobs.samples import SAMPLES
from orders.settings import Settings
from orders.storage.outbox import OUTBOX
from orders.usecases.order_access_tokens import OrderAccessTokens


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    db = Database.of(settings, process="worker")
    fingerprints = Fingerprints.of_settings(settings)
    provider = provider_of(settings)
    return Worker(
        settings,
        db,
        OUTBOX,
        consumers=consumers(OrderAccessTokens(fingerprints)),
        jobs=jobs(db, settings, provider=provider),
        start_checks=[fingerprints.check],
        samples=SAMPLES,
    )
