from math import cos, pi, sin

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.seat_order import places, usual_spacing

POINTS = st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), max_size=40)


def line(*xs):
    return [(float(x), 0.0) for x in xs]


def test_seats_at_equal_distances_are_neighbours():
    assert [0, 1, 2, 3] == places(line(0, 20, 40, 60))


def test_an_aisle_skips_a_place():
    assert [0, 1, 3, 4] == places(line(0, 20, 80, 100))


def test_slightly_uneven_distances_are_no_aisle():
    assert [0, 1, 2, 3] == places(line(0, 20, 43, 62))


def test_seats_given_out_of_order_get_places_along_the_row():
    assert [0, 2, 4, 1, 3] == places(line(0, 40, 80, 20, 60))


def test_a_row_numbered_from_the_right_starts_there():
    assert [0, 1, 2] == places(line(60, 40, 20))


def test_a_curved_row_keeps_together():
    arc = [(300 * cos(angle), 300 * sin(angle)) for angle in (pi / 4 + step * pi / 40 for step in range(20))]
    assert list(range(20)) == places(arc)


def test_a_round_table_follows_the_document():
    ring = [(40 * cos(step * pi / 4), 40 * sin(step * pi / 4)) for step in range(8)]
    assert list(range(8)) == places(ring)


def test_two_seats_far_apart_are_parted_by_what_other_rows_tell():
    usual = usual_spacing([line(0, 20, 40), line(0, 20, 40, 60)])
    assert [0, 2] == places(line(0, 100), usual=usual)


def test_two_seats_alone_are_neighbours():
    assert [0, 1] == places(line(0, 100))


def test_seats_drawn_on_one_spot_follow_the_document():
    assert [0, 1, 2] == places(line(5, 5, 5))


@given(POINTS)
def test_no_two_seats_of_a_row_share_a_place(row):
    assert len(row) == len(set(places(row)))


@given(st.lists(st.integers(1, 8), min_size=2, max_size=12), st.randoms())
def test_the_order_of_the_document_does_not_change_who_adjoins(steps, random):
    xs = [sum(steps[:index]) * 10 for index in range(len(steps))]
    shuffled = random.sample(xs, len(xs))
    assert neighbours(xs) == neighbours(shuffled)


def neighbours(xs):
    place_of = dict(zip(xs, places(line(*xs)), strict=True))
    return {frozenset((a, b)) for a in xs for b in xs if place_of[a] - place_of[b] == 1}
