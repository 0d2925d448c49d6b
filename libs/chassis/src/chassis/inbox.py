"""The inbox: a message a consumer has handled has its id here, committed with the effect."""

from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Transaction
from chassis.tables import inbox_table

__all__ = ["Inbox", "inbox_table"]


class Inbox:
    """Remembers message ids per consumer in `table`."""

    def __init__(self, table: Table) -> None:
        # RETURNING, because SQLAlchemy gives no rowcount (-1) for an INSERT.
        self._insert = insert(table).on_conflict_do_nothing().returning(table.c.message_id)

    async def is_new(self, tx: Transaction, *, consumer: str, message_id: UUID) -> bool:
        """Record the message; False when it was handled before.

        A second delivery waits here until the transaction of the first one ends.
        """
        values = {"consumer": consumer, "message_id": message_id}
        return (await tx.execute(self._insert, values)).first() is not None
