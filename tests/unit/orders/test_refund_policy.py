"""What a buyer who cancels gets back, for any policy, prices and moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.refund_policy import RefundPolicy, RefundShare, refund_of

FULL_UNTIL = datetime(2026, 12, 1, 18, tzinfo=UTC)
PART_UNTIL = FULL_UNTIL + timedelta(days=7)
MOMENT = timedelta(microseconds=1)
POLICY = RefundPolicy(
    full_until=FULL_UNTIL, part_until=PART_UNTIL, part_percent=50, fee_minor=300, fee_refunded=False
)
"""Half a week later; 3.00 of each ticket is a fee that is kept."""

moments = st.integers(min_value=-60 * 24, max_value=60 * 24).map(lambda h: FULL_UNTIL + timedelta(hours=h))
prices = st.lists(st.integers(min_value=0, max_value=100_000_000), max_size=12)
policies = st.builds(
    RefundPolicy,
    full_until=st.none() | moments,
    part_until=st.none() | moments,
    part_percent=st.integers(min_value=0, max_value=100),
    fee_minor=st.integers(min_value=0, max_value=100_000_000),
    fee_refunded=st.booleans(),
)


def share(refund_minor: int, fee_minor: int) -> RefundShare:
    return RefundShare(refund_minor=refund_minor, fee_minor=fee_minor)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (FULL_UNTIL - MOMENT, share(9700, 300)),
        (FULL_UNTIL, share(4850, 5150)),
        (PART_UNTIL - MOMENT, share(4850, 5150)),
        (PART_UNTIL, share(0, 10_000)),
    ],
)
def test_the_price_goes_back_in_full_then_in_part_then_not(now: datetime, expected: RefundShare) -> None:
    assert refund_of([10_000], policy=POLICY, now=now) == expected


def test_a_fee_that_is_refunded_goes_back_as_the_price_does() -> None:
    policy = replace(POLICY, fee_refunded=True)
    assert refund_of([10_000], policy=policy, now=FULL_UNTIL - MOMENT) == share(10_000, 0)
    assert refund_of([10_000], policy=policy, now=FULL_UNTIL) == share(5000, 5000)


def test_a_fee_is_at_most_the_price() -> None:
    assert refund_of([0, 200], policy=POLICY, now=FULL_UNTIL - MOMENT) == share(0, 200)


def test_half_a_unit_goes_back_with_each_ticket() -> None:
    policy = replace(POLICY, fee_minor=0)
    assert refund_of([101, 101], policy=policy, now=FULL_UNTIL) == share(102, 100)


def test_without_a_policy_everything_goes_back() -> None:
    assert refund_of([10_000, 1], policy=None, now=PART_UNTIL) == share(10_001, 0)


def test_without_times_nothing_goes_back() -> None:
    never = replace(POLICY, full_until=None, part_until=None)
    assert refund_of([10_000], policy=never, now=FULL_UNTIL - MOMENT) == share(0, 10_000)


def test_the_next_change_is_the_next_time_that_is_to_come() -> None:
    times = FULL_UNTIL - MOMENT, FULL_UNTIL, PART_UNTIL
    assert [POLICY.next_change_after(now) for now in times] == [FULL_UNTIL, PART_UNTIL, None]


@given(prices, st.none() | policies, moments)
def test_what_goes_back_and_what_is_kept_is_the_price(
    prices_minor: list[int], policy: RefundPolicy | None, now: datetime
) -> None:
    shared = refund_of(prices_minor, policy=policy, now=now)
    assert shared.refund_minor + shared.fee_minor == sum(prices_minor)
    assert shared.refund_minor >= 0
    assert shared.fee_minor >= 0


@given(prices, st.none() | policies, moments, st.data())
def test_tickets_one_by_one_come_to_the_same_as_all_at_once(
    prices_minor: list[int], policy: RefundPolicy | None, now: datetime, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(min_value=0, max_value=len(prices_minor)))
    first, rest = prices_minor[:cut], prices_minor[cut:]
    apart = refund_of(first, policy=policy, now=now) + refund_of(rest, policy=policy, now=now)
    assert apart == refund_of(prices_minor, policy=policy, now=now)


@given(prices, policies, moments, moments)
def test_whoever_cancels_later_gets_no_more(
    prices_minor: list[int], policy: RefundPolicy, one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    before = refund_of(prices_minor, policy=policy, now=earlier)
    assert before.refund_minor >= refund_of(prices_minor, policy=policy, now=later).refund_minor


@given(prices, policies, moments)
def test_a_fee_that_is_kept_is_kept_of_every_ticket(
    prices_minor: list[int], policy: RefundPolicy, now: datetime
) -> None:
    kept = replace(policy, fee_refunded=False)
    fees_minor = sum(min(policy.fee_minor, price) for price in prices_minor)
    assert refund_of(prices_minor, policy=kept, now=now).fee_minor >= fees_minor


@given(policies, moments)
def test_nothing_changes_before_the_next_change(policy: RefundPolicy, now: datetime) -> None:
    change = policy.next_change_after(now)
    last = change - MOMENT if change else now + timedelta(days=3650)
    assert policy.percent_at(last) == policy.percent_at(now)
