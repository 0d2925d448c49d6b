"""Refund policies of the story's events, at each of their stages now."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from chassis.clock import utc_now

FEE_MINOR = 500
PART_PERCENT = 50


def policy(*, full: bool, part: bool, fee_refunded: bool) -> dict[str, Any]:
    """A policy of which the time of full refunds, or of refunds in part, is yet to end."""
    return {
        "full_until": _in_days(2 if full else -2),
        "part_until": _in_days(3 if part or full else -1),
        "part_percent": PART_PERCENT,
        "fee_minor": FEE_MINOR,
        "fee_refunded": fee_refunded,
    }


a_policy = st.builds(policy, full=st.booleans(), part=st.booleans(), fee_refunded=st.booleans())
some_policies = st.none() | a_policy | a_policy


def _in_days(days: int) -> str:
    at: datetime = utc_now() + timedelta(days=days)
    return at.isoformat()
