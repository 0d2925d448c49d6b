"""Cursor paging: a cursor is the sort key of the last item, opaque to clients."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from chassis.problems import ProblemError, ProblemSpec

T = TypeVar("T")

CURSOR_CHARS_MAX = 512
CURSOR_INVALID = ProblemSpec(422, "cursor-invalid", "The cursor is not one this list gave")

Limit = Annotated[int, Query(ge=1, le=100, description="Most items of the page")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=CURSOR_CHARS_MAX, description="`next_cursor` of the page before; absent for the first page"
    ),
]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Cursor of the next page, or null", examples=["WyIyMDI2LTExLTIzIl0"]
    )


def encode_cursor(values: Sequence[str | int | None]) -> str:
    """The url-safe cursor for a sort key."""
    document = json.dumps(list(values), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def decode_cursor(cursor: str, *, length: int | None = None) -> list[Any]:
    """The sort key of a cursor, of `length` strings, integers or nulls if that is given.

    Raises a 422 `cursor-invalid` problem; the caller still has to parse dates and ids.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise cursor_invalid() from None
    if not isinstance(values, list) or (length is not None and len(values) != length):
        raise cursor_invalid()
    if any(not _is_plain(value) for value in values):
        raise cursor_invalid()
    return values


def cursor_invalid() -> ProblemError:
    """The problem to raise when a cursor decodes but its values make no sense."""
    return ProblemError(CURSOR_INVALID, "Take `next_cursor` of the page before, unchanged.")


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return value is None or (isinstance(value, int) and abs(value) < 2**63)
