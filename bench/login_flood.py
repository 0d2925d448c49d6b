"""What a flood of logins does to holds: their latency at a fixed rate with the flood and without, in turns.

Rounds alternate, because a machine is not the same from one minute to the next: what is compared has been
measured in the same minutes. Every round begins with all seats free.
"""

import asyncio
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import accounts, database
from bench.half_peak import paced_holds
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import PacedResult, run_paced

ACCOUNTS = 40
_CONNECTIONS = 32


def measure(
    stage: Stage, *, rate_per_s: float, logins_per_s: float, tokens: list[str], seconds: float, rounds: int
) -> dict[str, Any]:
    """`rounds` rounds of each kind; the ratio is of the 99th percentiles of all holds of either kind."""
    terms = _Round(
        stage=stage,
        tokens=tokens,
        emails=accounts.make_accounts(stage.system.accounts_settings, number=ACCOUNTS),
        holds_per_s=rate_per_s,
        logins_per_s=logins_per_s,
        seconds=seconds,
    )
    quiet, flooded, logins = list[PacedResult](), list[PacedResult](), list[PacedResult]()
    for _ in range(rounds):
        database.reset(stage.system.admin_url)
        quiet.append(asyncio.run(terms.holds()))
        database.reset(stage.system.admin_url)
        holds, logged_in = asyncio.run(terms.holds_and_logins())
        flooded.append(holds)
        logins.append(logged_in)
    return _figures(quiet, flooded, logins)


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
    quiet: list[PacedResult], flooded: list[PacedResult], logins: list[PacedResult]
) -> dict[str, Any]:
    without, with_logins = PacedResult.together(quiet).figures(), PacedResult.together(flooded).figures()
    ratios = [
        round(flood.figures()["p99_ms"] / calm.figures()["p99_ms"], 2)
        for calm, flood in zip(quiet, flooded, strict=True)
    ]
    return {
        "rounds_of_each": len(quiet),
        "holds_without": without,
        "holds_with": with_logins,
        "logins": PacedResult.together(logins).figures(),
        "p99_ratio": round(with_logins["p99_ms"] / without["p99_ms"], 3),
        "p99_ratio_of_each_round": ratios,
        "p99_ratio_median_round": round(median(ratios), 3),
    }
