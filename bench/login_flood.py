"""What a flood of logins does to holds: their latency at a fixed rate with the flood and without, in turns.

Rounds alternate, because a machine is not the same from one minute to the next: what is compared has been
measured in the same minutes. Each turn has two rounds without the flood, so that the report also tells how
far two measurements of the same thing lie apart. Every round begins with all seats free.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import accounts, database
from bench.half_peak import paced_holds
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import PacedResult, run_paced
from bench.pgbench import percentile

ACCOUNTS = 40
_CONNECTIONS = 32
_RESAMPLES = 200

_P99 = Callable[[Sequence[PacedResult]], float]


def measure(
    stage: Stage, *, rate_per_s: float, logins_per_s: float, tokens: list[str], seconds: float, turns: int
) -> dict[str, Any]:
    """`turns` turns of three rounds: without, with, and without the flood once more, in changing order.

    The ratios are of the 99th percentiles of either kind: of all its holds, where a few bad seconds of the
    machine decide, and of its median round, where they do not; with the range that nine in ten draws of as
    many turns would lie in (bootstrap).
    """
    terms = _Round(
        stage=stage,
        tokens=tokens,
        emails=accounts.make_accounts(stage.system.accounts_settings, number=ACCOUNTS),
        holds_per_s=rate_per_s,
        logins_per_s=logins_per_s,
        seconds=seconds,
    )
    quiet, flooded, again = list[PacedResult](), list[PacedResult](), list[PacedResult]()
    logins = list[PacedResult]()
    for turn in range(turns):
        rounds = [quiet, flooded, again]
        for kind in rounds[turn % 3 :] + rounds[: turn % 3]:
            database.reset(stage.system.admin_url)
            if kind is flooded:
                holds, logged_in = asyncio.run(terms.holds_and_logins())
                logins.append(logged_in)
            else:
                holds = asyncio.run(terms.holds())
            kind.append(holds)
    return _figures(quiet, flooded, again, logins)


@dataclass(frozen=True, kw_only=True)
class _Round:
    """One round of either kind."""

    stage: Stage
    tokens: list[str]
    emails: list[str]
    holds_per_s: float
    logins_per_s: float
    seconds: float

    async def holds(self) -> PacedResult:
        return await paced_holds(
            self.stage, rate_per_s=self.holds_per_s, tokens=self.tokens, seconds=self.seconds
        )

    async def holds_and_logins(self) -> tuple[PacedResult, PacedResult]:
        logins = run_paced(
            url=self.stage.system.url,
            work=self._log_in,
            rate_per_s=self.logins_per_s,
            seconds=self.seconds,
            connections=_CONNECTIONS,
        )
        return await asyncio.gather(self.holds(), logins)

    async def _log_in(self, connection: HttpConnection, number: int) -> int:
        credentials = {"email": self.emails[number % len(self.emails)], "password": accounts.PASSWORD}
        status, _ = await connection.post("/api/v1/sessions", body=credentials)
        return status


def _figures(
    quiet: list[PacedResult], flooded: list[PacedResult], again: list[PacedResult], logins: list[PacedResult]
) -> dict[str, Any]:
    return {
        "turns": len(quiet),
        "holds_without": PacedResult.together(quiet).figures(),
        "holds_with": PacedResult.together(flooded).figures(),
        "holds_without_again": PacedResult.together(again).figures(),
        "logins": PacedResult.together(logins).figures(),
        "of_all_holds": _compared(_p99_of_all, quiet, flooded, again),
        "of_the_median_round": _compared(_p99_of_median_round, quiet, flooded, again),
    }


def _p99_of_all(rounds: Sequence[PacedResult]) -> float:
    return percentile(sorted(ms for result in rounds for ms in result.latencies_ms), 99)


def _p99_of_median_round(rounds: Sequence[PacedResult]) -> float:
    return median(result.figures()["p99_ms"] for result in rounds)


def _compared(
    p99: _P99, quiet: list[PacedResult], flooded: list[PacedResult], again: list[PacedResult]
) -> dict[str, Any]:
    return {
        "p99_ratio": _ratio(p99, flooded, [*quiet, *again]),
        "nine_in_ten": _range_of_ratios(p99, flooded, quiet, again),
        "of_two_without": _ratio(p99, again, quiet),
        "of_two_without_nine_in_ten": _range_of_ratios(p99, again, quiet),
    }


def _ratio(p99: _P99, ours: Sequence[PacedResult], others: Sequence[PacedResult]) -> float:
    return round(p99(ours) / p99(others), 3)


def _range_of_ratios(p99: _P99, ours: Sequence[PacedResult], *others: Sequence[PacedResult]) -> list[float]:
    """What the ratio would be with other turns of the same machine: turns drawn anew, with replacement."""
    chance, ratios = random.Random(0), list[float]()
    for _ in range(_RESAMPLES):
        turns = chance.choices(range(len(ours)), k=len(ours))
        compared = [kind[turn] for kind in others for turn in turns]
        ratios.append(_ratio(p99, [ours[turn] for turn in turns], compared))
    ratios.sort()
    return [ratios[_RESAMPLES // 20], ratios[-_RESAMPLES // 20]]
