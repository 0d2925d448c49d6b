import json
from uuid import UUID

from catalog.domain.plan_views import document_sha256, geometry_view, seats_view, with_version
from catalog.usecases.plan_document.parser import read_plan
from support.seating_plans import plan_document

PLAN_ID = UUID("0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a03")


def read(document):
    return read_plan(document, seats_per_plan_max=1000)


def seats_of(document):
    return json.loads(seats_view(read(document), seating_plan_id=PLAN_ID, sha256="abc"))


def geometry_of(document):
    return json.loads(geometry_view(read(document), seating_plan_id=PLAN_ID, sha256="abc"))


def two_zones():
    document = plan_document(rows=2, seats_per_row=2)
    balcony = plan_document(rows=1, seats_per_row=1, category="Balcony")
    document["zones"] += balcony["zones"]
    document["categories"] += balcony["categories"]
    return document


def test_reservation_is_told_everything_that_is_sold():
    assert {
        "seating_plan_id": str(PLAN_ID),
        "sha256": "abc",
        "seats_total": 2,
        "capacity_total": 32,
        "price_categories": ["Stalls", "Standing"],
        "rows": [
            {
                "zone": "Stalls",
                "row": "1",
                "rank": 0,
                "seats": [["Stalls-1-1", "1", 0, 0, 100, 50], ["Stalls-1-2", "2", 0, 1, 120, 50]],
            }
        ],
        "areas": [{"area_id": "floor", "name": "Floor", "price_category": "Standing", "capacity": 30}],
    } == seats_of(plan_document(rows=1, seats_per_row=2, standing=30))


def test_rows_rank_in_the_order_of_zones_and_rows():
    rows = seats_of(two_zones())["rows"]
    assert [("Stalls", "1", 0), ("Stalls", "2", 1), ("Balcony", "1", 2)] == [
        (row["zone"], row["row"], row["rank"]) for row in rows
    ]


def test_an_aisle_in_a_row_skips_a_place():
    document = plan_document(rows=1, seats_per_row=4)
    for seat in document["zones"][0]["rows"][0]["seats"][2:]:
        seat["position"]["x"] += 40
    assert [0, 1, 3, 4] == [place for _, _, _, place, _, _ in seats_of(document)["rows"][0]["seats"]]


def test_the_geometry_lists_the_same_seats_in_the_same_order():
    document = two_zones()
    drawn = [
        seat[0] for zone in geometry_of(document)["zones"] for row in zone["rows"] for seat in row["seats"]
    ]
    assert drawn == [seat[0] for row in seats_of(document)["rows"] for seat in row["seats"]]


def test_the_geometry_shows_areas_where_they_are_on_the_plan():
    (area,) = geometry_of(plan_document(standing=30))["zones"][0]["areas"]
    assert {
        "area_id": "floor",
        "name": "Floor",
        "price_category": "Standing",
        "capacity": 30,
        "shape": {
            "shape": "rectangle",
            "rectangle": {"width": 300, "height": 100},
            "position": {"x": 100, "y": 250},
        },
    } == area


def test_the_version_is_added_to_a_finished_view():
    assert {"version": 3, "name": "Club"} == json.loads(with_version(b'{"name":"Club"}', 3))


def test_the_digest_does_not_depend_on_how_the_document_is_written():
    document = plan_document()
    rewritten = json.loads(json.dumps(dict(reversed(document.items())), indent=4))
    assert document_sha256(document) == document_sha256(rewritten)


def test_the_digest_depends_on_what_it_says():
    assert document_sha256(plan_document(rows=1)) != document_sha256(plan_document(rows=2))
