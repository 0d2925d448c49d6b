"""Rate limits: how often one address or one identity may do a thing, and when to come back.

The generic cell rate algorithm: of each (limit, who) one moment is kept, at which everything taken so
far is used up. Taking moves it `1 / per_s` seconds on; it may lie `burst / per_s` seconds ahead of now.
"""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Annotated, Self

from pydantic import AfterValidator
from sqlalchemy import Table

from chassis.database import Database
from chassis.fingerprints import Fingerprints

REMEMBERED_MAX = 100_000
_TEXT = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})s")


class TooManyRequests(Exception):
    """The limit is used up; come back in `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = max(1, ceil(retry_after_s))
        super().__init__(f"Too many of these: try again in {self.retry_after_s} s.")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`burst` at once, and `per_s` a second in the long run. `name` separates limits from each other."""

    name: str
    burst: int
    per_s: float

    def __post_init__(self) -> None:
        if self.burst < 1 or self.per_s <= 0:
            raise ValueError(f"the limit {self.name} lets nobody through")

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """`20/60s`: 20 at once, and as many again over each 60 seconds. Raises ValueError."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"write a limit as 20/60s (20 at once, 20 more in each 60 seconds), not {text!r}"
            )
        count, seconds = map(int, found.groups())
        return cls(name, count, count / seconds)

    @property
    def each_s(self) -> float:
        """Seconds one request takes."""
        return 1 / self.per_s

    @property
    def ahead_s_max(self) -> float:
        """How far ahead of now the kept moment may lie before one more is taken."""
        return (self.burst - 1) / self.per_s


def _limit_text(text: str) -> str:
    RateLimit.of("setting", text)
    return text


LimitText = Annotated[str, AfterValidator(_limit_text)]
"""A limit as settings write it; see `RateLimit.of`."""


class RateLimits:
    """Limits all replicas of a service share, in its table `rate_limits`.

    One statement that is its own transaction; a refusal is remembered in this process until its time
    is over, so a flood does not reach the database. `who` (an address, an e-mail) is stored as a
    fingerprint only.
    """

    def __init__(self, db: Database, table: Table, fingerprints: Fingerprints) -> None:
        self._db = db
        self._table = f"{table.schema}.{table.name}"
        self._fingerprints = fingerprints
        self._refused_until: OrderedDict[bytes, float] = OrderedDict()

    async def take(self, limit: RateLimit, who: str) -> None:
        """Count one request of `who`. Raises TooManyRequests."""
        fingerprint = self._fingerprints.digest("rate limit", limit.name.encode(), who.encode())
        self._refuse_again(fingerprint)
        parameters = {
            "name": limit.name,
            "who": fingerprint,
            "each_s": limit.each_s,
            "ahead_s_max": limit.ahead_s_max,
        }
        async with self._db.raw() as connection:
            row = await (await connection.execute(_take(self._table), parameters)).fetchone()
        assert row is not None  # noqa: S101 -- a SELECT of one row
        taken, ahead_s = row
        if taken:
            return
        # A row that came to be after the statement began is not seen by it: then at least one's time.
        retry_after_s = limit.each_s if ahead_s is None else max(ahead_s - limit.ahead_s_max, 0.0)
        self._remember(fingerprint, retry_after_s)
        raise TooManyRequests(retry_after_s)

    def _refuse_again(self, fingerprint: bytes) -> None:
        left_s = self._refused_until.get(fingerprint, 0.0) - time.monotonic()
        if left_s > 0:
            raise TooManyRequests(left_s)
        self._refused_until.pop(fingerprint, None)

    def _remember(self, fingerprint: bytes, retry_after_s: float) -> None:
        self._refused_until[fingerprint] = time.monotonic() + retry_after_s
        if len(self._refused_until) > REMEMBERED_MAX:
            self._refused_until.popitem(last=False)


class LocalRateLimits:
    """The same in the memory of one process, for a hot path that must not wait for the database: each
    replica counts for itself. Of more than `remembered_max` those seen longest ago are forgotten.
    """

    def __init__(self, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._used_up_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def take(self, limit: RateLimit, who: str) -> None:
        """Count one request of `who`. Raises TooManyRequests."""
        now = time.monotonic()
        used_up_at = max(self._used_up_at.get((limit.name, who), now), now)
        if used_up_at - now > limit.ahead_s_max:
            raise TooManyRequests(used_up_at - now - limit.ahead_s_max)
        self._used_up_at[limit.name, who] = used_up_at + limit.each_s
        self._used_up_at.move_to_end((limit.name, who))
        if len(self._used_up_at) > self._remembered_max:
            self._used_up_at.popitem(last=False)


@cache
def _take(table: str) -> bytes:
    # The clock is read once, before any wait for the row: `excluded.used_up_at` is that moment and one
    # request's time. Where the condition is false nothing is written, and the answer says what stands there.
    return f"""
        WITH taken AS (
            INSERT INTO {table} AS stored (name, who, used_up_at)
            VALUES (%(name)s, %(who)s, clock_timestamp() + make_interval(secs => %(each_s)s))
            ON CONFLICT (name, who) DO UPDATE
            SET used_up_at = greatest(excluded.used_up_at,
                                      stored.used_up_at + make_interval(secs => %(each_s)s))
            WHERE stored.used_up_at <= excluded.used_up_at - make_interval(secs => %(each_s)s)
                                       + make_interval(secs => %(ahead_s_max)s)
            RETURNING 1
        )
        SELECT EXISTS (SELECT FROM taken),
               (SELECT extract(epoch FROM used_up_at - clock_timestamp())::float8
                FROM {table} WHERE name = %(name)s AND who = %(who)s)
        """.encode()  # noqa: S608 -- the name is that of our own table
