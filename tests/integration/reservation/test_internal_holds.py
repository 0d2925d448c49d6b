"""What orders asks about holds and sold seats."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from integration.reservation.scene import LIMITS, Scene, outcomes, owner, plan_document
from integration.reservation.test_forgetting import pass_time

from chassis.internal_client import KEY_HEADER, InternalClient, read_internal_key
from reservation.domain.holds import HoldLimits
from reservation.settings import Settings
from reservation.usecases.place_hold import PlacedHold
from reservation.usecases.release_hold import release_hold
from reservation.usecases.renew_hold import renew_hold
from reservation.usecases.renew_holds import HoldTime, renew_holds
from support.queries import count_queries


@pytest.fixture
async def orders(app: Any, settings: Settings) -> AsyncIterator[InternalClient]:
    """Asks as the orders service does."""
    client = InternalClient(
        "http://reservation", settings.internal_api_key, transport=httpx.ASGITransport(app)
    )
    yield client
    await client.close()


async def renew(scene: Scene, *holds: PlacedHold, limits: HoldLimits = LIMITS) -> list[HoldTime]:
    hold_ids = [placed.hold.hold_id for placed in holds]
    return await scene.db.run(lambda tx: renew_holds(tx, hold_ids=hold_ids, limits=limits))


async def expiries(scene: Scene, event: uuid.UUID) -> set[datetime]:
    return {seat.expires_at for seat in (await scene.seats(event)).values() if seat.state == "held"}


async def test_the_holds_of_an_order_last_longer_when_it_is_about_to_be_paid(scene: Scene) -> None:
    event = await scene.put_on_sale()
    one, other = await scene.hold(event, "0-0", "0-1"), await scene.hold(event, "1-0")
    await pass_time(scene, 600)
    times = await renew(scene, one, other)
    assert [time.renewed for time in times] == [True, True]
    assert {time.expires_at for time in times} == await expiries(scene, event)
    assert min(time.expires_at for time in times) > one.hold.placed_at + timedelta(seconds=890)


async def test_asked_again_it_renews_nothing_and_uses_nothing_up(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0")
    await pass_time(scene, 600)
    (first,) = await renew(scene, placed)
    for again in await outcomes(*(renew(scene, placed) for _ in range(5))):
        assert again == [replace(first, renewed=False)]
    (row,) = await scene.rows("SELECT renewals FROM reservation.holds")
    assert row.renewals == 1


async def test_a_renewal_keeps_to_the_caps_and_refuses_nothing(scene: Scene) -> None:
    event = await scene.put_on_sale()
    used_up, too_old = await scene.hold(event, "0-0"), await scene.hold(event, "1-0")
    await pass_time(scene, 500)
    for _ in range(LIMITS.hold_renewals_max):
        await scene.db.run(
            lambda tx: renew_hold(tx, hold_id=used_up.hold.hold_id, owner=owner(used_up), limits=LIMITS)
        )
    before = await expiries(scene, event)
    times = await renew(scene, used_up, too_old, limits=replace(LIMITS, hold_total_s_max=910))
    assert [time.renewed for time in times] == [False, False]
    assert await expiries(scene, event) == before == {time.expires_at for time in times}


async def test_a_renewal_ends_at_the_total_time(scene: Scene) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    await pass_time(scene, 600)
    (time,) = await renew(scene, placed, limits=replace(LIMITS, hold_total_s_max=1000))
    moved = placed.hold.placed_at - timedelta(seconds=600)
    assert (time.renewed, time.expires_at) == (True, moved + timedelta(seconds=1000))


async def test_holds_that_are_over_keep_nothing_from_now_on(scene: Scene) -> None:
    event, cancelled = await scene.put_on_sale(), await scene.put_on_sale()
    released, expired, taken = [await scene.hold(event, f"{n}-0") for n in range(3)]
    of_cancelled = await scene.hold(cancelled, "0-0")
    await scene.db.run(lambda tx: release_hold(tx, hold_id=released.hold.hold_id, owner=owner(released)))
    await scene.expire(expired, taken)
    await scene.hold(event, "2-0")
    await scene.cancel(cancelled)
    (clock,) = await scene.rows("SELECT clock_timestamp() + interval '1 second' AS soon")
    times = await renew(scene, released, expired, taken, of_cancelled)
    assert [time.renewed for time in times] == [False] * 4
    assert all(time.expires_at < clock.soon for time in times)


async def test_orders_asks_over_http(scene: Scene, orders: InternalClient) -> None:
    placed = await scene.hold(await scene.put_on_sale(), "0-0")
    await pass_time(scene, 600)
    known, unknown = str(placed.hold.hold_id), str(uuid.uuid4())
    answer = await orders.post_json("/internal/holds/renewals", {"hold_ids": [unknown, known, known]})
    assert answer is not None
    (held,) = answer["holds"]
    assert (held["hold_id"], held["renewed"]) == (known, True)
    assert datetime.fromisoformat(held["expires_at"]) in await expiries(scene, placed.hold.event_id)


async def test_sold_seats_are_told_page_by_page_each_once(scene: Scene, orders: InternalClient) -> None:
    events = [await scene.put_on_sale(plan_document(rows=2, seats=10, standing=3)) for _ in range(3)]
    sold: set[tuple[str, str, str]] = set()
    for event in events:
        for seats in (("0-0", "0-1"), ("1-9",), ("pit:2",)):
            order = await scene.confirm(await scene.hold(event, *seats))
            sold |= {(str(event), seat, str(order)) for seat in seats}
        await scene.hold(event, "1-0")
    asked = [str(event) for event in events[:2]]
    told: list[tuple[str, str, str]] = []
    question: dict[str, Any] = {"event_ids": asked, "next": None, "limit": 3}
    pages = 0
    while pages == 0 or question["next"]:
        page = await orders.post_json("/internal/sold-seats", question)
        assert page is not None
        told += [(seat["event_id"], seat["seat_id"], seat["order_id"]) for seat in page["seats"]]
        question["next"] = page["next"]
        pages += 1
    assert pages == 3
    assert len(told) == len(set(told))
    assert set(told) == {seat for seat in sold if seat[0] in asked}


async def test_a_page_of_sold_seats_is_one_query(scene: Scene, app: Any, orders: InternalClient) -> None:
    event = await scene.put_on_sale()
    await scene.confirm(await scene.hold(event, "0-0", "0-1", "0-2"))
    with count_queries(app.state.db) as statements:
        await orders.post_json("/internal/sold-seats", {"event_ids": [str(event)]})
    assert len(statements) == 1


@pytest.mark.parametrize("cursor", ["nonsense", "WzEsMl0", "WyJhIiwgMV0"])
async def test_a_cursor_that_was_never_given_is_refused(
    http: httpx.AsyncClient, settings: Settings, cursor: str
) -> None:
    refused = await http.post(
        "http://reservation/internal/sold-seats",
        json={"event_ids": [str(uuid.uuid4())], "next": cursor},
        headers={KEY_HEADER: read_internal_key(settings.internal_api_key)},
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/cursor-invalid")


@pytest.mark.parametrize("path", ["holds/renewals", "sold-seats"])
async def test_only_our_own_services_are_answered(http: httpx.AsyncClient, path: str) -> None:
    body = {"hold_ids": [str(uuid.uuid4())], "event_ids": [str(uuid.uuid4())]}
    refused = await http.post(f"http://reservation/internal/{path}", json=body)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
