"""The ladder: the same hold at each rung, from five statements in pgbench up to the gateway.

Rungs take turns at each pattern and concurrency, so that a ratio is of two figures of the same minute.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product

from bench import database, pgbench, use_case, wrk
from bench.measurement import Measurement
from bench.plan import Plan
from bench.processes import CpuMeter
from bench.system import RunningSystem


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all rungs stand on: one system, its events on sale, and the load prepared for them."""

    plan: Plan
    system: RunningSystem
    event_ids: tuple[str, ...]
    load: wrk.HttpLoad


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a rung reports of one run."""

    seconds: float
    holds: int
    p50_ms: float
    p99_ms: float
    refusals: int = 0
    errors: int = 0
    first_failure: str = ""


def climb(stage: Stage, *, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measure every rung of the plan at every pattern and concurrency."""
    plan = stage.plan
    for pattern, concurrency, rung in product(plan.patterns, plan.concurrencies, plan.rungs):
        measured, failure = _measure(stage, rung=rung, pattern=pattern, concurrency=concurrency)
        say(
            f"{pattern:9} {concurrency:4} {rung:9} {measured.holds_per_s:8.0f} holds/s "
            f"{measured.answers_per_s:8.0f} answers/s  p50 {measured.p50_ms:7.1f} ms "
            f"p99 {measured.p99_ms:7.1f} ms  {measured.errors} errors {failure}"
        )
        yield measured


def _measure(stage: Stage, *, rung: str, pattern: str, concurrency: int) -> tuple[Measurement, str]:
    run, children = _RUNGS[rung]
    database.reset(stage.system.admin_url)
    meter = CpuMeter(stage.system.groups(), children=children)
    hot = pattern == "hot-spot"
    admin_url, event_id = stage.system.admin_url, stage.event_ids[0]
    with database.hot_seats_reopening(admin_url, event_id=event_id) if hot else nullcontext():
        run(stage, pattern, concurrency, stage.plan.warm_up_s, 0)
        with meter.measuring():
            outcome = run(stage, pattern, concurrency, stage.plan.measure_s, stage.plan.pairs // 2)
    measured = Measurement(
        rung=rung,
        pattern=pattern,
        concurrency=concurrency,
        seconds=outcome.seconds,
        holds=outcome.holds,
        refusals=outcome.refusals,
        errors=outcome.errors,
        p50_ms=outcome.p50_ms,
        p99_ms=outcome.p99_ms,
        cpu_cores=meter.cores,
    )
    return measured, outcome.first_failure


def _in_pgbench(stage: Stage, pattern: str, concurrency: int, seconds: int, _first_pair: int) -> Outcome:
    result = pgbench.run(
        database_url=stage.system.admin_url,
        event_ids=stage.event_ids,
        plan=stage.plan,
        pattern=pattern,
        concurrency=concurrency,
        seconds=seconds,
    )
    return Outcome(
        seconds=result.seconds,
        holds=result.committed,
        errors=result.failed,
        p50_ms=result.p50_ms,
        p99_ms=result.p99_ms,
    )


def _in_process(stage: Stage, pattern: str, concurrency: int, seconds: int, first_pair: int) -> Outcome:
    result = use_case.run(
        environment=stage.system.settings,
        seats_file=stage.load.seats_file,
        plan=stage.plan,
        pattern=pattern,
        concurrency=concurrency,
        seconds=seconds,
        first_pair=first_pair,
    )
    return Outcome(**result)


def _over_http(
    base_url: Callable[[RunningSystem], str],
) -> Callable[[Stage, str, int, int, int], Outcome]:
    def run(stage: Stage, pattern: str, concurrency: int, seconds: int, first_pair: int) -> Outcome:
        result = wrk.place_holds(
            url=f"{base_url(stage.system)}/api/v1/holds",
            load=stage.load,
            pattern=pattern,
            concurrency=concurrency,
            seconds=seconds,
            first_pair=first_pair,
        )
        return Outcome(
            seconds=result.seconds,
            holds=result.granted,
            refusals=result.refused,
            errors=result.failed,
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            first_failure=result.first_failure,
        )

    return run


_RUNGS: dict[str, tuple[Callable[[Stage, str, int, int, int], Outcome], str]] = {
    "pgbench": (_in_pgbench, "pgbench"),
    "use case": (_in_process, "use case"),
    "service": (_over_http(lambda system: f"http://127.0.0.1:{system.port('reservation-api-1')}"), "wrk"),
    "gateway": (_over_http(lambda system: system.url), "wrk"),
}
