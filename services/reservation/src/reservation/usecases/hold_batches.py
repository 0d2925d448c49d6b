"""Holds of one process in batches: whatever waits shares one statement and one commit."""

import asyncio
import random
from collections.abc import Sequence

from chassis.database import Database
from chassis.database_errors import is_conflict, is_transient
from chassis.group_commit import GroupCommit
from reservation.metrics import CONTENDED
from reservation.storage.placing import Decision, Placement, Verdict, place_holds

CONFLICT_RETRIES_MAX = 3
RETRY_DELAY_S = 0.002


class HoldBatches:
    """Decides placements, at most `batch_max` at a time. Close it before the database."""

    def __init__(self, *, db: Database, duration_s: int, batch_max: int, batches_at_once: int) -> None:
        self._db = db
        self._duration_s = duration_s
        self._group: GroupCommit[Placement, Decision | Exception] = GroupCommit(
            self._commit, batch_max, batches_at_once
        )

    async def decide(self, placement: Placement) -> Decision:
        """Raises what the database raised for this placement, and nothing that is another's fault."""
        outcome = await self._group.submit(placement)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.verdict is Verdict.CONTENDED:
            CONTENDED.inc()
        return outcome

    async def close(self) -> None:
        """Wait for the holds under way."""
        await self._group.close()

    async def _commit(self, placements: Sequence[Placement]) -> Sequence[Decision | Exception]:
        """A batch that the database refuses is halved until the one it cannot take is found.

        Not when the database is away or overloaded: the halves would fare no better.
        """
        try:
            return await self._place(placements)
        except Exception as error:
            if is_transient(error):
                raise
            if len(placements) == 1:
                return [error]
        middle = len(placements) // 2
        return [*await self._commit(placements[:middle]), *await self._commit(placements[middle:])]

    async def _place(self, placements: Sequence[Placement]) -> Sequence[Decision]:
        for attempt in range(CONFLICT_RETRIES_MAX):
            try:
                return await place_holds(self._db, placements, duration_s=self._duration_s)
            except Exception as error:
                if not is_conflict(error):
                    raise
            await pause(attempt)
        return await place_holds(self._db, placements, duration_s=self._duration_s)


async def pause(attempt: int) -> None:
    """Let other claims finish before the next try; longer each time, and never in step."""
    await asyncio.sleep(random.uniform(0.5, 1.5) * RETRY_DELAY_S * (attempt + 1))
