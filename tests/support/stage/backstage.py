"""What no buyer can: read a service's tables, and let time pass for a hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from support.stage.person import Json
from support.system import System

# As if the holds had been placed an hour earlier: the rows keep their checks, nothing is swept.
LAPSE = (
    """UPDATE reservation.seats SET expires_at = expires_at - interval '1 hour'
    WHERE hold_id = ANY (%(holds)s) AND state = 'held'""",
    """UPDATE reservation.holds SET placed_at = placed_at - interval '1 hour',
    first_expires_at = first_expires_at - interval '1 hour', expires_at = expires_at - interval '1 hour'
    WHERE hold_id = ANY (%(holds)s)""",
)


@dataclass(frozen=True)
class Backstage:
    system: System

    async def lapse(self, *holds: Json) -> None:
        """Let the time of these holds be over."""
        url = self.system.database_url("reservation")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for statement in LAPSE:
                await connection.execute(statement, {"holds": [hold["hold_id"] for hold in holds]})

    async def rows(self, service: str, sql: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """The rows of a query in a service's own schema."""
        url = self.system.database_url(service)
        async with await psycopg.AsyncConnection.connect(url, row_factory=namedtuple_row) as connection:
            return await (await connection.execute(sql, values)).fetchall()
