"""Lanes: the seats of one price category as one string, best row first.

A lane turns "find n adjacent free seats" into `bytes.find(b"aaa")`, which runs at memory speed
through rows that are sold out. Rows end in ROW_END; inside a row, GAP stands wherever the next
seat is not a neighbour (an aisle, or a seat of another category).
"""

from __future__ import annotations  # array is a generic only from Python 3.12 on

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

FREE = ord("a")
GAP = ord("|")
ROW_END = ord("\n")


@dataclass(frozen=True, slots=True)
class Lane:
    """`positions[i]` is the seat at index i of the lane; beyond the capacity at a GAP or ROW_END."""

    positions: array[int]
    _pick: Callable[[bytes], tuple[int, ...]]

    def text(self, status: bytes) -> bytearray:
        """The lane's own order of a plan-order status string."""
        return bytearray(self._pick(status + bytes((GAP, ROW_END))))


def build_lanes(
    rows: Sequence[Mapping[str, Any]], *, categories: int, capacity: int
) -> tuple[tuple[Lane, ...], array[int]]:
    """One lane per category, and for every position its index in its lane (-1 for a unit of an area)."""
    gap, row_end = capacity, capacity + 1
    orders = [array("i") for _ in range(categories)]
    lane_index_of = array("i", [-1]) * capacity
    position = 0
    for row in rows:
        by_place = sorted(enumerate(row["seats"], start=position), key=lambda seat: seat[1][3])
        last_place: dict[int, int] = {}
        for at, (_, _, category, place, *_) in by_place:
            order = orders[category]
            if category in last_place and place - last_place[category] != 1:
                order.append(gap)
            last_place[category] = place
            lane_index_of[at] = len(order)
            order.append(at)
        for category in last_place:
            orders[category].append(row_end)
        position += len(row["seats"])
    return tuple(_lane(order) for order in orders), lane_index_of


def _lane(order: array[int]) -> Lane:
    # itemgetter needs an index; a lane that is not empty has two, a seat and a ROW_END.
    return Lane(order, itemgetter(*order) if order else _nothing)


def _nothing(_status: bytes) -> tuple[int, ...]:
    return ()
