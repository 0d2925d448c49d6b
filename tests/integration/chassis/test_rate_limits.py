"""Limits all replicas share: no more pass than may, and whoever is refused is told when to come back."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, Request
from sqlalchemy import text

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.rate_limits import RateLimit, RateLimits, TooManyRequests
from support.waiting import wait_until

# Refilled so slowly that no test sees it.
LOGINS = RateLimit("logins", burst=10, per_s=0.001)
ADDRESS = "203.0.113.77"


@pytest.fixture
def fingerprints(signing_keys) -> Fingerprints:
    return Fingerprints.load(signing_keys.lookup_key)


@pytest.fixture
async def replicas(parcels_url, rate_limits, fingerprints, db) -> AsyncIterator[list[RateLimits]]:
    """The limits of several processes: each with connections and a memory of its own."""
    databases = [Database(parcels_url, raw_pool_size=4) for _ in range(4)]
    yield [RateLimits(database, rate_limits, fingerprints) for database in databases]
    await asyncio.gather(*(database.close() for database in databases))


async def passes(limits: RateLimits, limit: RateLimit = LOGINS, who: str = ADDRESS) -> bool:
    try:
        await limits.take(limit, who)
    except TooManyRequests:
        return False
    return True


async def test_of_many_at_the_same_instant_exactly_the_burst_passes(replicas):
    answers = await asyncio.gather(*(passes(replica) for replica in replicas for _ in range(25)))

    assert sum(answers) == 10


async def test_over_time_no_more_pass_than_may(replicas):
    limit = RateLimit("logins", burst=5, per_s=40)
    began = time.monotonic()

    async def keep_asking(replica: RateLimits) -> int:
        passed = 0
        while time.monotonic() - began < 1.0:
            passed += await passes(replica, limit)
            await asyncio.sleep(0)
        return passed

    passed = sum(await asyncio.gather(*(keep_asking(replica) for replica in replicas for _ in range(2))))
    may = 5 + 40 * (time.monotonic() - began)
    assert 5 < passed <= may


async def test_people_and_limits_are_counted_apart(replicas):
    for _ in range(10):
        assert await passes(replicas[0])
    assert not await passes(replicas[1])
    assert await passes(replicas[1], who="198.51.100.1")
    assert await passes(replicas[1], RateLimit("registrations", burst=1, per_s=0.001))


async def test_whoever_is_refused_passes_when_the_answer_said(replicas):
    limit = RateLimit("logins", burst=1, per_s=1)
    began = time.monotonic()
    await replicas[0].take(limit, ADDRESS)
    with pytest.raises(TooManyRequests) as refused:
        await replicas[1].take(limit, ADDRESS)
    assert refused.value.retry_after_s == 1

    await wait_until(lambda: passes(replicas[1], limit))
    assert time.monotonic() - began >= 1


async def test_who_asks_in_vain_is_not_put_off_further(replicas):
    limit = RateLimit("logins", burst=1, per_s=2)
    await replicas[0].take(limit, ADDRESS)
    async with asyncio.timeout(20):
        while not any(await asyncio.gather(*(passes(replica, limit) for replica in replicas))):
            await asyncio.sleep(0)


async def test_a_flood_of_the_refused_does_not_reach_the_database(replicas, monkeypatch):
    for _ in range(10):
        await replicas[0].take(LOGINS, ADDRESS)
    assert not await passes(replicas[0])

    def nowhere() -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(replicas[0]._db, "raw", nowhere)
    for _ in range(1000):
        assert not await passes(replicas[0])


async def test_what_a_process_remembers_of_the_refused_is_bounded(replicas, monkeypatch):
    monkeypatch.setattr("chassis.rate_limits.REMEMBERED_MAX", 5)
    limit = RateLimit("logins", burst=1, per_s=0.001)
    for number in range(20):
        await replicas[0].take(limit, str(number))
        assert not await passes(replicas[0], limit, str(number))
    assert len(replicas[0]._refused_until) == 5


async def test_nobody_is_named_in_the_table(replicas, db):
    for who in (ADDRESS, "ada@example.org"):
        await replicas[0].take(LOGINS, who)
    async with db.transaction() as tx:
        rows = (await tx.execute(text("SELECT r::text, encode(who, 'escape') FROM rate_limits r"))).all()

    assert len(rows) == 2
    for who in (ADDRESS, "ada@example.org"):
        assert who not in str(rows)
        assert who.encode().hex() not in str(rows)


async def test_no_commit_waits_for_the_disk(db):
    async with db.transaction() as tx:
        kept = await tx.scalar(
            text("SELECT relpersistence FROM pg_class WHERE oid = 'rate_limits'::regclass")
        )

    assert kept == "u"


async def test_the_answer_over_http_tells_when_to_come_back(serve, replicas):
    router = APIRouter()

    @router.post("/logins")
    async def log_in(request: Request) -> None:
        await replicas[0].take(RateLimit("logins", burst=1, per_s=0.1), ADDRESS)

    async with serve(router) as client:
        assert (await client.post("/logins")).status_code == 200
        refused = await client.post("/logins")

    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert refused.headers["retry-after"] == str(refused.json()["retry_after_s"])
    assert 9 <= refused.json()["retry_after_s"] <= 10
    assert ADDRESS not in refused.text
