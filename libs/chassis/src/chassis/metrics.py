"""What a process counts and measures, in the text format of Prometheus at /metrics, which is never routed.

A module makes its metrics once, as constants: `REFUSED = Counter("rowlock_notices_refused_total", "...",
["provider"])`. Labels take a handful of known words: never an id, and nothing of a person.
"""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest

__all__ = ["CONTENT_TYPE_LATEST", "Counter", "Gauge", "exposition"]


def exposition() -> bytes:
    """All metrics of this process, as CONTENT_TYPE_LATEST."""
    return generate_latest()
