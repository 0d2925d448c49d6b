"""What one bench run measures: which rungs, patterns and concurrencies, for how long, on how many seats."""

from dataclasses import dataclass

RUNGS = ("pgbench", "use case", "service", "gateway")
PATTERNS = ("uniform", "hot-spot")

HOT_PAIRS = 300
HOT_SHARE_PERCENT = 80


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run. Seats come in pairs of neighbours, `pair 0 .. pairs-1` over all events; a hold takes one pair.

    `uniform` spreads holds over all pairs; `hot-spot` sends HOT_SHARE_PERCENT of them to the first HOT_PAIRS
    pairs of one event. There are pairs enough that `uniform` never runs out within one measurement.
    """

    rungs: tuple[str, ...] = RUNGS
    patterns: tuple[str, ...] = PATTERNS
    concurrencies: tuple[int, ...] = (1, 8, 32, 128)
    measure_s: int = 8
    warm_up_s: int = 2
    events: int = 8
    seats_per_event: int = 60_000
    buyers: int = 6_000

    @property
    def pairs(self) -> int:
        return self.events * self.seats_per_event // 2

    @property
    def pairs_per_event(self) -> int:
        return self.seats_per_event // 2


FULL = Plan()
QUICK = Plan(concurrencies=(1, 32), measure_s=4, warm_up_s=1, events=4)
