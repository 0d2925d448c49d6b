"""Counting what is committed: what a transaction did counts when it commits, and never when it rolls back."""

from typing import Any

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

_COUNTED = "chassis.counted"


def count_when_committed(tx: AsyncConnection, counter: Counter, amount: float = 1) -> None:
    """Raise `counter` (with its labels) by `amount` once `tx` is committed; ValueError for a negative one."""
    if amount < 0:
        raise ValueError(amount)  # here, where it still rolls back, and not after the commit
    if amount:
        tx.info.setdefault(_COUNTED, []).append((counter, amount))


def forget_counted(tx: AsyncConnection) -> None:
    """For `Database`: what a transaction on this connection counted that then failed."""
    tx.info.pop(_COUNTED, None)


def take_counted(tx: AsyncConnection) -> list[tuple[Counter, float]]:
    """For `Database`: what the transaction counted, to be added once it is committed."""
    counted: Any = tx.info.pop(_COUNTED, None)
    return counted or []
