"""What a router asks for by annotation."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from chassis.database import Database, Snapshot
from chassis.sealing import Sealer


async def database(request: Request) -> Database:
    """The service's database."""
    return request.app.state.db


async def snapshot(request: Request) -> AsyncIterator[Snapshot]:
    """A read-only connection, given back before the answer is sent."""
    db: Database = request.app.state.db
    async with db.snapshot() as connection:
        yield connection


async def sealer(request: Request) -> Sealer:
    """What seals and unseals the service's personal data."""
    return request.app.state.sealer


Sealing = Annotated[Sealer, Depends(sealer)]
Db = Annotated[Database, Depends(database)]
# scope="function": otherwise a slow client would keep the connection while it reads the answer.
SnapshotConn = Annotated[Snapshot, Depends(snapshot, scope="function")]


def wait_preference(request: Request) -> float | None:
    """Seconds of `Prefer: wait=<s>` (RFC 7240), capped by PREFER_WAIT_S_MAX; None without it."""
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if (
            name.strip().lower() == "wait"
            and (digits := value.strip().strip('"')).isascii()
            and digits.isdigit()
        ):
            return min(float(digits[:6]), request.app.state.settings.prefer_wait_s_max)
    return None
