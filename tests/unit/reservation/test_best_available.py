"""The best adjacent seats of a lane: letters are seats, `|` an aisle, a line a row; `a` is free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.domain.best_available import best_block, largest_block, nearest_block

lanes = st.lists(st.text("ahsb|", min_size=1, max_size=14), min_size=1, max_size=6).map(
    lambda rows: bytearray("".join(f"{row}\n" for row in rows).encode())
)
sizes = st.integers(1, 6)


@pytest.mark.parametrize(
    ("lane", "seats", "index"),
    [
        ("aaaa\n", 2, 0),  # the ends of a row of four, not its middle: that would leave two orphans
        ("aaaaaa\n", 2, 2),  # the middle, when pairs are left on both sides
        ("aah\naaa\n", 3, 4),  # the first row is too short
        ("aaahaa\n", 2, 4),  # the pair that fits leaves no orphan
        ("hhhh\naaaa\n", 4, 5),  # the first row is sold out
        ("aa|aa\n", 3, None),  # an aisle is no neighbour
        ("aaa\naa\n", 2, 4),  # a row behind without an orphan before one with
        ("aaa\naaa\n", 2, 0),  # an orphan either way: the better row
        ("hhh\n", 1, None),
        ("", 1, None),
    ],
)
def test_the_best_block(lane: str, seats: int, index: int | None) -> None:
    assert best_block(bytearray(lane.encode()), seats=seats) == index


@given(lanes, sizes)
def test_a_block_is_free_adjacent_and_found_whenever_there_is_one(lane: bytearray, seats: int) -> None:
    index = best_block(lane, seats=seats)
    if index is None:
        assert b"a" * seats not in bytes(lane)
    else:
        assert lane[index : index + seats] == b"a" * seats


@given(lanes, sizes)
def test_no_other_block_leaves_fewer_orphans(lane: bytearray, seats: int) -> None:
    index = best_block(lane, seats=seats)
    others = [n for n in range(len(lane)) if lane.startswith(b"a" * seats, n)]
    if index is not None:
        assert orphans(lane, index, seats) == min(orphans(lane, other, seats) for other in others)


@given(lanes, sizes)
def test_the_largest_block_is_the_largest(lane: bytearray, seats: int) -> None:
    largest = largest_block(lane)
    assert (best_block(lane, seats=seats) is not None) == (seats <= largest)


@given(lanes, sizes, st.integers(0, 60))
def test_the_nearest_block_has_none_nearer(lane: bytearray, seats: int, around: int) -> None:
    around = min(around, len(lane) - 1)
    blocks = [n for n in range(len(lane)) if lane.startswith(b"a" * seats, n)]
    index = nearest_block(lane, seats=seats, around=around)
    if index is None:
        assert blocks == []
    else:
        assert abs(index - around) == min(abs(block - around) for block in blocks)


def orphans(lane: bytearray, index: int, seats: int) -> int:
    """Counted the slow way: single free seats beside the block once it is taken."""
    after = bytearray(lane)
    after[index : index + seats] = b"h" * seats
    padded = b"|" + bytes(after) + b"|"
    beside = (index, index + seats + 1)  # in `padded`: one before the block, one behind it
    return sum(
        padded[n : n + 1] == b"a" and padded[n - 1 : n] != b"a" and padded[n + 1 : n + 2] != b"a"
        for n in beside
    )
