"""Changing keys while the system runs: data keys, and the wrapping key around them.

A rotation makes a new active data key (`rotate_data_key`), seals every stored value anew with it
(`reseal`), and drops the old key when nothing is sealed with it any more (`drop_unused_data_keys`).
Each value names its key, so whatever is killed half-way goes on where it was by being run again, and
readers and writers never wait for more than one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import MetaData, Table, func, select, text

from chassis.database import Database, Transaction
from chassis.sealed_columns import (
    STATEMENT_TIMEOUT,
    Progress,
    Resealing,
    SealedColumn,
    idempotency_column,
    is_used,
)
from chassis.sealing import Sealer
from chassis.tables import data_keys_table

__all__ = [
    "Progress",
    "ResealReport",
    "SealedColumn",
    "drop_unused_data_keys",
    "reseal",
    "rewrap_data_keys",
    "rotate_data_key",
]

BATCH_ROWS = 200
# Rows locked at the moment are passed over; whoever has them writes with the new key, or a later pass does.
PASSES_MAX = 5
# A value sealed with a key just before it was retired is committed within this, or its transaction died.
GRACE_S = 300.0


@dataclass(frozen=True, slots=True)
class ResealReport:
    """`left` values are not sealed with the active key yet; `broken` ones of them do not unseal at all."""

    resealed: int
    left: int
    broken: int = 0


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
    resealing = Resealing(db, sealer, batch_rows, progress or (lambda _column, _count: None))
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
        dropped = [key for key in (await tx.scalars(retired)).all() if not await is_used(tx, key, everything)]
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


def _data_keys(sealer: Sealer) -> Table:
    return data_keys_table(MetaData(schema=sealer.keys.schema))
