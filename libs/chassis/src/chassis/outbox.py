"""The outbox: a message is a row committed with the state it tells of; `chassis.relay` sends it."""

from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Table

from chassis.database import MESSAGES, Transaction
from chassis.envelope import Publishable
from chassis.ids import new_id
from chassis.statements import Statement, at_once
from chassis.tables import outbox_table
from chassis.tracing import origin_columns

__all__ = ["Outbox", "outbox_table"]


class Outbox:
    """Writes messages into `table`; its schema names the service they come from."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._insert = Statement(
            f"""
            INSERT INTO {table.schema}.{table.name}
                (message_id, message_type, aggregate_id, aggregate_version, data, traceparent, request_id)
            VALUES (:message_id, :message_type, :aggregate_id, :aggregate_version, :data,
                :traceparent, :request_id)
            """  # noqa: S608 -- the name is that of our own table
        )

    async def enqueue(self, tx: Transaction, *messages: Publishable) -> None:
        """Send `messages` when `tx` commits, at least once each, in no guaranteed order."""
        if messages:
            tx.info[MESSAGES] = True
        rows = [_row(message) | origin_columns() for message in messages]
        if len(rows) == 1:
            await self._insert.run(tx, **rows[0])
        elif rows:
            async with at_once(tx):
                for row in rows:
                    await self._insert.run(tx, **row)


def _row(message: Publishable) -> dict[str, Any]:
    return {
        "message_id": new_id(),
        "message_type": message.message_type,
        "aggregate_id": message.aggregate_id,
        "aggregate_version": message.aggregate_version,
        "data": Jsonb(message.model_dump(mode="json")),
    }
