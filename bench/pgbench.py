"""The baseline: the same hold in pgbench, one transaction of five statements a hold, on the same tables."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.plan import HOT_PAIRS, HOT_SHARE_PERCENT, Plan

_SCENARIOS = Path(__file__).parent / "scenarios"
_LATENCY_COLUMN = 2
_SAMPLED = 0.25


@dataclass(frozen=True, kw_only=True)
class PgbenchResult:
    """Committed transactions and failed ones; latencies from a sample of a quarter of them."""

    seconds: float
    committed: int
    failed: int
    p50_ms: float
    p99_ms: float


def run(*, pgbench: Path, database_url: str, plan: Plan, pattern: str, concurrency: int) -> PgbenchResult:
    """Run scenarios/hold.sql for `plan.measure_s` seconds with `concurrency` connections."""
    with tempfile.TemporaryDirectory(prefix="rowlock-pgbench-") as folder:
        sizes = {"pairs": plan.pairs, "hot_pairs": HOT_PAIRS, "hot_percent": HOT_SHARE_PERCENT}
        sizes["hot_percent"] *= pattern == "hot-spot"
        command = [pgbench, "-n", "-M", "prepared", "-f", _SCENARIOS / "hold.sql", "-T", plan.measure_s]
        command += ["-c", concurrency, "-j", min(concurrency, 2), "-l", "--sampling-rate", _SAMPLED]
        command += [word for name, value in sizes.items() for word in ("-D", f"{name}={value}")]
        finished = subprocess.run(
            [str(part) for part in [*command, database_url]],
            cwd=folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return _result(finished.stdout, _latencies_ms(Path(folder)), plan.measure_s)


def percentile(ordered: list[float], percent: float) -> float:
    """The value below which `percent` of the sorted values lie; 0 when there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _result(output: str, latencies_ms: list[float], seconds: float) -> PgbenchResult:
    counts = dict(line.rsplit(": ", 1) for line in output.splitlines() if ": " in line)
    return PgbenchResult(
        seconds=seconds,
        committed=int(counts["number of transactions actually processed"]),
        failed=int(counts["number of failed transactions"].split()[0]),
        p50_ms=percentile(latencies_ms, 50),
        p99_ms=percentile(latencies_ms, 99),
    )


def _latencies_ms(folder: Path) -> list[float]:
    lines = (line for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines())
    return sorted(int(line.split()[_LATENCY_COLUMN]) / 1000 for line in lines)
