"""The page is made from the JSON report alone."""

from bench.measurement import Measurement
from bench.report import as_page, as_row

_MACHINE = {
    "cores": 2, "cpu": "a CPU", "memory_gib": 8, "kernel": "6.1", "python": "3.11", "traefik": "3.7",
    "load_generator": "wrk 4.1", "load_average_at_start": 0.1, "libraries": {"fastapi": "0.165"},
    "postgresql": {"fsync": "on"},
}  # fmt: skip


def test_a_row_has_the_figures_the_report_promises() -> None:
    row = as_row(
        Measurement(
            rung="gateway", pattern="uniform", concurrency=8, seconds=3, holds=10, p50_ms=1.23456, p99_ms=9
        )
    )

    assert {"rung", "concurrency", "pattern", "holds_per_s", "p50_ms", "p99_ms", "ratio"} <= row.keys()
    assert (row["holds_per_s"], row["p50_ms"]) == (3.3, 1.235)


def test_the_page_has_a_table_per_pattern_and_per_section() -> None:
    measured = Measurement(
        rung="gateway", pattern="uniform", concurrency=8, seconds=1, holds=700, p50_ms=1, p99_ms=9, ratio=0.5
    )
    report = {
        "name": "here", "date": "2026-11-23", "machine": _MACHINE, "ladder": [as_row(measured)],
        "listing": {"p99_ms": 12.5},
    }  # fmt: skip

    page = as_page(report)

    assert "## Two-seat holds, uniform" in page
    assert "| gateway | 8 | 700 | 700 | 1.0 | 9.0 | 0 | 0.5 |" in page
    assert "| p99 ms | 12.5 |" in page
