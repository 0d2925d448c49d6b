"""Every route, its answers and its problems, through the app in process."""

import uuid
from typing import Any

import httpx
import pytest
from integration.reservation.conftest import Person
from integration.reservation.scene import Scene, plan_document

from chassis.signing import KeySet, verify
from reservation.app import create_app
from reservation.settings import Settings
from support.tokens import MintToken, SigningKeys


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].removeprefix("/problems/")


async def held(buyer: Person, scene: Scene, *seat_ids: str) -> dict[str, Any]:
    event = await scene.put_on_sale()
    answer = await buyer.ask(
        "POST", "/holds", {"event_id": str(event), "seat_ids": list(seat_ids or ("0-0", "0-1"))}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_placed_hold_comes_with_a_token_that_orders_can_verify(
    scene: Scene, buyer: Person, signing_keys: SigningKeys
) -> None:
    event = await scene.put_on_sale()
    answer = await buyer.ask("POST", "/holds", {"event_id": str(event), "seat_ids": ["0-1", "0-0"]})
    hold = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/holds/{hold['hold_id']}"
    assert (hold["state"], hold["renewals_left"], hold["event_id"]) == ("active", 2, str(event))
    assert hold["seats"][0] == {
        "seat_id": "0-0",
        "zone": "Main",
        "row": "0",
        "number": "0",
        "price_category": "Stalls",
        "area_id": None,
    }
    keys = KeySet.load(str(signing_keys.hold_token_jwks))
    claims = verify(hold["hold_token"], keys, "hold+jwt", "rowlock-orders", "rowlock-reservation")
    assert (claims["sub"], claims["hold_id"], claims["event_id"]) == ("berta", hold["hold_id"], str(event))
    assert claims["seats"] == [["0-0", "Stalls"], ["0-1", "Stalls"]]


async def test_the_same_request_again_gets_the_same_answer_to_the_byte(scene: Scene, buyer: Person) -> None:
    event = await scene.put_on_sale()
    body = {"event_id": str(event), "best_available": {"price_category": "Stalls", "quantity": 2}}
    first = await buyer.ask("POST", "/holds", body, key="k1")
    again = await buyer.ask("POST", "/holds", body, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replay"] == "true"
    other = await buyer.ask("POST", "/holds", body | {"areas": [{"area_id": "pit", "quantity": 1}]}, key="k1")
    assert problem(other) in ((422, "idempotency-key-reused"), (422, "unknown-area"))


async def test_taken_seats_are_named_with_the_nearest_alternative(scene: Scene, buyer: Person) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-4")
    answer = await buyer.ask("POST", "/holds", {"event_id": str(event), "seat_ids": ["0-4", "0-5"]})
    assert problem(answer) == (409, "seats-taken")
    assert answer.json()["taken"] == ["0-4"]
    assert [seat["seat_id"] for seat in answer.json()["alternative"]["seats"]] in (
        ["0-5", "0-6"],
        ["0-2", "0-3"],
    )


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"seat_ids": ["9-9"]}, (422, "unknown-seats")),
        ({"seat_ids": [f"1-{n}" for n in range(10)] + ["2-0"]}, (422, "too-many-seats")),
        ({"best_available": {"price_category": "Royal", "quantity": 1}}, (422, "unknown-price-category")),
        ({"areas": [{"area_id": "moat", "quantity": 1}]}, (422, "unknown-area")),
        ({"areas": [{"area_id": "pit", "quantity": 4}]}, (409, "not-enough-seats")),
        ({}, (422, "validation-failed")),
        ({"seat_ids": []}, (422, "validation-failed")),
        ({"seat_ids": ["0-0", "0-0"]}, (422, "validation-failed")),
        ({"seat_ids": ["0-0"], "surprise": 1}, (422, "validation-failed")),
        ({"best_available": {"price_category": "Stalls", "quantity": 0}}, (422, "validation-failed")),
    ],
)
async def test_wishes_that_are_refused(
    scene: Scene, buyer: Person, wish: dict[str, Any], expected: tuple[int, str]
) -> None:
    event = await scene.put_on_sale(plan_document(standing=3))
    assert problem(await buyer.ask("POST", "/holds", {"event_id": str(event), **wish})) == expected


async def test_unknown_events_and_too_many_holds_are_refused(scene: Scene, buyer: Person) -> None:
    answer = await buyer.ask("POST", "/holds", {"event_id": str(uuid.uuid4()), "seat_ids": ["0-0"]})
    assert problem(answer) == (404, "event-not-on-sale")
    event = await scene.put_on_sale()
    for n in range(3):
        await buyer.ask("POST", "/holds", {"event_id": str(event), "seat_ids": [f"0-{n}"]})
    answer = await buyer.ask("POST", "/holds", {"event_id": str(event), "seat_ids": ["1-0"]})
    assert problem(answer) == (409, "too-many-active-holds")
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after_s"] > 0


