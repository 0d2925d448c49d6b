"""Whether a guest is as fast as a buyer: the same holds with and without an account, in turns.

Straight from reservation's api, because only there the bench can come from many addresses: the gateway says
from which it was really called.
"""

from dataclasses import replace
from typing import Any

from bench import buyers, database, wrk
from bench.ladder import Stage

_CONCURRENCY = 32
_ROUNDS = 3


def measure(stage: Stage, *, seconds: float) -> dict[str, Any]:
    """Holds a second of either kind over all rounds, and the ratio of the two."""
    addresses = stage.load.tokens_file.with_name("bench-addresses")
    buyers.write_addresses(guests=stage.plan.buyers, file=addresses)
    loads = {"buyers": stage.load, "guests": replace(stage.load, tokens_file=addresses)}
    runs: dict[str, list[wrk.HttpResult]] = {kind: [] for kind in loads}
    for _ in range(_ROUNDS):
        for kind, load in loads.items():
            runs[kind].append(_run(stage, load, seconds))
    rates = {kind: _holds_per_s(results) for kind, results in runs.items()}
    return {
        "concurrency": _CONCURRENCY,
        **{f"{kind}_holds_per_s": round(rate, 1) for kind, rate in rates.items()},
        "errors": sum(result.failed for results in runs.values() for result in results),
        "ratio": round(rates["guests"] / rates["buyers"], 3),
    }


def _run(stage: Stage, load: wrk.HttpLoad, seconds: float) -> wrk.HttpResult:
    database.reset(stage.system.admin_url)
    return wrk.place_holds(
        url=f"http://127.0.0.1:{stage.system.port('reservation-api-1')}/api/v1/holds",
        load=load,
        pattern="uniform",
        concurrency=_CONCURRENCY,
        seconds=seconds,
    )


def _holds_per_s(results: list[wrk.HttpResult]) -> float:
    return sum(result.granted for result in results) / sum(result.seconds for result in results)
