"""Waiting longer after each failure, with jitter so that replicas do not return in step."""

import random


def backoff_s(attempt: int, *, first_s: float, most_s: float) -> float:
    """Seconds to wait after failure number `attempt` (from 1): doubling, capped, then 50 to 100 % of it."""
    longest = min(first_s * 2 ** (min(attempt, 30) - 1), most_s)
    return longest * random.uniform(0.5, 1)
