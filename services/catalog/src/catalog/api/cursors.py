"""Cursors of catalog's lists: what the last item of a page was sorted by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from chassis.paging import cursor_invalid, decode_cursor, encode_cursor

ItemT = TypeVar("ItemT")


def id_of(cursor: str | None) -> UUID | None:
    """The id in a cursor; None without one. Raises a `cursor-invalid` problem."""
    if cursor is None:
        return None
    (value,) = decode_cursor(cursor, length=1)
    return _parsed(UUID, value)


def moment_and_id_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The start and id in a cursor; None without one. Raises a `cursor-invalid` problem."""
    if cursor is None:
        return None
    at, value = decode_cursor(cursor, length=2)
    moment = _parsed(datetime.fromisoformat, at)
    if moment.tzinfo is None:
        raise cursor_invalid()
    return moment, _parsed(UUID, value)


def next_cursor(items: Sequence[ItemT], limit: int, sort_key: Callable[[ItemT], Sequence[str]]) -> str | None:
    """The cursor after a page of `limit`, given one item more than that if there is more to come."""
    return encode_cursor(sort_key(items[limit - 1])) if len(items) > limit else None


def _parsed(parse: Callable[[str], ItemT], value: object) -> ItemT:
    try:
        return parse(value)  # pyright: ignore[reportArgumentType]  # anything else raises below
    except (TypeError, ValueError, AttributeError):
        raise cursor_invalid() from None
