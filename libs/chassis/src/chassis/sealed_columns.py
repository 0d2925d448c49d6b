"""Columns of sealed values, as resealing finds, locks and changes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, and_, bindparam, func, select, text, tuple_

from chassis.database import Database, Transaction
from chassis.logs import get_logger
from chassis.sealing import Place, SealBroken, Sealer
from chassis.tables import idempotency_table

# One statement may look at a whole table, where most of it is resealed already.
STATEMENT_TIMEOUT = "10min"

log = get_logger()


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values (or nulls); `row` names the columns of its primary key, whose values, as
    text and joined by NUL, are the `row` each value was sealed for.
    """

    table: Table
    column: str = "sealed"
    row: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where its values stand."""
        return Place(f"{self.table.schema}.{self.table.name}", self.column)

    @property
    def sealed(self) -> Column[Any]:
        """The column itself."""
        return self.table.c[self.column]

    @property
    def key(self) -> list[Column[Any]]:
        """The columns of `row`."""
        return [self.table.c[name] for name in self.row]

    def row_of(self, key: Sequence[Any]) -> str:
        """The row's name, as it was given to `seal`."""
        return "\0".join(map(str, key))


Progress = Callable[[SealedColumn, int], None]


def idempotency_column(schema: str) -> SealedColumn:
    """The stored answers of a service, which the chassis seals."""
    return SealedColumn(idempotency_table(MetaData(schema=schema)), "body", ("scope", "key"))


class Resealing:
    """One run of `reseal`."""

    def __init__(self, db: Database, sealer: Sealer, batch_rows: int, progress: Progress) -> None:
        self._db = db
        self._sealer = sealer
        self._batch_rows = batch_rows
        self._progress = progress
        self.resealed = 0
        self.broken = 0

    async def go_over(self, column: SealedColumn) -> None:
        """Reseal the column in the order of its key, batch by batch."""
        last: Sequence[Any] | None = None
        while (done := await self._batch(column, last)) is not None:
            count, last = done
            self.resealed += count
            self._progress(column, count)

    async def left(self, column: SealedColumn) -> int:
        """How many values are not sealed with the active key."""
        active = (await self._sealer.keys.active()).data_key_id
        statement = select(func.count()).select_from(column.table).where(not_sealed_with(column, active))
        async with self._db.transaction() as tx:
            await tx.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
            return (await tx.execute(statement)).scalar_one()

    async def _batch(
        self, column: SealedColumn, last: Sequence[Any] | None
    ) -> tuple[int, Sequence[Any]] | None:
        """Reseal the next rows after `last`: how many, and the last of them; None when there is none."""
        active = (await self._sealer.keys.active()).data_key_id
        statement = next_rows(column, active, last, self._batch_rows)

        async def work(tx: Transaction) -> tuple[int, int, Sequence[Any]] | None:
            await tx.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
            rows = (await tx.execute(statement)).all()
            if not rows:
                return None
            changes = [change for row in rows if (change := await self._resealed(column, row)) is not None]
            if changes:
                await tx.execute(update_of(column), changes)
            return len(changes), len(rows) - len(changes), rows[-1][1:]

        done = await self._db.run(work)
        if done is None:
            return None
        count, broken, last = done
        self.broken += broken
        return count, last

    async def _resealed(self, column: SealedColumn, row: Sequence[Any]) -> dict[str, Any] | None:
        sealed, *key = row
        name = column.row_of(key)
        try:
            plaintext = await self._sealer.unseal(bytes(sealed), place=column.place, row=name)
        except SealBroken as error:
            # One lost value must not keep all others under the old key.
            log.warning("value_does_not_unseal", place=column.place.table, error=str(error))
            return None
        new = await self._sealer.seal(plaintext, place=column.place, row=name)
        return {"new": new} | {f"key_{position}": value for position, value in enumerate(key)}


def _key_of(column: SealedColumn) -> Any:
    # The id follows the byte that tells the format.
    return func.substr(column.sealed, 2, 16)


def not_sealed_with(column: SealedColumn, data_key_id: UUID) -> Any:
    """The condition of a value that is there and sealed with another key."""
    return and_(column.sealed.is_not(None), _key_of(column) != data_key_id.bytes)


async def is_used(tx: Transaction, data_key_id: UUID, columns: Sequence[SealedColumn]) -> bool:
    """Whether any value of `columns` is sealed with that key."""
    for column in columns:
        used = select(1).select_from(column.table).where(_key_of(column) == data_key_id.bytes).limit(1)
        if (await tx.execute(used)).first() is not None:
            return True
    return False


def next_rows(column: SealedColumn, active: UUID, last: Sequence[Any] | None, batch_rows: int) -> Any:
    """SELECT of at most `batch_rows` values not sealed with `active`, each with its key, after the key
    `last`; locks them, and passes over those that are locked.
    """
    statement = select(column.sealed, *column.key).where(not_sealed_with(column, active))
    if last is not None:
        statement = statement.where(tuple_(*column.key) > tuple_(*last))
    return statement.order_by(*column.key).limit(batch_rows).with_for_update(skip_locked=True, key_share=True)


def update_of(column: SealedColumn) -> Any:
    """UPDATE of one value to `new`, by its key: `key_0`, `key_1`."""
    is_row = [key == bindparam(f"key_{position}") for position, key in enumerate(column.key)]
    return column.table.update().where(*is_row).values({column.column: bindparam("new")})