async def test_placing_needs_a_key(scene: Scene, http: Any, buyer: Person) -> None:
    body = {"event_id": str(uuid.uuid4()), "seat_ids": ["0-0"]}
    headers = {"Authorization": f"Bearer {buyer._token}"}
    assert problem(await http.post("/holds", json=body, headers=headers)) == (400, "idempotency-key-missing")


async def test_a_hold_is_seen_by_its_buyer_and_by_the_bearer_of_its_token(
    scene: Scene, buyer: Person, stranger: Person, anonymous: Person
) -> None:
    hold = await held(buyer, scene)
    path = f"/holds/{hold['hold_id']}"
    assert (await buyer.ask("GET", path)).json() == hold
    assert (await anonymous.ask("GET", path, Hold_Token=hold["hold_token"])).json() == hold
    assert problem(await stranger.ask("GET", path)) == (404, "hold-not-found")
    assert problem(await anonymous.ask("GET", path)) == (401, "unauthenticated")
    assert problem(await anonymous.ask("GET", path, Hold_Token="x.y.z")) == (401, "hold-token-invalid")
    assert problem(await buyer.ask("GET", f"/holds/{uuid.uuid4()}")) == (404, "hold-not-found")


async def test_a_hold_is_given_up_once(
    scene: Scene, buyer: Person, stranger: Person, anonymous: Person
) -> None:
    hold = await held(buyer, scene)
    path = f"/holds/{hold['hold_id']}"
    assert problem(await stranger.ask("DELETE", path)) == (404, "hold-not-found")
    first = await anonymous.ask("DELETE", path, key="d1", Hold_Token=hold["hold_token"])
    again = await anonymous.ask("DELETE", path, key="d1", Hold_Token=hold["hold_token"])
    assert (first.status_code, again.status_code) == (204, 204)
    assert problem(await buyer.ask("DELETE", path)) == (409, "hold-not-active")
    seen = (await buyer.ask("GET", path)).json()
    assert (seen["state"], seen["hold_token"]) == ("released", None)


async def test_a_seat_is_given_up_for_a_new_token(scene: Scene, buyer: Person) -> None:
    hold = await held(buyer, scene)
    path = f"/holds/{hold['hold_id']}/seats"
    left = (await buyer.ask("DELETE", f"{path}/0-0")).json()
    assert [seat["seat_id"] for seat in left["seats"]] == ["0-1"]
    assert left["hold_token"] != hold["hold_token"]
    assert problem(await buyer.ask("DELETE", f"{path}/0-0")) == (404, "seat-not-in-hold")
    last = (await buyer.ask("DELETE", f"{path}/0-1")).json()
    assert (last["state"], last["hold_token"], last["seats"]) == ("released", None, [])


async def test_a_unit_of_an_area_has_an_id_that_fits_a_path(scene: Scene, buyer: Person) -> None:
    event = await scene.put_on_sale(plan_document(standing=3))
    body = {"event_id": str(event), "areas": [{"area_id": "pit", "quantity": 2}]}
    hold = (await buyer.ask("POST", "/holds", body)).json()
    unit = hold["seats"][0]["seat_id"]
    left = await buyer.ask("DELETE", f"/holds/{hold['hold_id']}/seats/{unit}")
    assert left.status_code == 200
    assert len(left.json()["seats"]) == 1


async def test_a_hold_is_renewed_within_its_cap(scene: Scene, buyer: Person) -> None:
    hold = await held(buyer, scene)
    path = f"/holds/{hold['hold_id']}/renewals"
    renewed = (await buyer.ask("POST", path)).json()
    assert renewed["expires_at"] > hold["expires_at"]
    assert renewed["renewals_left"] == 1
    await buyer.ask("POST", path)
    assert problem(await buyer.ask("POST", path)) == (409, "renewals-used-up")


