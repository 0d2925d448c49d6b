"""Closed-loop load over HTTP with wrk: C and LuaJIT leave the two cores to the system under test."""

import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.plan import HOT_PAIRS, HOT_SHARE_PERCENT

_SCRIPT = Path(__file__).parent / "scenarios" / "holds.lua"
_RESULT = re.compile(r"^result (?P<figures>.*)$", re.MULTILINE)
_FAILURE = re.compile(r"^failure (?P<answer>.*)$", re.MULTILINE)


class GeneratorMissing(Exception):
    """wrk is not installed. On Debian: apt-get install wrk."""


@dataclass(frozen=True, kw_only=True)
class HttpLoad:
    """What the requests are made of: pairs of seats and access tokens, one a line in two files."""

    seats_file: Path
    tokens_file: Path


@dataclass(frozen=True, kw_only=True)
class HttpResult:
    """Answers of one run by kind; `first_failure` is the first answer that was neither 201 nor 409."""

    seconds: float
    granted: int
    refused: int
    failed: int
    p50_ms: float
    p99_ms: float
    first_failure: str


def place_holds(
    *, url: str, load: HttpLoad, pattern: str, concurrency: int, seconds: float, first_pair: int = 0
) -> HttpResult:
    """Keep `concurrency` holds under way at `url` for `seconds`; every request has a new idempotency key."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise GeneratorMissing(GeneratorMissing.__doc__)
    timing = [f"-d{seconds:.0f}s", "-t1", f"-c{concurrency}", "--timeout", "10s", "--latency"]
    scenario = [load.seats_file, load.tokens_file, secrets.token_hex(6), first_pair, pattern]
    command = [wrk, *timing, "-s", _SCRIPT, url, "--", *scenario, HOT_PAIRS, HOT_SHARE_PERCENT]
    finished = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return read_result(finished.stdout)


def read_result(output: str) -> HttpResult:
    """The figures that holds.lua prints when it is done."""
    found = _RESULT.search(output)
    if found is None:
        raise ValueError(f"wrk printed no result:\n{output}")
    figures = dict(pair.split("=") for pair in found["figures"].split())
    failure = _FAILURE.search(output)
    return HttpResult(
        seconds=float(figures["seconds"]),
        granted=int(figures["granted"]),
        refused=int(figures["refused"]),
        failed=int(figures["failed"]),
        p50_ms=int(figures["p50_us"]) / 1000,
        p99_ms=int(figures["p99_us"]) / 1000,
        first_failure=failure["answer"] if failure else "",
    )
