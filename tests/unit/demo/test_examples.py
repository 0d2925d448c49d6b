"""The example seating plans say what their drawings say, and are venues one could sell."""

import json
from itertools import pairwise
from math import dist
from pathlib import Path

import pytest

from rowlock_demo.drawing import PLANS, to_json, to_svg
from rowlock_demo.drawing.plan import SEAT_PITCH, Json, Point, seats_of

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("name", PLANS)
def test_committed_files_are_what_the_drawing_makes(name: str):
    plan = PLANS[name]()
    assert to_json(plan) == (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")
    assert to_svg(plan) == (EXAMPLES / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PLANS)
def test_file_reads_back_as_the_plan(name: str):
    plan = PLANS[name]()
    assert plan == json.loads(to_json(plan))


def test_theatre_has_about_five_hundred_seats():
    assert seats_of(PLANS["theatre"]()) in range(480, 521)


def test_arena_has_twelve_thousand_seats_and_two_standing_areas():
    plan = PLANS["arena"]()
    assert seats_of(plan) >= 12_000
    assert _standing_areas(plan) == ["front-standing", "rear-standing"]


def test_club_is_standing_only():
    plan = PLANS["club"]()
    assert seats_of(plan) == 0
    assert _standing_areas(plan) == ["dance-floor", "gallery"]


@pytest.mark.parametrize("name", PLANS)
def test_no_seat_has_another_ones_name_or_place(name: str):
    seats = [seat for row in _rows(PLANS[name]()) for seat in row]
    assert len({guid for guid, _ in seats}) == len(seats)
    assert len({place for _, place in seats}) == len(seats)


@pytest.mark.parametrize("name", PLANS)
def test_neighbours_sit_a_seat_apart_or_an_aisle(name: str):
    gaps = [dist(left, right) for row in _rows(PLANS[name]()) for (_, left), (_, right) in pairwise(row)]
    assert all(gap == pytest.approx(SEAT_PITCH, abs=1) or gap == pytest.approx(60, abs=1) for gap in gaps)


@pytest.mark.parametrize("name", PLANS)
def test_every_seat_lies_within_the_plan(name: str):
    plan = PLANS[name]()
    for row in _rows(plan):
        for _, (x, y) in row:
            assert 0 < x < plan["size"]["width"]
            assert 0 < y < plan["size"]["height"]


def _rows(plan: Json) -> list[list[tuple[str, Point]]]:
    return [
        [(seat["seat_guid"], _point(zone, row, seat)) for seat in row["seats"]]
        for zone in plan["zones"]
        for row in zone["rows"]
    ]


def _point(*parts: Json) -> Point:
    return (
        round(sum(part["position"]["x"] for part in parts), 1),
        round(sum(part["position"]["y"] for part in parts), 1),
    )


def _standing_areas(plan: Json) -> list[str]:
    return [
        area["general_admission"]["area_id"]
        for zone in plan["zones"]
        for area in zone["areas"]
        if "general_admission" in area
    ]