@pytest.mark.parametrize(("method", "path"), [("POST", "renewals"), ("DELETE", "seats/0-1")])
async def test_a_process_that_knows_nothing_of_the_event_changes_a_hold_with_one_connection(
    settings: Settings, scene: Scene, mint_token: MintToken, method: str, path: str
) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0", "0-1", buyer="berta")
    app = create_app(settings.model_copy(update={"database_pool_size": 1, "database_pool_wait_s": 0.2}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation/api/v1") as client:
        buyer = Person(client, mint_token("buyer", subject="berta"))
        answer = await buyer.ask(method, f"/holds/{placed.hold.hold_id}/{path}")
    await app.state.db.close()
    assert answer.status_code == 200, answer.text
    assert answer.json()["seats"][0]["row"] == "0"


async def test_an_expired_hold_says_so(scene: Scene, buyer: Person) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0", buyer="berta")
    await scene.expire(placed)
    path = f"/holds/{placed.hold.hold_id}"
    assert (await buyer.ask("GET", path)).json()["state"] == "expired"
    assert problem(await buyer.ask("POST", f"{path}/renewals")) == (409, "hold-expired")
    assert problem(await buyer.ask("DELETE", path)) == (409, "hold-expired")


async def test_availability_is_public_compact_and_cheap_to_ask_again(scene: Scene, anonymous: Person) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=4, standing=3))
    placed = await scene.hold(event, "0-1")
    sold = await scene.hold(event, "0-2")
    await scene.confirm(sold)
    await scene.hold_area(event, 1)
    path = f"/events/{event}/availability"
    answer = await anonymous.ask("GET", path)
    seen = answer.json()
    assert seen["seats"] == "ahsa"
    assert seen["areas"] == [{"area_id": "pit", "available": 2, "capacity": 3}]
    assert seen["categories"] == [
        {"price_category": "Stalls", "available": 2, "total": 4},
        {"price_category": "Standing", "available": 2, "total": 3},
    ]
    assert answer.headers["cache-control"] == "public, max-age=1"
    unchanged = await anonymous.ask("GET", path, If_None_Match=answer.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await scene.expire(placed)
    changed = await anonymous.ask("GET", path, If_None_Match=answer.headers["etag"])
    assert changed.json()["seats"] == "aasa"
    missing = await anonymous.ask("GET", f"/events/{uuid.uuid4()}/availability")
    assert problem(missing) == (404, "event-not-on-sale")


async def test_the_organizer_blocks_lists_and_unblocks_seats(
    scene: Scene, organizer: Person, buyer: Person
) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")
    path = f"/events/{event}"
    body = {"seat_ids": ["0-1", "0-2", "0-3"], "reason": "camera"}
    assert problem(await buyer.ask("POST", f"{path}/blocked-seats", body)) == (403, "forbidden")
    assert (await organizer.ask("POST", f"{path}/blocked-seats", body)).json() == {
        "blocked": body["seat_ids"]
    }
    refused = await organizer.ask("POST", f"{path}/blocked-seats", {"seat_ids": ["0-0"]})
    assert problem(refused) == (409, "seats-not-free")
    page = (await organizer.ask("GET", f"{path}/blocked-seats?limit=2")).json()
    assert page["items"] == [{"seat_id": seat, "reason": "camera"} for seat in ("0-1", "0-2")]
    rest = (await organizer.ask("GET", f"{path}/blocked-seats?cursor={page['next_cursor']}")).json()
    assert ([item["seat_id"] for item in rest["items"]], rest["next_cursor"]) == (["0-3"], None)
    freed = await organizer.ask("POST", f"{path}/unblocked-seats", {"seat_ids": ["0-1"]})
    assert freed.json() == {"unblocked": ["0-1"]}
    again = await organizer.ask("POST", f"{path}/unblocked-seats", {"seat_ids": ["0-1"]})
    assert problem(again) == (409, "seats-not-blocked")
    nowhere = await organizer.ask("GET", f"/events/{uuid.uuid4()}/blocked-seats")
    assert problem(nowhere) == (404, "event-not-on-sale")


async def test_another_organizations_event_is_as_good_as_none(
    scene: Scene, organizer: Person, other_organizer: Person
) -> None:
    event = await scene.put_on_sale()
    body = {"seat_ids": ["0-1"]}
    assert (await organizer.ask("POST", f"/events/{event}/blocked-seats", body)).status_code == 200
    for method, path, sent in (
        ("POST", "blocked-seats", {"seat_ids": ["0-2"]}),
        ("POST", "unblocked-seats", body),
        ("GET", "blocked-seats", None),
    ):
        theirs = await other_organizer.ask(method, f"/events/{event}/{path}", sent)
        nobodys = await other_organizer.ask(method, f"/events/{uuid.uuid4()}/{path}", sent)
        assert problem(theirs) == problem(nobodys) == (404, "event-not-on-sale")
        assert theirs.json()["detail"] == nobodys.json()["detail"]
    seats = await scene.seats(event)
    assert (seats["0-1"].state, seats["0-2"].state) == ("blocked", "available")


async def test_every_operation_has_problems_and_security_in_openapi(app: Any, settings: Settings) -> None:
    paths = app.openapi()["paths"]
    place = paths["/api/v1/holds"]["post"]
    assert place["security"]
    assert "seats-taken" in place["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert "$ref" in place["requestBody"]["content"]["application/json"]["schema"]
    assert set(paths["/api/v1/holds/{hold_id}"]) == {"get", "delete"}


async def test_an_answer_is_not_replayed_to_the_bearer_of_another_holds_token(
    scene: Scene, buyer: Person, stranger: Person, anonymous: Person
) -> None:
    hold, other = await held(buyer, scene), await held(stranger, scene)
    path = f"/holds/{hold['hold_id']}/renewals"
    first = await anonymous.ask("POST", path, key="k1", Hold_Token=hold["hold_token"])
    assert first.status_code == 200
    answer = await anonymous.ask("POST", path, key="k1", Hold_Token=other["hold_token"])
    assert problem(answer) == (404, "hold-not-found")


async def test_a_cancelled_event_has_no_availability(scene: Scene, anonymous: Person) -> None:
    event = await scene.put_on_sale()
    seen = await anonymous.ask("GET", f"/events/{event}/availability")
    await scene.cancel(event)
    answer = await anonymous.ask("GET", f"/events/{event}/availability", If_None_Match=seen.headers["etag"])
    assert problem(answer) == (404, "event-not-on-sale")
