"""The worker process: relay, consumers and jobs, with a readiness that tells the truth."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import MetaData

from chassis.database import Database
from chassis.health_server import HealthServer
from chassis.inbox import Inbox
from chassis.jobs import Job, housekeeping_jobs
from chassis.logs import get_logger
from chassis.messaging.broker import Broker
from chassis.messaging.consumer import Consumer, ConsumerContext
from chassis.outbox import Outbox
from chassis.outbox_metrics import outbox_sample
from chassis.process_facts import ProcessFacts
from chassis.readiness import failing_checks
from chassis.relay import Relay
from chassis.sampling import Sample, sampling_jobs
from chassis.session_metrics import sample_sessions
from chassis.settings import ServiceSettings
from chassis.tables import inbox_table

__all__ = ["Job", "Worker"]

STOP_MARGIN_S = 2.0
NO_SAMPLES: Mapping[str, Sample] = MappingProxyType({})

log = get_logger()


class Worker:
    """Everything a service does without being asked. `run` until `stop`.

    `start_checks` raise when something is missing (a key file): better no start than a message that
    becomes a dead letter for want of it. `samples` are looked up for /metrics, beside those of every worker.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        db: Database,
        outbox: Outbox,
        consumers: Sequence[Consumer] = (),
        jobs: Sequence[Job] = (),
        *,
        start_checks: Sequence[Callable[[], object]] = (),
        samples: Mapping[str, Sample] = NO_SAMPLES,
    ) -> None:
        self.settings = settings
        self.db = db
        self.consumers = list(consumers)
        self.jobs = [
            *jobs,
            *housekeeping_jobs(db, settings, outbox.table.metadata),
            *sampling_jobs(db, settings.metrics_sample_every_s, _samples_of_all(outbox) | dict(samples)),
        ]
        self.broker = Broker(settings.amqp_url, name=settings.service_name)
        self.relay = Relay(db, outbox, self.broker, settings.outbox_poll_ms)
        self._start_checks = start_checks
        self._stopping = asyncio.Event()
        self.facts = ProcessFacts(settings, process="worker", db=db, relays=True)
        db.on_messages(self.wake)

    def wake(self) -> None:
        """Messages were committed; in a combined process the api's database calls this too."""
        self.relay.wake()

    async def run(self) -> None:
        """Work until `stop`, then end what runs within DRAIN_S. Raises when a part breaks."""
        for check in self._start_checks:
            check()
        health = HealthServer(
            host=self.settings.http_host,
            port=self.settings.worker_http_port,
            not_ready=self.not_ready,
            facts=self.facts,
        )
        await health.start()
        tasks = [asyncio.create_task(part) for part in self._parts()]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            _raise_first(tasks)
        finally:
            stopping.cancel()
            await self._end(tasks)
            await health.stop()

    def stop(self) -> None:
        """Begin to stop; `run` returns when it is done."""
        self._stopping.set()

    async def not_ready(self) -> list[str]:
        """What keeps this worker from being ready; empty when it is."""
        reasons = [f"consumer {c.name}" for c in self.consumers if not c.consuming]
        if self._stopping.is_set():
            reasons.append("stopping")
        return reasons + await failing_checks({"database": self.db.ping})

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        context = ConsumerContext(
            amqp_url=self.settings.amqp_url,
            db=self.db,
            inbox=Inbox(inbox_table(MetaData(schema=self.settings.service_name))),
            prefetch=self.settings.consumer_prefetch,
            delivery_limit=self.settings.delivery_limit,
            access_log=self.settings.access_log,
        )
        return [
            self.relay.run(),
            *(consumer.run(context) for consumer in self.consumers),
            *(job.keep_running() for job in self.jobs),
        ]

    async def _end(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        self._stopping.set()
        relay, consumers, jobs = (
            tasks[0],
            tasks[1 : 1 + len(self.consumers)],
            tasks[1 + len(self.consumers) :],
        )
        for job in jobs:
            job.cancel()
        # Consumers first: what their last handlers commit, the relay still sends.
        await asyncio.gather(*(consumer.stop(timeout_s=self.settings.drain_s) for consumer in self.consumers))
        await _finish(consumers)
        self.relay.stop()
        await _finish([relay, *jobs])
        await self.broker.close()
        await self.db.close()
        log.info("worker_stopped")


def _samples_of_all(outbox: Outbox) -> dict[str, Sample]:
    return {"outbox": outbox_sample(outbox.table.fullname), "sessions": sample_sessions}


def _raise_first(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


async def _finish(tasks: Sequence["asyncio.Task[None]"]) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=STOP_MARGIN_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
