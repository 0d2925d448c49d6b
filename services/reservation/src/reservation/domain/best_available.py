"""Which adjacent seats are best: fewest orphans, then best row, then nearest the row's middle.

An orphan is a single free seat left alone between taken seats, an aisle or a wall: hard to sell.
Within a row, seats that the next buyers of as many could not use count as well, so that buyers of
pairs fill a row of eight and do not leave three seats on either side of its middle.
Works on the text of a lane (see `lanes`); indexes are lane indexes.
"""

from collections.abc import Iterator

from reservation.domain.lanes import FREE, ROW_END

ROWS_COMPARED_MAX = 40
"""Rows looked at for a block without orphans before the best one seen is taken."""


def best_block(lane: bytearray, *, seats: int) -> int | None:
    """The first index of the best `seats` adjacent free seats, or None if no row has so many."""
    best: tuple[int, int] | None = None
    for start, end in _rows_with_room(lane, seats=seats):
        orphans, index = _best_in_row(lane, start=start, end=end, seats=seats)
        if orphans == 0:
            return index
        if best is None or orphans < best[0]:
            best = (orphans, index)
    return None if best is None else best[1]


def nearest_block(lane: bytearray, *, seats: int, around: int) -> int | None:
    """The first index of the `seats` adjacent free seats nearest the lane index `around`, or None.

    Distance runs along the lane, so the rest of the row comes first, then the rows beside it.
    """
    wanted = bytes([FREE]) * seats
    after = lane.find(wanted, around)
    before = lane.rfind(wanted, 0, around + seats - 1)
    candidates = [index for index in (before, after) if index >= 0]
    return min(candidates, key=lambda index: abs(index - around), default=None)


def largest_block(lane: bytearray) -> int:
    """How many adjacent free seats there are at most."""
    runs = bytes(lane).replace(b"\n", b"|").translate(_BLOCKED_TO_GAP).split(b"|")
    return max(map(len, runs))


_BLOCKED_TO_GAP = bytes(byte if byte == FREE else ord("|") for byte in range(256))


def _rows_with_room(lane: bytearray, *, seats: int) -> Iterator[tuple[int, int]]:
    wanted, index = bytes([FREE]) * seats, 0
    for _ in range(ROWS_COMPARED_MAX):
        found = lane.find(wanted, index)
        if found < 0:
            return
        start, end = lane.rfind(ROW_END, 0, found) + 1, lane.find(ROW_END, found)
        yield start, end
        index = end + 1


def _best_in_row(lane: bytearray, *, start: int, end: int, seats: int) -> tuple[int, int]:
    """(orphans, index) of the best block; a row that has room has one."""
    middle = (start + end - seats) / 2
    best = min(
        (*_block_cost(index - first, last - index - seats, seats), abs(index - middle), index)
        for first, last in _free_runs(lane, start=start, end=end)
        for index in range(first, last - seats + 1)
    )
    return best[0], best[-1]


def _block_cost(left: int, right: int, seats: int) -> tuple[int, int]:
    """(orphans, seats the next buyers of as many could not use), of the free seats left on both sides."""
    return (left == 1) + (right == 1), left % seats + right % seats


def _free_runs(lane: bytearray, *, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The half-open stretches of adjacent free seats of a row."""
    while (first := lane.find(FREE, start, end)) >= 0:
        start = first
        while start < end and lane[start] == FREE:
            start += 1
        yield first, start
