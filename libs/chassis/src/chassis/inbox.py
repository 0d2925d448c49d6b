"""The inbox: a message a consumer has handled has its id here, committed with the effect."""

from uuid import UUID

from sqlalchemy import Table

from chassis.database import Transaction
from chassis.statements import Statement
from chassis.tables import inbox_table

__all__ = ["Inbox", "inbox_table"]


class Inbox:
    """Remembers message ids per consumer in `table`."""

    def __init__(self, table: Table) -> None:
        self._insert = Statement(
            f"""
            INSERT INTO {table.schema}.{table.name} (consumer, message_id)
            VALUES (:consumer, :message_id) ON CONFLICT DO NOTHING
            """  # noqa: S608 -- the name is that of our own table
        )

    async def is_new(self, tx: Transaction, *, consumer: str, message_id: UUID) -> bool:
        """Record the message; False when it was handled before.

        A second delivery waits here until the transaction of the first one ends.
        """
        recorded = await self._insert.run(tx, consumer=consumer, message_id=message_id)
        return recorded.rows_changed == 1
