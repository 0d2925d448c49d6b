"""What a process counts and measures, in the text format of Prometheus at /metrics, which is never routed.

A module declares its metrics once, as constants, with every word their labels can take:

    REFUSED = counter("rowlock_parcels_refused_total", "Parcels nobody took", {"reason": Reason})

Labels take a handful of known words: never an id, and nothing of a person. A series whose words are known is
there from the start, at 0. docs/metrics.md is made of the declarations.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chassis.declared_metrics import NO_LABELS, Declared, Labels, Process, declare

__all__ = [
    "CONTENT_TYPE_LATEST",
    "Counter",
    "Gauge",
    "Histogram",
    "LiveGauge",
    "SampledGauge",
    "counter",
    "each_word",
    "exposition",
    "gauge",
    "histogram",
]

# A second series for each counter and histogram, of no use to anybody who asks for rates.
disable_created_metrics()

Values = Mapping[tuple[str, ...], float]
"""Values by the words of their labels, in the order of the labels; `()` of a metric without labels."""

M = TypeVar("M", Counter, Histogram)


def counter(name: str, meaning: str, labels: Labels = NO_LABELS, *, told_by: Process = "each") -> Counter:
    """A counter; its name ends in `_total`. `told_by`: the kind of process that counts."""
    declared = declare(name, "counter", meaning, labels, told_by)
    return _with_known_words(Counter(name, meaning, list(labels)), declared)


def gauge(name: str, meaning: str, labels: Labels = NO_LABELS, *, told_by: Process = "each") -> Gauge:
    """A gauge that the process sets itself at every change; else see SampledGauge and LiveGauge."""
    declare(name, "gauge", meaning, labels, told_by)
    return Gauge(name, meaning, list(labels))


def histogram(
    name: str,
    meaning: str,
    labels: Labels = NO_LABELS,
    *,
    buckets: Sequence[float],
    told_by: Process = "each",
) -> Histogram:
    """A histogram; `buckets` are upper bounds in the unit of its name."""
    declared = declare(name, "histogram", meaning, labels, told_by)
    return _with_known_words(Histogram(name, meaning, list(labels), buckets=buckets), declared)


class _CollectedGauge(Collector):
    """A gauge whose values are found when somebody asks for them."""

    def __init__(
        self, name: str, meaning: str, labels: Labels, told_by: Process, *, is_sampled: bool = False
    ) -> None:
        self._name, self._meaning, self._labels = name, meaning, list(labels)
        declare(name, "gauge", meaning, labels, told_by, is_sampled=is_sampled)
        REGISTRY.register(self)

    def describe(self) -> Iterable[Metric]:
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        family = self._family()
        for words, value in self.values().items():
            family.add_metric(words, value)
        yield family

    def values(self) -> Values:
        """The values of this moment."""
        raise NotImplementedError

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self._name, self._meaning, labels=self._labels)


class LiveGauge(_CollectedGauge):
    """A gauge that `read` knows at every moment."""

    def __init__(
        self,
        name: str,
        meaning: str,
        labels: Labels = NO_LABELS,
        *,
        read: Callable[[], Values],
        told_by: Process = "each",
    ) -> None:
        super().__init__(name, meaning, labels, told_by)
        self._read = read

    def values(self) -> Values:
        return self._read()


class SampledGauge(_CollectedGauge):
    """A gauge that is looked up from time to time. A value is told for as long as it is good and then not
    at all, so that no old figure is taken for a new one when the looking fails.
    """

    def __init__(
        self, name: str, meaning: str, labels: Labels = NO_LABELS, *, told_by: Process = "worker"
    ) -> None:
        super().__init__(name, meaning, labels, told_by, is_sampled=True)
        self._told: dict[tuple[str, ...], tuple[float, float]] = {}

    def tell(self, values: Values, *, good_for_s: float) -> None:
        """Tell these values for `good_for_s` at most; those of other words stay as they are."""
        until = time.monotonic() + good_for_s
        self._told.update({words: (value, until) for words, value in values.items()})

    def clear(self) -> None:
        """Tell nothing until something new is found."""
        self._told.clear()

    def values(self) -> Values:
        now = time.monotonic()
        return {words: value for words, (value, until) in list(self._told.items()) if now < until}


def each_word(words: Iterable[str], values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    """A value for each word of a gauge with one label: 0 for those that `values` does not have."""
    return {(str(word),): values.get(word, 0) for word in words}


def exposition() -> bytes:
    """All metrics of this process, as CONTENT_TYPE_LATEST."""
    return generate_latest()


def _with_known_words(metric: M, declared: Declared) -> M:
    """The metric, with its series at 0 where all words are known, so that the first event is seen as one."""
    lists = [words for words in declared.labels.values() if not isinstance(words, str)]
    if lists and len(lists) == len(declared.labels):
        for words in product(*lists):
            metric.labels(*words)
    return metric
