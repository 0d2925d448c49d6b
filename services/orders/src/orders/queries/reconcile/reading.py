"""Reading in bounded pieces."""

from collections.abc import AsyncIterator, Collection, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row, TextClause

from chassis.database import Database

T = TypeVar("T")

PIECE_MAX = 1000


async def read(db: Database, statement: TextClause, **parameters: Any) -> list[Row[Any]]:
    """All rows of a statement, which bounds them itself, in a snapshot of its own."""
    async with db.snapshot() as conn:
        return list(await conn.execute(statement, parameters))


def in_pieces(items: Collection[T]) -> Iterator[list[T]]:
    """The items, at most PIECE_MAX at a time."""
    rest = iter(items)
    while piece := list(islice(rest, PIECE_MAX)):
        yield piece


async def pieces_of(items: AsyncIterator[T]) -> AsyncIterator[list[T]]:
    """The same of items that have to be waited for."""
    piece = list[T]()
    async for item in items:
        piece.append(item)
        if len(piece) == PIECE_MAX:
            yield piece
            piece = []
    if piece:
        yield piece
