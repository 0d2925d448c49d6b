"""The job that compares the books: what Prometheus and the log see of it, and who of several replicas does it."""

import asyncio
import re
from datetime import datetime, timedelta

import pytest
import structlog
from integration.orders.books import Books
from integration.orders.scene import Scene

from chassis.clock import utc_now
from chassis.jobs import Job
from chassis.metrics import exposition
from chassis.sampling import take_sample
from orders.domain.findings import FindingKind
from orders.jobs.reconcile import FINDINGS, reconcile_jobs, sample_last_round
from orders.settings import Settings
from orders.storage.reconciliation import ABANDONED_AFTER_S, Round, begin_round, end_round

NOBODY = "http://127.0.0.1:1"
EVERY_S = 300.0


@pytest.fixture
def there(settings: Settings, reservation_url: str) -> Settings:
    return settings.model_copy(update={"reservation_url": reservation_url, "reconcile_every_s": EVERY_S})


@pytest.fixture
def replica(scene: Scene, there: Settings) -> Job:
    (job,) = reconcile_jobs(scene.db, there, None)
    return job


@pytest.fixture
def other_replica(scene: Scene, there: Settings) -> Job:
    (job,) = reconcile_jobs(scene.db, there, None)
    return job


async def test_a_round_is_told_as_metrics_and_log_lines(replica: Job, scene: Scene, wrong_order: str) -> None:
    with structlog.testing.capture_logs() as logs:
        await replica.run()

    findings = await _gauges(scene, "rowlock_reconcile_findings")
    assert findings == {kind.value: 0.0 for kind in FindingKind} | {"order_total_differs": 1.0}
    assert await _gauges(scene, "rowlock_reconcile_not_compared") == {"reservation": 0.0, "provider": 0.0}
    (line,) = [line for line in logs if line["event"] == "reconcile_finding"]
    assert (line["kind"], line["order_id"]) == ("order_total_differs", wrong_order)
    (line,) = [line for line in logs if line["event"] == "reconciled"]
    assert (line["findings"], line["compared"]) == (1, {"orders": 1, "events": 1})


async def test_the_replica_whose_turn_it_was_not_tells_the_same(
    replica: Job, other_replica: Job, scene: Scene, books: Books, wrong_order: str
) -> None:
    await replica.run()
    books.plant("UPDATE orders SET total_minor = 4500 WHERE order_id = %(id)s", id=wrong_order)
    FINDINGS.clear()

    with structlog.testing.capture_logs() as logs:
        await other_replica.run()

    assert logs == []
    assert (await _gauges(scene, "rowlock_reconcile_findings"))["order_total_differs"] == 1.0


async def test_a_difference_that_is_gone_is_gone_from_the_metrics(
    replica: Job, scene: Scene, books: Books, wrong_order: str
) -> None:
    await replica.run()
    books.plant("UPDATE orders SET total_minor = 4500 WHERE order_id = %(id)s", id=wrong_order)
    await scene.rows("UPDATE orders.reconciliation SET began_at = began_at - interval '1 hour' RETURNING 1")
    await replica.run()

    assert sum((await _gauges(scene, "rowlock_reconcile_findings")).values()) == 0.0


async def test_a_reservation_that_is_away_shows_in_the_metrics(
    scene: Scene, settings: Settings, books: Books
) -> None:
    await books.scene.publish_event()
    (job,) = reconcile_jobs(scene.db, settings.model_copy(update={"reservation_url": NOBODY}), None)
    await job.run()

    assert await _gauges(scene, "rowlock_reconcile_not_compared") == {"reservation": 1.0, "provider": 0.0}


async def test_of_two_replicas_whose_time_has_come_at_once_one_does_the_round(
    replica: Job, other_replica: Job
) -> None:
    with structlog.testing.capture_logs() as logs:
        await asyncio.gather(replica.run(), other_replica.run())

    assert len([line for line in logs if line["event"] == "reconciled"]) == 1


class TestTurns:
    """When a replica may begin a round."""

    async def test_not_while_another_is_at_it_however_long_it_takes(self, scene: Scene) -> None:
        began = utc_now()
        assert await begins(scene, now=began)
        assert not await begins(scene, now=began + timedelta(seconds=EVERY_S))

    async def test_again_when_its_time_has_come_after_the_last_one_ended(self, scene: Scene) -> None:
        began = utc_now()
        await begins(scene, now=began)
        await ends(scene, now=began + timedelta(seconds=1))
        assert not await begins(scene, now=began + timedelta(seconds=EVERY_S - 1))
        assert await begins(scene, now=began + timedelta(seconds=EVERY_S))
        assert not await begins(scene, now=began + timedelta(seconds=2 * EVERY_S))

    async def test_instead_of_one_that_began_and_is_gone(self, scene: Scene) -> None:
        began = utc_now()
        await begins(scene, now=began)
        assert not await begins(scene, now=began + timedelta(seconds=ABANDONED_AFTER_S - 1))
        assert await begins(scene, now=began + timedelta(seconds=ABANDONED_AFTER_S))


async def begins(scene: Scene, *, now: datetime) -> bool:
    return await scene.db.run(lambda tx: begin_round(tx, every_s=EVERY_S, now=now))


async def ends(scene: Scene, *, now: datetime) -> None:
    ended = Round(ended_at=now, findings={}, not_compared={})
    await scene.db.run(lambda tx: end_round(tx, ended=ended))


async def _gauges(scene: Scene, name: str) -> dict[str, float]:
    """The values of a metric by its only label, as a worker finds them and Prometheus reads them."""
    await take_sample(scene.db, sample_last_round, every_s=EVERY_S)
    lines = re.findall(rf'^{name}{{\w+="(\w+)"}} (\S+)$', exposition().decode(), flags=re.MULTILINE)
    return {label: float(value) for label, value in lines}
