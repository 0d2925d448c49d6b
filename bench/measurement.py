"""What one rung did at one pattern and concurrency, and its ratios to pgbench."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """`holds` were granted, `refusals` were clear answers without a hold (409), `errors` all the rest.

    Latencies are of every answer, in milliseconds. `cpu_cores` says how many cores each part kept busy.
    """

    rung: str
    pattern: str
    concurrency: int
    seconds: float
    holds: int
    refusals: int = 0
    errors: int = 0
    p50_ms: float
    p99_ms: float
    cpu_cores: dict[str, float] = field(default_factory=dict)
    ratio: float | None = None
    answers_ratio: float | None = None
    peak_ratio: float | None = None

    @property
    def holds_per_s(self) -> float:
        return self.holds / self.seconds

    @property
    def answers_per_s(self) -> float:
        return (self.holds + self.refusals) / self.seconds


def with_ratios(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Relate every measurement to pgbench at its own pattern and concurrency, and to pgbench's peak there."""
    baselines = {
        (one.pattern, one.concurrency): one.holds_per_s for one in measurements if one.rung == "pgbench"
    }
    return [_related(one, baselines) for one in measurements]


def peak(measurements: Iterable[Measurement], *, rung: str, pattern: str) -> Measurement | None:
    """The measurement of a rung with the most holds a second, or None if it was not measured."""
    of_rung = [one for one in measurements if (one.rung, one.pattern) == (rung, pattern)]
    return max(of_rung, key=lambda one: one.holds_per_s, default=None)


def _related(one: Measurement, baselines: dict[tuple[str, int], float]) -> Measurement:
    same = baselines.get((one.pattern, one.concurrency))
    best = max((rate for (pattern, _), rate in baselines.items() if pattern == one.pattern), default=None)
    return replace(
        one,
        ratio=_over(one.holds_per_s, same),
        answers_ratio=_over(one.answers_per_s, same),
        peak_ratio=_over(one.holds_per_s, best),
    )


def _over(rate: float, baseline: float | None) -> float | None:
    return round(rate / baseline, 3) if baseline else None
