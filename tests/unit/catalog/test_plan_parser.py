import pytest

from catalog.domain.plan_faults import SeatingPlanInvalid
from catalog.usecases.plan_document.parser import parse_document, read_plan
from support.seating_plans import plan_document, seat, standing_area

SEATS_MAX = 1000


def read(document):
    return read_plan(document, seats_per_plan_max=SEATS_MAX)


def faults(document):
    with pytest.raises(SeatingPlanInvalid) as refused:
        read(document)
    return {fault.path: fault.rule for fault in refused.value.faults}


def body_fault(body):
    with pytest.raises(SeatingPlanInvalid) as refused:
        parse_document(body)
    return refused.value.faults[0].rule


def first_row(document):
    return document["zones"][0]["rows"][0]


def test_a_plan_has_the_seats_of_its_document_in_their_order():
    plan = read(plan_document(rows=2, seats_per_row=2))
    assert ["Stalls-1-1", "Stalls-1-2", "Stalls-2-1", "Stalls-2-2"] == [
        seat.seat_id for row in plan.rows() for seat in row.seats
    ]


def test_positions_add_up_over_zone_row_and_seat():
    plan = read(plan_document(rows=2, seats_per_row=2))
    assert [(100, 50), (120, 50), (100, 75), (120, 75)] == [
        (seat.x, seat.y) for row in plan.rows() for seat in row.seats
    ]


def test_an_area_with_general_admission_has_a_capacity_to_sell():
    plan = read(plan_document(rows=1, seats_per_row=2, standing=300))
    assert {"Stalls": 2, "Standing": 300} == plan.capacity_by_category()


def test_an_area_without_it_is_only_drawn():
    document = plan_document()
    document["zones"][0]["areas"] = [
        {"shape": "text", "text": {"text": "Stage", "position": {"x": 0, "y": 0}}}
    ]
    assert [] == list(read(document).admissions())


def test_a_plan_may_be_standing_only():
    assert 50 == read(plan_document(rows=0, standing=50)).capacity_total


def test_a_plan_with_nothing_to_sell_is_refused():
    assert {"zones": "must have at least one seat or one area with general_admission"} == faults(
        plan_document(rows=0)
    )


def test_too_many_seats_are_refused():
    document = plan_document(rows=1, seats_per_row=1, standing=SEATS_MAX)
    assert {"zones": "has 1001 seats; a plan may have at most 1000"} == faults(document)


def test_a_duplicate_seat_id_names_both_seats():
    document = plan_document(rows=2, seats_per_row=2)
    document["zones"][0]["rows"][1]["seats"][0]["seat_guid"] = "Stalls-1-2"
    assert {
        "zones/0/rows/1/seats/0/seat_guid": "'Stalls-1-2' is already the seat at zones/0/rows/0/seats/1"
    } == faults(document)


def test_an_unknown_category_is_named_with_its_path():
    document = plan_document()
    first_row(document)["seats"][1]["category"] = "Royal Box"
    assert {"zones/0/rows/0/seats/1/category": "'Royal Box' is not one of the plan's categories"} == faults(
        document
    )


def test_a_category_given_twice_is_refused():
    document = plan_document()
    document["categories"].append({"name": "Stalls"})
    assert {"categories/1/name": "names the category 'Stalls' a second time"} == faults(document)


def test_an_area_id_given_twice_is_refused():
    document = plan_document(standing=10)
    document["zones"][0]["areas"].append(standing_area())
    assert {"zones/0/areas/1/general_admission/area_id": "'floor' is already another area"} == faults(
        document
    )


def test_an_area_of_an_unknown_category_is_refused():
    document = plan_document(standing=10)
    document["zones"][0]["areas"][0]["general_admission"]["category"] = "Pit"
    assert {
        "zones/0/areas/0/general_admission/category": "'Pit' is not one of the plan's categories"
    } == faults(document)


def test_a_seat_named_like_a_place_in_an_area_is_refused():
    document = plan_document(standing=10)
    first_row(document)["seats"][0]["seat_guid"] = "floor:7"
    assert {"zones/0/rows/0/seats/0/seat_guid": "'floor:7' is a place in the area 'floor'"} == faults(
        document
    )


