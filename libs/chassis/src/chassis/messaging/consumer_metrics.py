"""What becomes of the messages of each consumer, and how many wait for it."""

import time
from datetime import datetime

from chassis.clock import utc_now
from chassis.metrics import SampledGauge, counter, gauge, histogram

OUTCOMES = ("handled", "repeated", "retried", "dead")
HANDLING_BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LAG_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

_NAMES = "the worker's queues, as in docs/messages.md"

MESSAGES = counter(
    "rowlock_consumer_messages_total",
    "Deliveries by what became of them: `repeated` had its effect before, `retried` failed and comes again, "
    "`dead` is a dead letter now",
    {"consumer": _NAMES, "outcome": OUTCOMES},
    told_by="worker",
)
HANDLING = histogram(
    "rowlock_consumer_handling_seconds",
    "From the start of a handler to its end, waits for the database or another service included",
    {"consumer": _NAMES},
    buckets=HANDLING_BUCKETS_S,
    told_by="worker",
)
LAG = histogram(
    "rowlock_consumer_lag_seconds",
    "How old a message was when its handling had ended well: outbox, broker, queue and handler together",
    {"consumer": _NAMES},
    buckets=LAG_BUCKETS_S,
    told_by="worker",
)
CONSUMING = gauge(
    "rowlock_consuming", "1 while the broker delivers to this worker", {"consumer": _NAMES}, told_by="worker"
)
WAITING = SampledGauge(
    "rowlock_queue_messages",
    "Messages ready in the queue, without those that workers have taken and not settled",
    {"consumer": _NAMES},
)
DEAD = SampledGauge("rowlock_dead_letters", "Messages in the dead letter queue", {"consumer": _NAMES})


class DeliveryMetrics:
    """Those of one consumer's deliveries."""

    def __init__(self, consumer: str) -> None:
        self._outcomes = {outcome: MESSAGES.labels(consumer, outcome) for outcome in OUTCOMES}
        self._handling = HANDLING.labels(consumer)
        self._lag = LAG.labels(consumer)

    def handled(self, *, is_new: bool, told_at: datetime) -> None:
        """A delivery had its effect, now or before; its message is of `told_at`."""
        self._outcomes["handled" if is_new else "repeated"].inc()
        # By two clocks, that of the database that wrote it and ours.
        self._lag.observe(max(0.0, (utc_now() - told_at).total_seconds()))

    def failed(self, *, is_dead: bool) -> None:
        """A delivery failed."""
        self._outcomes["dead" if is_dead else "retried"].inc()

    def took(self, began_at: float) -> None:
        """A handler ended, well or not; `began_at` by `time.perf_counter`."""
        self._handling.observe(time.perf_counter() - began_at)
