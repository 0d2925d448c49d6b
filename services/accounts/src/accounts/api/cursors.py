"""Cursors of lists that are sorted by an id."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from chassis.paging import Page, cursor_invalid, decode_cursor, encode_cursor

ShownT = TypeVar("ShownT")


def id_of(cursor: str | None) -> UUID | None:
    """The id in a cursor; None without one. Raises a `cursor-invalid` problem."""
    if cursor is None:
        return None
    (value,) = decode_cursor(cursor, length=1)
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        raise cursor_invalid() from None


def page_of(shown: Sequence[ShownT], *, ids: Sequence[UUID], limit: int) -> Page[ShownT]:
    """A page of `limit`, given one item more than that if there is more to come; `ids` are the items'."""
    more = len(shown) > limit
    return Page(items=list(shown[:limit]), next_cursor=encode_cursor([str(ids[limit - 1])]) if more else None)
