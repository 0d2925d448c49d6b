"""Limits in the memory of one process, and how limits are written."""

import pytest

from chassis.rate_limits import LocalRateLimits, RateLimit, TooManyRequests

LOGINS = RateLimit("logins", burst=3, per_s=0.5)


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr("chassis.rate_limits.time.monotonic", lambda: Clock.now)
    return Clock


async def taken(limits: LocalRateLimits, limit: RateLimit = LOGINS, who: str = "ada") -> bool:
    try:
        await limits.take(limit, who)
    except TooManyRequests:
        return False
    return True


async def test_a_burst_passes_and_then_one_each_interval(clock):
    limits = LocalRateLimits()
    assert [await taken(limits) for _ in range(5)] == [True, True, True, False, False]
    clock.now += 1.9
    assert not await taken(limits)
    clock.now += 0.2
    assert [await taken(limits) for _ in range(2)] == [True, False]


async def test_who_waits_long_enough_has_the_burst_again_and_no_more(clock):
    limits = LocalRateLimits()
    for _ in range(3):
        await limits.take(LOGINS, "ada")
    clock.now += 3600
    assert [await taken(limits) for _ in range(5)] == [True, True, True, False, False]


async def test_the_refusal_says_when_to_come_back_and_then_it_is_so(clock):
    limits = LocalRateLimits()
    for _ in range(3):
        await limits.take(LOGINS, "ada")
    clock.now += 0.5
    with pytest.raises(TooManyRequests) as refused:
        await limits.take(LOGINS, "ada")
    assert refused.value.retry_after_s == 2
    clock.now += refused.value.retry_after_s
    assert await taken(limits)


async def test_who_is_refused_is_not_put_off_further(clock):
    limits = LocalRateLimits()
    for _ in range(100):
        await taken(limits)
    clock.now += 2
    assert await taken(limits)


async def test_people_and_limits_are_counted_apart(clock):
    limits = LocalRateLimits()
    for _ in range(3):
        await limits.take(LOGINS, "ada")
    assert await taken(limits, who="jan")
    assert await taken(limits, RateLimit("resets", burst=1, per_s=1))


async def test_what_is_remembered_is_bounded(clock):
    limits = LocalRateLimits(remembered_max=10)
    for number in range(1000):
        await limits.take(LOGINS, f"address {number}")
    assert len(limits._used_up_at) == 10


def test_a_limit_is_written_as_a_count_in_a_time():
    assert RateLimit.of("logins", " 30/60s ") == RateLimit("logins", burst=30, per_s=0.5)


@pytest.mark.parametrize("text", ["", "30", "30/60", "0/60s", "30/0s", "-1/60s", "30/1m", "1e3/1s", "3.5/1s"])
def test_a_limit_that_is_written_otherwise_is_refused(text):
    with pytest.raises(ValueError, match="20/60s"):
        RateLimit.of("logins", text)


@pytest.mark.parametrize(("burst", "per_s"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_limit_that_lets_nobody_through_is_refused(burst, per_s):
    with pytest.raises(ValueError, match="nobody"):
        RateLimit("logins", burst, per_s)
