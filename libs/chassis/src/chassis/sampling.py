"""Figures for /metrics that only PostgreSQL knows: each worker looks them up every METRICS_SAMPLE_EVERY_S.

Every replica tells the same, so whoever asks takes the maximum. What is looked up must stay cheap at any
size: counts that are kept anyway, ends of indexes, and rows counted up to COUNT_MAX. A statement that takes
longer than STATEMENT_S_MAX is given up, and no sample is busy for more than BUSY_SHARE_MAX of the time. A
snapshot reads and locks no row, so nobody who sells waits for it.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sqlalchemy import text

from chassis.database import Database, Snapshot
from chassis.jobs import Job
from chassis.metrics import SampledGauge, Values

COUNT_MAX = 100_000
"""Where rows are counted, no more than these: a queue this long is what an operator has to know."""
STATEMENT_S_MAX = 2
BUSY_SHARE_MAX = 0.02
GOOD_FOR_ROUNDS = 3
"""A figure that was not found again in so many rounds is not told any more."""
GOOD_FOR_S_MIN = 5.0

Reading = Mapping[SampledGauge, Values]
Sample = Callable[[Snapshot], Awaitable[Reading]]

_BOUNDED = text(f"SET LOCAL statement_timeout = '{STATEMENT_S_MAX}s'")


def sampling_jobs(db: Database, every_s: float, samples: Mapping[str, Sample]) -> list[Job]:
    """A job for each sample: one that fails takes no other's figures with it."""
    return [_sampling_job(db, every_s, name, sample) for name, sample in samples.items()]


def _sampling_job(db: Database, every_s: float, name: str, sample: Sample) -> Job:
    return Job(
        f"sample_{name}",
        every_s,
        partial(take_sample, db, sample, every_s=every_s),
        busy_share_max=BUSY_SHARE_MAX,
    )


async def take_sample(db: Database, sample: Sample, *, every_s: float) -> None:
    """Look once, and tell what was found."""
    began = time.monotonic()
    async with db.snapshot() as connection:
        await connection.execute(_BOUNDED)
        reading = await sample(connection)
    pause_s = max(every_s, (time.monotonic() - began) / BUSY_SHARE_MAX)
    for gauge, values in reading.items():
        gauge.tell(values, good_for_s=max(GOOD_FOR_ROUNDS * pause_s, GOOD_FOR_S_MIN))
