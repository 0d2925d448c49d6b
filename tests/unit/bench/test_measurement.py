"""Ratios are taken to pgbench at the same pattern and concurrency, and to its peak at that pattern."""

from typing import Any

from bench.measurement import Measurement, peak, with_ratios


def _measured(rung: str, concurrency: int, holds: int, **more: Any) -> Measurement:
    facts: dict[str, Any] = {"pattern": "uniform", "seconds": 10, "p50_ms": 1.0, "p99_ms": 2.0} | more
    return Measurement(rung=rung, concurrency=concurrency, holds=holds, **facts)


def test_a_rung_is_related_to_pgbench_at_its_own_concurrency_and_to_the_peak() -> None:
    ladder = [_measured("pgbench", 1, 1_000), _measured("pgbench", 8, 4_000), _measured("gateway", 1, 500)]

    gateway = with_ratios(ladder)[-1]

    assert gateway.ratio == 0.5
    assert gateway.peak_ratio == 0.125


def test_another_pattern_is_no_baseline() -> None:
    ladder = [_measured("pgbench", 1, 1_000), _measured("gateway", 1, 500, pattern="hot-spot")]

    assert None is with_ratios(ladder)[-1].ratio


def test_refusals_are_answers_but_no_holds() -> None:
    refusing = _measured("gateway", 1, 100, refusals=300, errors=50)

    assert refusing.holds_per_s == 10
    assert refusing.answers_per_s == 40


def test_the_peak_of_a_rung_is_its_best_concurrency() -> None:
    ladder = [_measured("gateway", 8, 300), _measured("gateway", 32, 500), _measured("service", 32, 900)]

    assert ladder[1] == peak(ladder, rung="gateway", pattern="uniform")
    assert None is peak(ladder, rung="gateway", pattern="hot-spot")
