"""Which seats are given instead of those an order lost."""

import uuid
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.reservation.test_wishes import geometry

from reservation.domain.equivalents import WantedSeats, choose_equivalents, pair_seats
from reservation.domain.seat_map import SeatMap

SEATS = 8
AISLE = 5
"""Seats from here on stand behind an aisle."""
CATEGORIES = (0, 0, 0, 1)
"""Of each row; a standing area is of a third."""
HALL = geometry(
    *(
        [[f"{row}-{n}", category, n if n < AISLE else n + 1] for n in range(SEATS)]
        for row, category in enumerate(CATEGORIES)
    ),
    standing=6,
)
each_way = pytest.mark.parametrize("anywhere", [False, True])


def hold(*seat_ids: str, lost: Iterable[str] | None = None) -> WantedSeats:
    """A hold that lost all of its seats, or only these."""
    return WantedSeats(uuid.uuid4(), seat_ids, frozenset(seat_ids if lost is None else lost))


def hall_with(*free: str) -> SeatMap:
    """Everything else is sold."""
    status = bytes(ord("a" if seat_id in free else "s") for seat_id in HALL.seat_ids)
    return SeatMap(HALL, status)


def exchange(
    seat_map: SeatMap, *holds: WantedSeats, anywhere: bool = False
) -> dict[uuid.UUID, dict[str, str]] | None:
    return choose_equivalents(holds, seat_map, random=Random(7), anywhere=anywhere)


@each_way
def test_as_many_seats_side_by_side_are_given(anywhere: bool) -> None:
    trio = hold("0-0", "0-1", "0-2")
    hall = hall_with("1-0", "1-1", "2-1", "2-2", "2-3", "2-6")
    assert exchange(hall, trio, anywhere=anywhere) == {
        trio.hold_id: {"0-0": "2-1", "0-1": "2-2", "0-2": "2-3"}
    }


@each_way
def test_seats_across_an_aisle_or_of_another_category_are_no_equivalent(anywhere: bool) -> None:
    hall = hall_with("1-3", "1-4", "1-5", "1-6", "3-0", "3-1", "3-2")
    assert exchange(hall, hold("0-0", "0-1", "0-2"), anywhere=anywhere) is None


def test_the_best_block_is_given_first() -> None:
    pair = hold("2-0", "2-1")
    assert exchange(hall_with("1-6", "1-7", "0-6", "0-7"), pair) == {
        pair.hold_id: {"2-0": "0-6", "2-1": "0-7"}
    }


def test_who_loses_one_seat_moves_with_all_and_may_keep_those_still_theirs() -> None:
    trio = hold("0-1", "0-2", "0-3", lost=["0-3"])
    near = hall_with("0-0", "0-1", "0-2")
    assert exchange(near, trio) == {trio.hold_id: {"0-3": "0-0"}}
    away = hall_with("0-1", "0-2", "1-0", "1-1", "1-2")
    assert exchange(away, trio) == {trio.hold_id: {"0-1": "1-0", "0-2": "1-1", "0-3": "1-2"}}


def test_seats_of_a_category_that_lost_nothing_stay() -> None:
    mixed = hold("0-0", "0-1", "3-0", "3-1", "pit:1", lost=["0-0"])
    hall = hall_with("0-1", "3-0", "3-1", "3-2", "pit:1", "1-0", "1-1", "pit:2")
    assert exchange(hall, mixed) == {mixed.hold_id: {"0-0": "1-0", "0-1": "1-1"}}


def test_a_lost_unit_of_an_area_is_replaced_by_any_other_and_the_rest_stay() -> None:
    standing = hold("pit:1", "pit:2", lost=["pit:2"])
    assert exchange(hall_with("pit:1", "pit:5"), standing) == {standing.hold_id: {"pit:2": "pit:5"}}
    assert exchange(hall_with("pit:1"), standing) is None


def test_holds_of_one_order_take_nothing_from_each_other() -> None:
    one, other = hold("0-0", "0-1"), hold("1-0", "1-1", lost=["1-1"])
    hall = hall_with("1-0", "2-0", "2-1", "2-6", "2-7")
    given = exchange(hall, one, other)
    assert given is not None
    assert {*given[one.hold_id].values(), *given[other.hold_id].values()} == {"2-0", "2-1", "2-6", "2-7"}
    assert exchange(hall_with("1-0", "2-0", "2-1", "2-6"), one, other) is None


