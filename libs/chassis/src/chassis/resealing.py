"""Changing keys while the system runs: data keys, and the wrapping key around them.

A rotation makes a new active data key (`rotate_data_key`), seals every stored value anew with it
(`reseal`), and drops the old key when nothing is sealed with it any more (`drop_unused_data_keys`).
Each value names its key, so whatever is killed half-way goes on where it was by being run again, and
readers and writers never wait for more than one batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, and_, bindparam, func, select, text, tuple_

from chassis.database import Database, Transaction
from chassis.logs import get_logger
from chassis.sealing import Place, SealBroken, Sealer
from chassis.tables import data_keys_table, idempotency_table

BATCH_ROWS = 200
# Rows locked at the moment are passed over; whoever has them writes with the new key, or a later pass does.
PASSES_MAX = 5
# A value sealed with a key just before it was retired is committed within this, or its transaction died.
GRACE_S = 300.0
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


@dataclass(frozen=True, slots=True)
class ResealReport:
    """`left` values are not sealed with the active key yet; `broken` ones of them do not unseal at all."""

    resealed: int
    left: int
    broken: int = 0


Progress = Callable[[SealedColumn, int], None]


def idempotency_column(schema: str) -> SealedColumn:
    """The stored answers of a service, which the chassis seals."""
    return SealedColumn(idempotency_table(MetaData(schema=schema)), "body", ("scope", "key"))


async def rotate_data_key(db: Database, sealer: Sealer) -> UUID:
    """Make a new active data key and retire the old one, which from now on only unseals. Other processes
    seal with the new one within DATA_KEY_CACHE_S.
    """
    table = _data_keys(sealer)
    row = sealer.keys.new_row()

    async def work(tx: Transaction) -> None:
        # Two at once would both see the old key as the active one.
        await tx.execute(text(f"LOCK TABLE {table.schema}.{table.name} IN SHARE ROW EXCLUSIVE MODE"))
        retired = table.update().where(table.c.state == "active")
        await tx.execute(retired.values(state="retired", retired_at=func.clock_timestamp()))
        await tx.execute(table.insert().values(state="active", **row))

    await db.run(work)
    sealer.keys.forget()
    return row["data_key_id"]


async def reseal(
    db: Database,
    sealer: Sealer,
    columns: Sequence[SealedColumn],
    batch_rows: int = BATCH_ROWS,
    progress: Progress | None = None,
) -> ResealReport:
    """Seal everything anew that is not sealed with the active data key: `columns` and the stored answers.

    Rows of a batch are locked while it is committed; no other row is. `progress` is told each batch.
    """
    sealer.keys.forget()
    resealing = _Resealing(db, sealer, batch_rows, progress or (lambda _column, _count: None))
    everything = [*columns, idempotency_column(sealer.keys.schema)]
    left, passes = 1, 0
    while left > resealing.broken and passes < PASSES_MAX:
        resealing.broken, passes = 0, passes + 1
        for column in everything:
            await resealing.go_over(column)
        left = sum([await resealing.left(column) for column in everything])
    return ResealReport(resealing.resealed, left, resealing.broken)


async def drop_unused_data_keys(
    db: Database, sealer: Sealer, columns: Sequence[SealedColumn], *, grace_s: float = GRACE_S
) -> list[UUID]:
    """Drop each retired data key that no stored value is sealed with, if it has been retired for longer
    than `grace_s` and DATA_KEY_CACHE_S together; returns their ids. What it sealed is shredded with it,
    in every backup that has not the wrapped key.
    """
    table = _data_keys(sealer)
    old_enough = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, grace_s + sealer.keys.cache_s)
    everything = [*columns, idempotency_column(sealer.keys.schema)]

    async def work(tx: Transaction) -> list[UUID]:
        await tx.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
        retired = select(table.c.data_key_id).where(
            table.c.state == "retired", table.c.retired_at < old_enough
        )
        dropped = [
            key for key in (await tx.scalars(retired)).all() if not await _is_used(tx, key, everything)
        ]
        await tx.execute(table.delete().where(table.c.data_key_id.in_(dropped)))
        return dropped

    dropped = await db.run(work)
    sealer.keys.forget()
    return dropped


async def rewrap_data_keys(db: Database, sealer: Sealer) -> int:
    """Wrap every data key with the active wrapping key that is not yet; returns how many. Afterwards the
    other wrapping keys can be taken out of the file of each service.
    """
    table, wrapping_keys = _data_keys(sealer), sealer.keys.wrapping_keys(again=True)
    others = table.c.wrapping_key_id != wrapping_keys.active_id

    async def work(tx: Transaction) -> int:
        rows = (await tx.execute(select(table).where(others).with_for_update())).all()
        for row in rows:
            label = sealer.keys.label(row.data_key_id)
            wrapped = wrapping_keys.wrap(sealer.keys.unwrap(row), label=label)
            await tx.execute(
                table.update()
                .where(table.c.data_key_id == row.data_key_id)
                .values(wrapped=wrapped, wrapping_key_id=wrapping_keys.active_id)
            )
        return len(rows)

    rewrapped = await db.run(work)
    sealer.keys.forget()
    return rewrapped


class _Resealing:
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
        statement = select(func.count()).select_from(column.table).where(_not_sealed_with(column, active))
        async with self._db.transaction() as tx:
            await tx.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
            return (await tx.execute(statement)).scalar_one()

    async def _batch(
        self, column: SealedColumn, last: Sequence[Any] | None
    ) -> tuple[int, Sequence[Any]] | None:
        """Reseal the next rows after `last`: how many, and the last of them; None when there is none."""
        active = (await self._sealer.keys.active()).data_key_id
        statement = _next_rows(column, active, last, self._batch_rows)

        async def work(tx: Transaction) -> tuple[int, int, Sequence[Any]] | None:
            await tx.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
            rows = (await tx.execute(statement)).all()
            if not rows:
                return None
            changes = [change for row in rows if (change := await self._resealed(column, row)) is not None]
            if changes:
                await tx.execute(_update(column), changes)
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


def _data_keys(sealer: Sealer) -> Table:
    return data_keys_table(MetaData(schema=sealer.keys.schema))


def _key_of(column: SealedColumn) -> Any:
    # The id follows the byte that tells the format.
    return func.substr(column.sealed, 2, 16)


def _not_sealed_with(column: SealedColumn, data_key_id: UUID) -> Any:
    return and_(column.sealed.is_not(None), _key_of(column) != data_key_id.bytes)


async def _is_used(tx: Transaction, data_key_id: UUID, columns: Sequence[SealedColumn]) -> bool:
    for column in columns:
        used = select(1).select_from(column.table).where(_key_of(column) == data_key_id.bytes).limit(1)
        if (await tx.execute(used)).first() is not None:
            return True
    return False


def _next_rows(column: SealedColumn, active: UUID, last: Sequence[Any] | None, batch_rows: int) -> Any:
    statement = select(column.sealed, *column.key).where(_not_sealed_with(column, active))
    if last is not None:
        statement = statement.where(tuple_(*column.key) > tuple_(*last))
    return statement.order_by(*column.key).limit(batch_rows).with_for_update(skip_locked=True, key_share=True)


def _update(column: SealedColumn) -> Any:
    is_row = [key == bindparam(f"key_{position}") for position, key in enumerate(column.key)]
    return column.table.update().where(*is_row).values({column.column: bindparam("new")})