@pytest.mark.parametrize("seat_id", [*(f"A{mark}1" for mark in '/\\%?#;"\x85'), ".."])
def test_a_seat_id_that_no_path_can_name_is_refused(seat_id):
    document = plan_document()
    first_row(document)["seats"][0]["seat_guid"] = seat_id
    rule = 'must be neither dots only nor hold / \\ % ? # ; " or a control character'
    assert {"zones/0/rows/0/seats/0/seat_guid": rule} == faults(document)


@pytest.mark.parametrize("area_id", [*(f"A{mark}1" for mark in '/\\%?#;"\x85'), ".."])
def test_an_area_id_that_no_path_can_name_is_refused(area_id):
    document = plan_document(standing=10)
    document["zones"][0]["areas"][0]["general_admission"]["area_id"] = area_id
    assert ["zones/0/areas/0/general_admission/area_id"] == list(faults(document))


def test_a_seat_id_is_bounded_in_bytes():
    document = plan_document()
    first_row(document)["seats"][0]["seat_guid"] = "é" * 32
    read(document)
    first_row(document)["seats"][0]["seat_guid"] = "é" * 32 + "1"
    rule = "must not be longer than 64 bytes of UTF-8"
    assert {"zones/0/rows/0/seats/0/seat_guid": rule} == faults(document)


def test_a_category_is_bounded_in_bytes():
    document = plan_document(category="S" * 20)
    document["categories"].append({"name": "S" * 65})
    assert {"categories/1/name": "must not be longer than 64 bytes of UTF-8"} == faults(document)


@pytest.mark.parametrize(
    ("break_document", "path", "rule"),
    [
        (lambda d: d.pop("size"), "size", "is required"),
        (lambda d: d.update(colour="red"), "colour", "is not a member of the format"),
        (lambda d: d.update(zones={}), "zones", "must be a list"),
        (lambda d: d.update(categories=[7]), "categories/0", "must be an object"),
        (lambda d: d["size"].update(width=1.5), "size/width", "must be a whole number"),
        (lambda d: d["zones"].append(None), "zones/1", "must be an object"),
        (lambda d: d["zones"][0].pop("rows"), "zones/0/rows", "is required"),
        (lambda d: first_row(d).update(row_number=1), "zones/0/rows/0/row_number", "must be a string"),
        (
            lambda d: first_row(d)["seats"][2]["position"].update(x="left"),
            "zones/0/rows/0/seats/2/position/x",
            "must be a number",
        ),
        (lambda d: first_row(d)["seats"].append([]), "zones/0/rows/0/seats/4", "must be an object"),
    ],
)
def test_a_broken_format_is_told_with_its_path(break_document, path, rule):
    document = plan_document()
    break_document(document)
    assert {path: rule} == faults(document)


def test_all_faults_are_told_at_once():
    document = plan_document()
    document["size"]["width"] = "wide"
    first_row(document)["seats"][0].pop("category")
    assert {"size/width", "zones/0/rows/0/seats/0/category"} == set(faults(document))


def test_at_most_twenty_faults_are_told():
    document = plan_document(rows=1)
    first_row(document)["seats"] = [seat(seat_id=f"s-{n}", category="Nowhere") for n in range(100)]
    assert 20 == len(faults(document))


def test_a_fault_in_a_zone_does_not_hide_those_of_its_rows():
    document = plan_document()
    document["zones"][0]["name"] = 7
    first_row(document)["row_number"] = 1
    assert {"zones/0/name", "zones/0/rows/0/row_number"} == set(faults(document))


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "is not JSON: Expecting value at line 1, column 1"),
        (b"[]", "must be a JSON object"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b'{"name": NaN}', "is not JSON: NaN is not a JSON number"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_refused(body, rule):
    assert rule == body_fault(body)


def test_a_number_of_thousands_of_digits_is_refused():
    assert body_fault(b'{"name": ' + b"9" * 5000 + b"}").startswith("is not JSON")


def test_a_member_named_with_half_a_surrogate_pair_is_refused():
    document = plan_document()
    document["zones"][0]["\ud800"] = 1
    assert {"zones/0": "must be valid Unicode"} == faults(document)
