"""The stadium can be imported, and its load stays within the limits it runs under."""

from collections import Counter

from bench import stadium
from bench.plan import FULL, QUICK

_STRIDE = 7919
_ACTIVE_HOLDS_PER_BUYER_MAX = 5


def test_every_seat_is_in_one_pair() -> None:
    plan = stadium.draw(seats=2_400)
    seat_ids = [seat["seat_guid"] for zone in plan["zones"] for row in zone["rows"] for seat in row["seats"]]

    paired = [seat for line in stadium.pairs(("an-event",), seats=2_400) for seat in line.split()[1:]]

    assert seat_ids == paired


def test_no_buyer_reaches_the_limit_of_active_holds() -> None:
    for plan in (FULL, QUICK):
        held = Counter(
            (position % plan.buyers, position * _STRIDE % plan.pairs // plan.pairs_per_event)
            for position in range(plan.pairs)
        )

        assert max(held.values()) <= _ACTIVE_HOLDS_PER_BUYER_MAX
