"""A process of its own that reseals the notes, so that a test can kill it: prints a line a batch, and at
its end how many are left. `python reseal_notes.py DATABASE_URL WRAPPING_KEYS BATCH_ROWS`.
"""

import asyncio
import sys

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from chassis.data_keys import DataKeys
from chassis.database import Database
from chassis.resealing import SealedColumn, reseal
from chassis.sealing import Sealer

NOTES = Table(
    "notes",
    MetaData(schema="parcels"),
    Column("parcel", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", LargeBinary),
)


async def main(database_url: str, wrapping_keys: str, batch_rows: int) -> None:
    db = Database(database_url)
    sealer = Sealer(DataKeys(db, schema="parcels", wrapping_keys_path=wrapping_keys, cache_s=30))
    columns = [SealedColumn(NOTES, "sealed", ("parcel", "number"))]
    report = await reseal(db, sealer, columns, batch_rows, lambda _column, count: tell("batch", count))
    tell("left", report.left)
    await db.close()


def tell(what: str, count: int) -> None:
    sys.stdout.write(f"{what} {count}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
