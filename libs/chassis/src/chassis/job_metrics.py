"""When each job of this worker last did its work, and how often it failed."""

from chassis.metrics import counter, gauge

_NAMES = "the worker's jobs"

LAST_SUCCESS = gauge(
    "rowlock_job_last_success_timestamp_seconds",
    "When a run of the job last ended well, as Unix time; before the first, when its process started it",
    {"job_name": _NAMES},
    told_by="worker",
)
EVERY = gauge(
    "rowlock_job_every_seconds",
    "The pause planned between two runs; a job that may use a small share of the time only makes longer ones",
    {"job_name": _NAMES},
    told_by="worker",
)
FAILURES = counter(
    "rowlock_job_failures_total", "Runs that ended with an error", {"job_name": _NAMES}, told_by="worker"
)


class JobMetrics:
    """Those of one job."""

    def __init__(self, job: str, *, every_s: float) -> None:
        self._last_success = LAST_SUCCESS.labels(job)
        self._failures = FAILURES.labels(job)
        EVERY.labels(job).set(every_s)
        self.succeeded()

    def succeeded(self) -> None:
        """A run ended well."""
        self._last_success.set_to_current_time()

    def failed(self) -> None:
        """A run ended with an error."""
        self._failures.inc()
