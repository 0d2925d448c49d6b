"""Does what time brings: pages close, late captures and refunds come, notices are sent."""

import asyncio
import logging
import sqlite3
from contextlib import suppress
from datetime import datetime

from rowlock_payment_sandbox.delivery import Sender
from rowlock_payment_sandbox.payments import capture_late, expire_overdue
from rowlock_payment_sandbox.refunds import settle_refunds
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.storage.notices import next_sending_at
from rowlock_payment_sandbox.storage.payments import next_payment_at
from rowlock_payment_sandbox.storage.refunds import next_refund_at

PAUSE_AFTER_FAILURE_S = 1

log = logging.getLogger(__name__)


async def run_clockwork(sandbox: Sandbox, sender: Sender) -> None:
    """For ever: rests until something is due or somebody wakes it."""
    while True:
        sandbox.woken.clear()
        now = sandbox.clock()
        try:
            move_on(sandbox, now=now)
            sender.send_due(now=now)
        except sqlite3.Error:  # a full disk, say: nothing was changed, and it may pass
            log.exception("what was due could not be done")
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
        else:
            await _rest(sandbox, now)


def move_on(sandbox: Sandbox, *, now: datetime) -> None:
    """Everything that is due by now."""
    with transaction(sandbox.db):
        expire_overdue(sandbox, now=now)
        capture_late(sandbox, now=now)
        settle_refunds(sandbox, now=now)


async def _rest(sandbox: Sandbox, now: datetime) -> None:
    next_at = next_due(sandbox, now=now)
    pause_s = None if next_at is None else max(0, (next_at - now).total_seconds())
    with suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            await sandbox.woken.wait()


def next_due(sandbox: Sandbox, *, now: datetime) -> datetime | None:
    """When there is something to do next, unless somebody asks for something before."""
    db = sandbox.db
    coming = (next_payment_at(db), next_refund_at(db), next_sending_at(db, after=now))
    return min((moment for moment in coming if moment is not None), default=None)
