"""The outbox: a message is a row committed with the state it tells of; `chassis.relay` sends it."""

from typing import Any

from sqlalchemy import Table

from chassis.database import MESSAGES, Transaction
from chassis.envelope import Publishable
from chassis.ids import new_id
from chassis.tables import outbox_table
from chassis.tracing import origin_columns

__all__ = ["Outbox", "outbox_table"]


class Outbox:
    """Writes messages into `table`; its schema names the service they come from."""

    def __init__(self, table: Table) -> None:
        self.table = table

    async def enqueue(self, tx: Transaction, *messages: Publishable) -> None:
        """Send `messages` when `tx` commits, at least once each, in no guaranteed order."""
        if messages:
            tx.info[MESSAGES] = True
            origin = origin_columns()
            await tx.execute(self.table.insert(), [_row(message) | origin for message in messages])


def _row(message: Publishable) -> dict[str, Any]:
    return {
        "message_id": new_id(),
        "message_type": message.message_type,
        "aggregate_id": message.aggregate_id,
        "aggregate_version": message.aggregate_version,
        "data": message.model_dump(mode="json"),
    }
