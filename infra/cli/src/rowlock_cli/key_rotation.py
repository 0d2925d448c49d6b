"""Changes the data keys of a service while it runs. Killed at any moment, it goes on when run again."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import MetaData, func, select, text

from chassis.database import Database
from chassis.resealing import (
    ResealReport,
    SealedColumn,
    drop_unused_data_keys,
    reseal,
    rewrap_data_keys,
    rotate_data_key,
)
from chassis.sealing import Sealer
from chassis.settings import ServiceSettings
from chassis.tables import data_keys_table

PROGRESS_EVERY_S = 1.0

Say = Callable[[str], None]


@dataclass
class Rotation:
    """The rotation of one service's keys; `columns` are those it seals, beside its stored answers."""

    service: str
    settings: ServiceSettings
    columns: Sequence[SealedColumn]
    say: Say
    batch_rows: int
    grace_s: float

    def __post_init__(self) -> None:
        self.db = Database.of(self.settings, process="command")
        self.sealer = Sealer.of(self.settings, self.db)
        self._keys = data_keys_table(MetaData(schema=self.service))

    async def seals_nothing(self) -> bool:
        """Whether the service has no data keys at all."""
        async with self.db.snapshot() as conn:
            return await conn.scalar(text("SELECT to_regclass(:keys) IS NULL"), {"keys": str(self._keys)})

    async def begin(self, *, anew: bool) -> None:
        """Make a new data key, unless the rotation before is not finished: then go on with that one."""
        if await self._retired() and not anew:
            self.say(f"{self.service}: going on with the rotation that was begun before")
        else:
            self.say(f"{self.service}: seals with data key {await rotate_data_key(self.db, self.sealer)} now")

    async def reseal(self) -> ResealReport:
        """Seal everything with the active key, telling how far it is."""
        progress = _Progress(self.service, self.say)
        report = await reseal(
            self.db, self.sealer, self.columns, batch_rows=self.batch_rows, progress=progress.batch
        )
        self.say(
            f"{self.service}: {report.resealed} resealed, {report.left - report.broken} left, "
            f"{report.broken} do not unseal at all"
        )
        return report

    async def wait_s(self) -> float:
        """How long somebody might still seal with a retired key."""
        age_s = func.extract("epoch", func.clock_timestamp() - func.max(self._keys.c.retired_at))
        async with self.db.snapshot() as conn:
            retired_s = await conn.scalar(select(age_s))
        return 0.0 if retired_s is None else self.grace_s + self.sealer.keys.cache_s - float(retired_s)

    async def drop(self) -> bool:
        """Drop the keys that nothing is sealed with; False when one has to stay."""
        for key in await drop_unused_data_keys(self.db, self.sealer, self.columns, grace_s=self.grace_s):
            self.say(f"{self.service}: dropped data key {key}")
        if left := await self._retired():
            self.say(f"{self.service}: {left} retired data keys are still in use: run it again")
        return not left

    async def rewrap(self) -> None:
        """Wrap the data keys with the active wrapping key."""
        count = await rewrap_data_keys(self.db, self.sealer)
        active = self.sealer.keys.wrapping_keys().active_id
        self.say(f"{self.service}: {count} data keys wrapped anew, all of them with {active} now")

    async def _retired(self) -> int:
        retired = select(func.count()).select_from(self._keys).where(self._keys.c.state == "retired")
        async with self.db.snapshot() as conn:
            return (await conn.execute(retired)).scalar_one()


class _Progress:
    """Tells now and then how many values of each column are resealed."""

    def __init__(self, service: str, say: Say) -> None:
        self._say = say
        self._service = service
        self._done: Counter[str] = Counter()
        self._told_at = time.monotonic()

    def batch(self, column: SealedColumn, count: int) -> None:
        self._done[column.place.table] += count
        if time.monotonic() - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            counts = ", ".join(f"{table} {done}" for table, done in self._done.items())
            self._say(f"{self._service}: resealed so far: {counts}")
