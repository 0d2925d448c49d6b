"""Any JSON at all is either a plan or refused with paths; anything in the format is accepted."""

import copy
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.domain.plan_faults import FAULTS_PER_PLAN_MAX, SeatingPlanInvalid
from catalog.domain.plan_views import geometry_view, seats_view
from catalog.usecases.import_seating_plan import prepare_seating_plan
from catalog.usecases.plan_document.parser import read_plan
from support.seating_plans import plan_document

SEATS_MAX = 500
PLAN_ID = UUID("0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a03")

NUMBERS = st.integers() | st.floats() | st.integers(-10, 10)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
WORDS = st.sampled_from(
    ["name", "zones", "rows", "seats", "areas", "size", "position", "categories", "x", "general_admission"]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=30,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)
COORDINATES = st.integers(-5000, 5000) | st.floats(-5000, 5000)
POSITIONS = st.fixed_dictionaries({"x": COORDINATES, "y": COORDINATES})
CATEGORIES = ("Stalls", "Balcony")
SEATS = st.fixed_dictionaries(
    {
        "seat_guid": st.uuids().map(str),
        "seat_number": TEXT,
        "position": POSITIONS,
        "category": st.sampled_from(CATEGORIES),
    },
    optional={
        "uuid": TEXT,
        "start_direction": st.sampled_from(["<", ">", "<>", None]),
        "radius": st.floats(1, 50),
    },
)
ROWS = st.fixed_dictionaries(
    {"row_number": TEXT, "seats": st.lists(SEATS, max_size=5)},
    optional={
        "row_label": st.none() | TEXT,
        "seat_label": st.none() | TEXT,
        "row_number_position": st.sampled_from(["start", "end", "both", None]),
        "position": POSITIONS,
        "uuid": TEXT,
    },
)
AREAS = st.fixed_dictionaries(
    {},
    optional={
        "shape": st.sampled_from(["polygon", "rectangle", "ellipse", "circle", "text"]),
        "position": POSITIONS,
        "color": TEXT,
        "border_color": TEXT,
        "rotation": COORDINATES,
        "uuid": TEXT,
        "polygon": st.fixed_dictionaries({"points": st.lists(POSITIONS, max_size=4)}),
        "rectangle": st.fixed_dictionaries({"width": COORDINATES, "height": COORDINATES}),
        "ellipse": st.fixed_dictionaries({"radius": POSITIONS}),
        "circle": st.fixed_dictionaries({"radius": COORDINATES}),
        "text": st.fixed_dictionaries(
            {"text": TEXT, "position": POSITIONS}, optional={"color": TEXT, "size": COORDINATES}
        ),
    },
)
ZONES = st.fixed_dictionaries(
    {"position": POSITIONS, "rows": st.lists(ROWS, max_size=3)},
    optional={"name": TEXT, "zone_id": TEXT, "uuid": TEXT, "areas": st.lists(AREAS, max_size=3)},
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "name": TEXT.filter(bool),
        "size": st.fixed_dictionaries({"width": st.integers(0, 9999), "height": st.integers(0, 9999)}),
        "categories": st.just([{"name": name, "color": "#123456"} for name in CATEGORIES]),
        "zones": st.lists(ZONES, min_size=1, max_size=3),
    }
)


def read_or_faults(document):
    try:
        return read_plan(document, seats_per_plan_max=SEATS_MAX), ()
    except SeatingPlanInvalid as refused:
        return None, refused.faults


@given(ANYTHING | st.dictionaries(WORDS, ANYTHING, max_size=5))
def test_any_json_object_is_a_plan_or_has_faults(anything):
    document = anything if isinstance(anything, dict) else {"zones": anything}
    plan, faults = read_or_faults(document)
    assert (plan is None) == (1 <= len(faults) <= FAULTS_PER_PLAN_MAX)


@given(st.data(), ANYTHING)
def test_any_damage_to_a_good_plan_leaves_a_plan_or_faults_with_paths(data, damage):
    document = plan_document(rows=2, seats_per_row=2, standing=5)
    holder, key = data.draw(st.sampled_from(list(places_in(document))))
    holder[key] = damage
    plan, faults = read_or_faults(document)
    assert plan is not None or all(fault.path for fault in faults)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_another_error(body):
    with pytest.raises(SeatingPlanInvalid):
        prepare_seating_plan(body=body, seats_per_plan_max=SEATS_MAX)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_whatever_the_format_allows_is_accepted_if_it_has_a_seat(document):
    plan, faults = read_or_faults(document)
    if any(row["seats"] for zone in document["zones"] for row in zone["rows"]):
        assert () == faults
        assert plan is not None
        seats_view(plan, seating_plan_id=PLAN_ID, sha256="")
        geometry_view(plan, seating_plan_id=PLAN_ID, sha256="")
    else:
        assert ["zones"] == [fault.path for fault in faults]


@given(DOCUMENTS)
def test_reading_leaves_the_document_as_it_was(document):
    before = copy.deepcopy(document)
    read_or_faults(document)
    assert before == document


def places_in(node):
    """Every (holder, key) at which something stands in the document."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from places_in(value)
