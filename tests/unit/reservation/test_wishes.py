"""From what a buyer asks for to concrete seats."""

import uuid
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.domain.errors import NotEnoughSeats, UnknownArea, UnknownPriceCategory, UnknownSeats
from reservation.domain.geometry import Geometry, read_geometry
from reservation.domain.seat_map import SeatMap
from reservation.domain.wishes import AreaQuantity, BestAvailable, Wish, choose_positions, nearest_equivalent

EVENT = uuid.uuid4()


def geometry(*rows: list[list[Any]], standing: int = 0) -> Geometry:
    """Rows of [seat_id, category, place]."""
    return read_geometry(
        {
            "seating_plan_id": str(uuid.uuid4()),
            "sha256": "",
            "price_categories": ["Stalls", "Balcony", "Standing"],
            "rows": [
                {
                    "zone": "Main",
                    "row": str(n),
                    "rank": n,
                    "seats": [
                        [seat_id, str(place), category, place, 0.0, 0.0] for seat_id, category, place in row
                    ],
                }
                for n, row in enumerate(rows)
            ],
            "areas": [{"area_id": "pit", "name": "Pit", "price_category": "Standing", "capacity": standing}],
        }
    )


HALL = geometry(
    [["A1", 0, 1], ["A2", 0, 2], ["A4", 0, 4], ["A5", 0, 5], ["A6", 1, 6], ["A7", 0, 7]],
    [["B3", 1, 3], ["B2", 1, 2], ["B1", 1, 1]],
    standing=4,
)


def choose(wish: Wish, seat_map: SeatMap) -> list[str]:
    return [seat_map.geometry.seat_ids[p] for p in choose_positions(wish, seat_map, random=Random(1))]


def free(hall: Geometry = HALL) -> SeatMap:
    return SeatMap(hall, b"a" * hall.capacity)


def test_aisles_and_other_categories_break_a_row() -> None:
    seat_map = free()
    assert choose(Wish(EVENT, best_available=BestAvailable("Stalls", 2)), seat_map) in (
        ["A1", "A2"],
        ["A4", "A5"],
    )
    with pytest.raises(NotEnoughSeats) as refused:
        choose(Wish(EVENT, best_available=BestAvailable("Stalls", 3)), seat_map)
    assert refused.value.largest_block == 2


def test_places_not_the_order_of_the_document_make_neighbours() -> None:
    assert choose(Wish(EVENT, best_available=BestAvailable("Balcony", 3)), free()) == ["B1", "B2", "B3"]


def test_what_was_chosen_is_not_chosen_again() -> None:
    seat_map = free()
    wish = Wish(EVENT, best_available=BestAvailable("Stalls", 2), areas=(AreaQuantity("pit", 2),))
    first, second = choose(wish, seat_map), choose(wish, seat_map)
    assert len({*first, *second}) == 8
    with pytest.raises(NotEnoughSeats):
        choose(wish, seat_map)


def test_a_refused_wish_leaves_the_map_as_it_was() -> None:
    seat_map = free()
    with pytest.raises(NotEnoughSeats):
        choose(Wish(EVENT, ("A1",), BestAvailable("Stalls", 2), (AreaQuantity("pit", 5),)), seat_map)
    assert choose(Wish(EVENT, areas=(AreaQuantity("pit", 4),)), seat_map)
    assert seat_map.is_free(HALL.position_of["A1"])
    assert seat_map.largest_block(category=0) == 2


def test_unknown_things_are_refused_by_name() -> None:
    with pytest.raises(UnknownSeats):
        choose(Wish(EVENT, ("Z9",)), free())
    with pytest.raises(UnknownPriceCategory):
        choose(Wish(EVENT, best_available=BestAvailable("Royal", 1)), free())
    with pytest.raises(UnknownArea):
        choose(Wish(EVENT, areas=(AreaQuantity("moat", 1),)), free())


def test_the_nearest_equivalent_is_of_the_same_category_and_adjacent() -> None:
    seat_map = free()
    seat_map.mark([HALL.position_of["A1"]], free=False)
    block = nearest_equivalent(("A1", "A2"), seat_map)
    assert block is not None
    assert [HALL.seat_ids[position] for position in block] == ["A4", "A5"]
    assert nearest_equivalent(("A1", "A6"), seat_map) is None
    assert nearest_equivalent(("pit:1",), seat_map) is None


def test_labels_say_what_is_printed_on_the_ticket() -> None:
    numbered, unit = HALL.label(HALL.position_of["A4"]), HALL.label(HALL.position_of["pit:2"])
    assert (numbered.zone, numbered.row, numbered.number, numbered.price_category) == (
        "Main",
        "0",
        "4",
        "Stalls",
    )
    assert (unit.zone, unit.row, unit.number, unit.area_id) == (None, None, None, "pit")


@given(st.text("ahsb", min_size=HALL.capacity, max_size=HALL.capacity), st.integers(1, 4), st.integers(0, 4))
def test_chosen_seats_are_free_and_as_many_as_asked(status: str, seats: int, places: int) -> None:
    seat_map = SeatMap(HALL, status.encode())
    areas = (AreaQuantity("pit", places),) if places else ()
    try:
        positions = choose_positions(
            Wish(EVENT, best_available=BestAvailable("Balcony", seats), areas=areas),
            seat_map,
            random=Random(3),
        )
    except NotEnoughSeats:
        return
    assert len(set(positions)) == seats + places
    assert {status[position] for position in positions} == {"a"}


@given(st.text("ahsb", min_size=HALL.capacity, max_size=HALL.capacity))
def test_free_seats_are_counted_by_category(status: str) -> None:
    counts = HALL.count_free(status.encode())
    by_category = [[status[p] for p in range(HALL.capacity) if HALL.category_of[p] == c] for c in range(3)]
    assert counts == [(seats.count("a"), len(seats)) for seats in by_category]