def test_seats_are_paired_within_their_category() -> None:
    places = {"a1": ("A", 1), "a2": ("A", 2), "a9": ("A", 9), "b5": ("B", 5), "b6": ("B", 6)}
    paired = pair_seats(asked=["b6", "a2", "a1"], given=["a9", "b5", "a1"], place_of=places.__getitem__)
    assert paired == {"a2": "a9", "b6": "b5"}


@st.composite
def situations(draw: st.DrawFn) -> tuple[SeatMap, list[WantedSeats]]:
    """A hall with some seats free, and holds of one order, each of which lost some of its seats."""
    free = draw(st.sets(st.sampled_from(HALL.seat_ids)))
    asked = draw(st.lists(st.sampled_from(HALL.seat_ids), unique=True, min_size=1, max_size=8))
    cut = draw(st.integers(1, len(asked)))
    lost = draw(st.sets(st.sampled_from(asked)))
    parts = [part for part in (asked[:cut], asked[cut:]) if part]
    return hall_with(*free - lost), [hold(*part, lost=lost & set(part)) for part in parts]


@given(situation=situations(), anywhere=st.booleans())
def test_whatever_is_lost_what_is_given_is_free_as_good_and_side_by_side(
    situation: tuple[SeatMap, list[WantedSeats]],
    anywhere: bool,
) -> None:
    seat_map, holds = situation
    free = {seat for position, seat in enumerate(HALL.seat_ids) if seat_map.is_free(position)}
    asked = {seat for each in holds for seat in each.seat_ids}
    given = exchange(seat_map, *holds, anywhere=anywhere)
    if given is None:
        assert any(each.lost for each in holds)
        return
    assert set(given) == {each.hold_id for each in holds if each.lost}
    new = [seat for each in given.values() for seat in each.values()]
    assert len(new) == len(set(new))
    assert set(new) <= free - asked
    for each in holds:
        instead = given.get(each.hold_id, {})
        assert each.lost <= set(instead) <= set(each.seat_ids)
        after = [instead.get(seat, seat) for seat in each.seat_ids]
        assert kinds(after) == kinds(each.seat_ids)
        for kind in {kind_of(seat) for seat in each.lost} - {"pit"}:
            assert are_side_by_side([seat for seat in after if kind_of(seat) == kind])


@given(situation=situations(), anywhere=st.booleans())
def test_nothing_is_refused_while_there_is_a_block(
    situation: tuple[SeatMap, list[WantedSeats]],
    anywhere: bool,
) -> None:
    seat_map, (each, *others) = situation
    if others or not each.lost or len(kinds(each.seat_ids)) > 1 or kind_of(each.seat_ids[0]) == "pit":
        return
    taken = {seat for position, seat in enumerate(HALL.seat_ids) if not seat_map.is_free(position)}
    mine = set(each.seat_ids) - each.lost
    there_is_one = any(
        not set(block) & (taken | each.lost) - mine
        for block in blocks(kind_of(each.seat_ids[0]), len(each.seat_ids))
    )
    assert (exchange(seat_map, each, anywhere=anywhere) is not None) == there_is_one


def kind_of(seat_id: str) -> str:
    """What a seat is as good as: its price category, or its area."""
    row = seat_id.partition("-")[0]
    return "pit" if seat_id.startswith("pit") else str(CATEGORIES[int(row)])


def kinds(seat_ids: Iterable[str]) -> Counter[str]:
    return Counter(map(kind_of, seat_ids))


def blocks(kind: str, seats: int) -> list[list[str]]:
    return [
        [f"{row}-{n}" for n in range(first, first + seats)]
        for row, category in enumerate(CATEGORIES)
        if str(category) == kind
        for start, end in ((0, AISLE), (AISLE, SEATS))
        for first in range(start, end - seats + 1)
    ]


def are_side_by_side(seat_ids: list[str]) -> bool:
    return sorted(seat_ids) in blocks(kind_of(seat_ids[0]), len(seat_ids))
