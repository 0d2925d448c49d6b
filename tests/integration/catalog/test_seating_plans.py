import asyncio
import json
import time

import pytest

from chassis.internal_client import KEY_HEADER
from support.queries import count_queries
from support.seating_plans import plan_document, seat

HUGE_SEATS = 100_000


@pytest.fixture
def as_a_service(signing_keys) -> dict[str, str]:
    """The headers by which services know each other."""
    return {KEY_HEADER: signing_keys.internal_api_key.read_text().strip()}


@pytest.fixture
def import_json(http, organizer):
    """Call it with a document's text to import it as it is written."""

    async def send(text: str):
        headers = organizer.write_headers({"Content-Type": "application/json"})
        return await http.post("/seating-plans", content=text, headers=headers)

    return send


def huge_plan(seats=HUGE_SEATS):
    return plan_document(name="Stadium", rows=seats // 100, seats_per_row=100)


async def test_an_import_tells_what_was_in_the_plan(house):
    plan = await house.plan(rows=2, seats_per_row=4, standing=300)
    assert {
        "name": "Grand Theatre",
        "version": 1,
        "seats": 8,
        "areas": 1,
        "categories": [
            {"name": "Stalls", "color": "#7f4a91", "capacity": 8},
            {"name": "Standing", "color": None, "capacity": 300},
        ],
    } == {name: plan[name] for name in ("name", "version", "seats", "areas", "categories")}


async def test_an_export_is_the_import_byte_for_byte(import_json, organizer):
    written = json.dumps(plan_document(standing=20), indent=3, ensure_ascii=False)
    created = await import_json(written)
    exported = await organizer.get(f"/seating-plans/{created.json()['seating_plan_id']}")
    assert written == exported.text


async def test_a_plan_of_the_same_name_is_its_next_version(house):
    first, second = await house.plan(rows=1), await house.plan(rows=2)
    assert [(1, 4), (2, 8)] == [(plan["version"], plan["seats"]) for plan in (first, second)]


async def test_a_new_version_leaves_the_old_one_as_it_was(organizer, house):
    first = await house.plan(rows=1)
    await house.plan(rows=2)
    assert plan_document(rows=1) == (await organizer.get(f"/seating-plans/{first['seating_plan_id']}")).json()


async def test_each_organization_counts_its_own_versions(house, other_house):
    ours, theirs = await house.plan(rows=1), await other_house.plan(rows=2)
    assert [1, 1] == [plan["version"] for plan in (ours, theirs)]


async def test_imports_at_once_get_versions_of_their_own(house):
    plans = await asyncio.gather(*(house.plan(rows=number + 1) for number in range(5)))
    assert [1, 2, 3, 4, 5] == sorted(plan["version"] for plan in plans)


async def test_a_refused_plan_tells_every_fault_with_its_path(organizer):
    document = plan_document(rows=1, seats_per_row=2)
    document["zones"][0]["rows"][0]["seats"] += [
        seat(seat_id="Stalls-1-1"),
        seat(seat_id="x2", category="Pit"),
    ]
    answer = await organizer.post("/seating-plans", document)
    assert (422, "/problems/seating-plan-invalid") == (answer.status_code, answer.json()["type"])
    assert [
        ("zones/0/rows/0/seats/2/seat_guid", "'Stalls-1-1' is already the seat at zones/0/rows/0/seats/0"),
        ("zones/0/rows/0/seats/3/category", "'Pit' is not one of the plan's categories"),
    ] == [(fault["path"], fault["rule"]) for fault in answer.json()["errors"]]


async def test_a_plan_with_nothing_to_sell_is_refused(organizer, refusal):
    assert (422, "seating-plan-invalid") == refusal(
        await organizer.post("/seating-plans", plan_document(rows=0))
    )


async def test_what_is_no_json_is_refused(import_json, refusal):
    assert (422, "seating-plan-invalid") == refusal(await import_json("{"))


async def test_a_missing_body_is_refused(http, organizer, refusal):
    answer = await http.post("/seating-plans", headers=organizer.write_headers())
    assert (422, "seating-plan-invalid") == refusal(answer)


async def test_a_buyer_imports_no_plan(buyer, refusal):
    assert (403, "forbidden") == refusal(await buyer.post("/seating-plans", plan_document()))


async def test_a_plan_of_100_000_seats_is_imported_in_seconds_of_work(import_json):
    written = json.dumps(huge_plan())
    started = time.process_time()
    created = await import_json(written)
    assert (201, HUGE_SEATS) == (created.status_code, created.json()["seats"])
    # Of this process alone, so that a busy machine does not fail the test.
    assert time.process_time() - started < 10


async def test_others_are_served_while_a_huge_plan_is_imported(import_json, anyone):
    written = json.dumps(huge_plan())
    started = time.perf_counter()
    importing = asyncio.create_task(import_json(written))
    waits = []
    while not importing.done():
        asked = time.perf_counter()
        await anyone.get("/events")
        waits.append(time.perf_counter() - asked)
    assert 201 == (await importing).status_code
    assert max(waits) < (time.perf_counter() - started) / 2


async def test_one_seat_too_many_is_refused(import_json, refusal):
    assert (422, "seating-plan-invalid") == refusal(
        await import_json(json.dumps(huge_plan(HUGE_SEATS + 100)))
    )


async def test_a_document_beyond_the_limit_is_refused(settings_for, mint_token, refusal, ours):
    from httpx import ASGITransport, AsyncClient

    from catalog.app import create_app

    app = create_app(settings_for("catalog", seating_plan_bytes_max=1000))
    token = mint_token("organizer", organizations={ours: ["organizer"]})
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://catalog") as http:
        answer = await http.post("/api/v1/seating-plans", json=plan_document(rows=20), headers=headers)
    assert (413, "body-too-large") == refusal(answer)


async def test_plans_are_listed_newest_first_over_pages(organizer, house):
    made = [await house.plan(name=f"Plan {number}") for number in range(3)]
    first = (await organizer.get("/seating-plans", limit=2)).json()
    second = (await organizer.get("/seating-plans", limit=2, cursor=first["next_cursor"])).json()
    assert made[::-1] == first["items"] + second["items"]


async def test_the_versions_of_one_plan_are_listed(organizer, house):
    await house.plan(name="Other")
    made = [await house.plan(name="Wanted") for _ in range(2)]
    assert made[::-1] == (await organizer.get("/seating-plans", name="Wanted")).json()["items"]


async def test_a_page_of_plans_is_one_query(db, organizer, house):
    for number in range(3):
        await house.plan(name=f"Plan {number}")
    with count_queries(db) as statements:
        await organizer.get("/seating-plans")
    assert 1 == len(statements)


async def test_reservation_reads_the_seats_of_a_plan(http, house, as_a_service):
    plan = await house.plan(rows=1, seats_per_row=2, standing=30)
    url = f"http://catalog/internal/seating-plans/{plan['seating_plan_id']}/seats"
    answer = await http.get(url, headers=as_a_service)
    assert {
        "seating_plan_id": plan["seating_plan_id"],
        "sha256": plan["sha256"],
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
    } == answer.json()


async def test_seats_of_a_plan_nobody_made_are_not_found(http, refusal, as_a_service):
    url = "http://catalog/internal/seating-plans/0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a03/seats"
    assert (404, "seating-plan-not-found") == refusal(await http.get(url, headers=as_a_service))


@pytest.mark.parametrize("headers", [{}, {KEY_HEADER: ""}, {KEY_HEADER: "guessed"}])
async def test_seats_are_told_to_nobody_but_our_services(http, house, refusal, organizer, headers):
    plan = await house.plan()
    url = f"http://catalog/internal/seating-plans/{plan['seating_plan_id']}/seats"
    answer = await http.get(url, headers=organizer.headers | headers)
    assert (401, "unauthenticated") == refusal(answer)
