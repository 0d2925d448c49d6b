"""What no buyer can: read the services' tables and queues, and let time pass for a hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from chassis.messaging.dead_letters import list_dead_letters
from support.services import SERVICES, consumer_names
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
END_EVENT = """UPDATE orders.offers SET ends_at = now() - make_interval(days => %(days)s),
    starts_at = now() - make_interval(days => %(days)s, hours => 3), cancellation_deadline_at = NULL
    WHERE event_id = %(event)s"""


@dataclass(frozen=True)
class Backstage:
    system: System

    async def lapse(self, *holds: Json) -> None:
        """Let the time of these holds be over."""
        url = self.system.database_url("reservation")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for statement in LAPSE:
                await connection.execute(statement, {"holds": [hold["hold_id"] for hold in holds]})

    async def have_payments_asked_about(self) -> None:
        """Let orders' job ask the provider about every open payment now."""
        url = self.system.database_url("orders")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute("UPDATE orders.payments SET look_at = now() WHERE look_at IS NOT NULL")

    async def end_event(self, event_id: str, *, days_ago: int) -> None:
        """Let orders believe that the event ended so many days ago."""
        url = self.system.database_url("orders")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(END_EVENT, {"event": event_id, "days": days_ago})

    async def rows(
        self, service: str, query: sql.Composed | LiteralString, values: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The rows of a query in a service's own schema."""
        url = self.system.database_url(service)
        async with await psycopg.AsyncConnection.connect(url, row_factory=namedtuple_row) as connection:
            return await (await connection.execute(query, values)).fetchall()

    async def sold_seats(self, event_id: str) -> dict[str, str]:
        """Each sold seat with the order it was sold to, as reservation has it."""
        query = """SELECT seat_id, order_id FROM reservation.seats
        WHERE event_id = %(event)s AND state = 'sold'"""
        rows = await self.rows("reservation", query, {"event": event_id})
        return {row.seat_id: str(row.order_id) for row in rows}

    async def valid_tickets(self, event_id: str) -> list[tuple[str, str]]:
        """The seat and the order of each valid ticket, as orders has it."""
        query = "SELECT seat_id, order_id FROM orders.tickets WHERE event_id = %(event)s AND state = 'valid'"
        rows = await self.rows("orders", query, {"event": event_id})
        return [(row.seat_id, str(row.order_id)) for row in rows]

    async def hold_states(self, event_id: str) -> dict[str, str]:
        """The state of each hold of the event, as reservation has it."""
        query = "SELECT hold_id, state FROM reservation.holds WHERE event_id = %(event)s"
        rows = await self.rows("reservation", query, {"event": event_id})
        return {str(row.hold_id): row.state for row in rows}

    async def order_states(self, event_id: str) -> dict[str, str]:
        """The state of each order of the event, as orders has it."""
        query = """SELECT order_id, state FROM orders.orders
        WHERE order_id IN (SELECT order_id FROM orders.order_holds WHERE event_id = %(event)s)"""
        rows = await self.rows("orders", query, {"event": event_id})
        return {str(row.order_id): row.state for row in rows}

    async def unsent_messages(self) -> int:
        """How many messages wait in the outboxes."""
        count = sql.SQL("SELECT count(*) FROM {}.outbox")
        counts = [await self.rows(name, count.format(sql.Identifier(name))) for name in SERVICES]
        return sum(rows[0].count for rows in counts)

    async def dead_letters(self) -> list[Any]:
        """What consumers gave up on."""
        url = self.system.amqp_url
        return [
            letter
            for name in consumer_names()
            for letter in await list_dead_letters(amqp_url=url, consumer=name)
        ]
