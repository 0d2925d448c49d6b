"""Cursors of lists: the number of the last thing that was given."""

from typing import Annotated

from fastapi import Depends, Query

from rowlock_payment_sandbox.errors import CursorUnknown

PAGE_ITEMS = 100
DIGITS_MAX = 18


async def _after(cursor: Annotated[str, Query(max_length=DIGITS_MAX)] = "") -> int:
    """Raises CursorUnknown."""
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise CursorUnknown
    return int(cursor or 0)


def cursor_of(number: int | None) -> str | None:
    return None if number is None else str(number)


After = Annotated[int, Depends(_after)]
