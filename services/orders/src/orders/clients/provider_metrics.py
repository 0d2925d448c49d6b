"""How the payment provider answers, and how fast."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.metrics import counter, histogram
from orders.clients.payment_provider import ProviderRefused
from orders.metrics import PROVIDERS

OUTCOMES = ("answered", "refused", "unavailable")
BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

CALLS = counter(
    "rowlock_provider_calls_total",
    "Questions to the payment provider: what it `refused` it would refuse again; `unavailable`: no answer, "
    "or none that can be used",
    {"provider": PROVIDERS, "outcome": OUTCOMES},
)
SECONDS = histogram(
    "rowlock_provider_call_seconds",
    "How long the payment provider took to answer, or was waited for",
    {"provider": PROVIDERS},
    buckets=BUCKETS_S,
)


class ProviderMetrics:
    """Those of one provider."""

    def __init__(self, provider: str) -> None:
        self._outcomes = {outcome: CALLS.labels(provider, outcome) for outcome in OUTCOMES}
        self._seconds = SECONDS.labels(provider)

    @contextmanager
    def question(self) -> Iterator[None]:
        """Around one question and what is made of its answer."""
        began_at = time.perf_counter()
        outcome = "unavailable"
        try:
            yield
            outcome = "answered"
        except ProviderRefused:
            outcome = "refused"
            raise
        finally:
            self._outcomes[outcome].inc()
            self._seconds.observe(time.perf_counter() - began_at)
