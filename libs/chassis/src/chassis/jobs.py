"""Periodic work of a worker. Any number of replicas run the same jobs, so each must share."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

from sqlalchemy import MetaData, text

from chassis import tracing
from chassis.backoff import backoff_s
from chassis.database import Database
from chassis.job_metrics import JobMetrics
from chassis.logs import get_logger
from chassis.settings import ServiceSettings
from chassis.trace_context import begin

HOUSEKEEPING_EVERY_S = 60.0
HOUSEKEEPING_BATCH_MAX = 5_000

log = get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """Runs `run` every `every_s` seconds, measured from end to start, and less often when it
    would otherwise run for more than `busy_share_max` of the time. It returns how much it did
    (or None); when that is more than nothing it is logged.
    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[int | None]]
    busy_share_max: float = 1.0

    def pause_s(self, took_s: float) -> float:
        """How long to wait after a run that took `took_s`."""
        return max(self.every_s, took_s * (1 / self.busy_share_max - 1))

    async def keep_running(self) -> None:
        """Run for ever; a failing run is logged and the next one comes as planned."""
        took_s = 0.0
        metrics = JobMetrics(self.name, every_s=self.every_s)
        while True:
            # Spread out, so that replicas started together do not work together.
            await asyncio.sleep(backoff_s(1, first_s=self.pause_s(took_s) * 4 / 3, most_s=inf))
            began = time.monotonic()
            with tracing.work(begin(), f"job {self.name}", attributes={tracing.JOB: self.name}) as span:
                try:
                    if done := await self.run():
                        log.info("job_done", job=self.name, done=done)
                    span.set(tracing.DONE, done or 0)
                    metrics.succeeded()
                except Exception as error:
                    span.failed(type(error).__qualname__)
                    metrics.failed()
                    log.exception("job_failed", job=self.name)
            took_s = time.monotonic() - began


def housekeeping_jobs(db: Database, settings: ServiceSettings, metadata: MetaData) -> list[Job]:
    """Forget stored answers, handled message ids and limits once nobody can ask for them any more."""
    schema = settings.service_name
    tables = [
        ("idempotency", "stored_at", settings.idempotency_keep_s),
        ("inbox", "handled_at", settings.inbox_keep_s),
    ]
    if f"{schema}.rate_limits" in metadata.tables:
        tables.append(("rate_limits", "used_up_at", 0))
    return [
        Job(f"forget_{table}", HOUSEKEEPING_EVERY_S, _forget(db, f"{schema}.{table}", column, keep_s))
        for table, column, keep_s in tables
    ]


def _forget(db: Database, table: str, column: str, keep_s: int) -> Callable[[], Awaitable[int]]:
    statement = text(
        f"""
        DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table}
            WHERE {column} < clock_timestamp() - make_interval(secs => :keep_s)
            LIMIT :batch_max FOR UPDATE SKIP LOCKED
        ))
        """  # noqa: S608 -- names are constants
    )

    async def forget_batch() -> int:
        async with db.transaction() as tx:
            return (
                await tx.execute(statement, {"keep_s": keep_s, "batch_max": HOUSEKEEPING_BATCH_MAX})
            ).rowcount

    async def forget() -> int:
        total = 0
        while batch := await forget_batch():
            total += batch
        return total

    return forget
