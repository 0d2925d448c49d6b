"""Events come on sale, are cancelled, blocked in part, counted; and their plans are fetched."""

import json
import time
import uuid
from typing import Any

import httpx
import pytest
from integration.reservation.scene import ORGANIZATIONS, Scene, plan_document, published
from sqlalchemy import text

from chassis.internal_client import ServiceUnavailable
from messages.reservation import AvailabilityChanged, HoldReleased, HoldsRefused
from reservation.clients.catalog import CatalogClient, PlanDiffers, PlanRefused
from reservation.domain.errors import EventNotOnSale, SeatsNotBlocked, SeatsNotFree, SeatsTaken, UnknownSeats
from reservation.usecases import publish_availability as publishing
from reservation.usecases.block_seats import block_seats, unblock_seats
from reservation.usecases.cancel_event import release_holds_of_cancelled
from reservation.usecases.expire_holds import expire_holds
from reservation.usecases.publish_availability import publish_availability
from reservation.usecases.put_event_on_sale import prepare_plan, put_event_on_sale
from support.queries import count_queries
from support.tokens import SigningKeys


async def test_sixty_thousand_seats_are_on_sale_within_five_seconds(scene: Scene) -> None:
    document = plan_document(rows=500, seats=120)
    started_at = time.monotonic()
    event = await scene.put_on_sale(document)
    await scene.hold_best(event, 4)
    assert time.monotonic() - started_at < 5
    assert len(await scene.seats(event)) == 60_000


async def test_a_publication_that_comes_twice_puts_seats_on_sale_once(scene: Scene) -> None:
    document = plan_document()
    event = await scene.put_on_sale(document)
    await scene.hold(event, "0-0")
    await scene.put_on_sale(document, event_id=event)
    assert (await scene.seats(event))["0-0"].state == "held"


async def test_a_cancellation_that_overtakes_its_publication_wins(scene: Scene) -> None:
    event = uuid.uuid4()
    await scene.cancel(event)
    await scene.put_on_sale(event_id=event)
    assert await scene.seats(event) == {}
    with pytest.raises(EventNotOnSale):
        await scene.hold(event, "0-0")


async def test_a_cancelled_event_releases_its_holds_and_sells_no_more(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0")
    await scene.cancel(event)
    await scene.cancel(event)
    await scene.confirm(placed)
    assert await release_holds_of_cancelled(scene.db, batch_max=10) == 1
    assert [m["reason"] for m in await scene.messages(HoldReleased)] == ["event_cancelled"]
    assert [m["reason"] for m in await scene.messages(HoldsRefused)] == ["event_cancelled"]
    with pytest.raises(EventNotOnSale):
        await scene.hold(event, "0-1")


async def test_events_cancelled_long_ago_are_left_to_the_sweeper(scene: Scene) -> None:
    event = await scene.put_on_sale()
    placed = await scene.hold(event, "0-0")
    await scene.cancel(event)
    async with scene.db.transaction() as tx:
        await tx.execute(
            text("UPDATE reservation.events SET cancelled_at = cancelled_at - interval '25 hours'")
        )
    assert await release_holds_of_cancelled(scene.db, batch_max=10) == 0
    await scene.expire(placed)
    assert await expire_holds(scene.db, batch_max=10) == 1


async def test_only_free_seats_are_blocked_and_blocked_seats_are_not_sold(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold(event, "0-0")

    async def block(*seat_ids: str) -> None:
        await scene.db.run(
            lambda tx: block_seats(
                tx, event_id=event, organization_ids=ORGANIZATIONS, seat_ids=seat_ids, reason="camera"
            )
        )

    async def unblock(*seat_ids: str) -> None:
        await scene.db.run(
            lambda tx: unblock_seats(tx, event_id=event, organization_ids=ORGANIZATIONS, seat_ids=seat_ids)
        )

    with pytest.raises(SeatsNotFree) as refused:
        await block("0-0", "0-1")
    assert refused.value.seat_ids == ("0-0",)
    with pytest.raises(UnknownSeats):
        await block("nowhere")
    await block("0-1")
    with pytest.raises(SeatsTaken):
        await scene.hold(event, "0-1")
    with pytest.raises(SeatsNotBlocked):
        await unblock("0-1", "0-2")
    await unblock("0-1")
    await scene.hold(event, "0-1")


async def test_counts_are_published_once_however_many_changes(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=10, standing=5))
    for n in range(4):
        await scene.hold(event, f"0-{n}")
    assert await publish_availability(scene.db) == 1
    assert await publish_availability(scene.db) == 0
    (message,) = await scene.messages(AvailabilityChanged)
    assert (message["version"], message["available"], message["total"]) == (1, 11, 15)
    assert message["categories"] == [
        {"price_category": "Stalls", "available": 6, "total": 10},
        {"price_category": "Standing", "available": 5, "total": 5},
    ]


async def test_many_changed_events_are_counted_a_few_at_a_time(scene: Scene, monkeypatch) -> None:
    monkeypatch.setattr(publishing, "EVENTS_AT_ONCE_MAX", 2)
    events = {str(await scene.put_on_sale()) for _ in range(5)}
    with count_queries(scene.db) as statements:
        await publish_availability(scene.db)
    assert sum("availability_version + 1" in statement for statement in statements) >= 3
    assert events <= {message["event_id"] for message in await scene.messages(AvailabilityChanged)}


async def test_expired_holds_count_as_available_and_cancelled_events_as_sold_out(scene: Scene) -> None:
    event = await scene.put_on_sale(plan_document(rows=1, seats=4))
    await scene.expire(await scene.hold(event, "0-0"))
    await publish_availability(scene.db)
    await scene.cancel(event)
    await publish_availability(scene.db)
    messages = await scene.messages(AvailabilityChanged)
    assert [(m["version"], m["available"]) for m in messages] == [(1, 4), (2, 0)]


class Catalog:
    """Answers like catalog's internal API, after `failures` failed tries, answered with `status`."""

    def __init__(
        self, document: dict[str, Any], keys: SigningKeys, *, failures: int = 0, status: int = 503
    ) -> None:
        self.document = document
        self.status = status
        self.internal_api_key = keys.internal_api_key
        self.failures = failures
        self.asked = 0

    def client(self, *, wait_s_max: float = 10) -> CatalogClient:
        return CatalogClient(
            "http://catalog",
            internal_api_key=self.internal_api_key,
            wait_s_max=wait_s_max,
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked <= self.failures:
            return httpx.Response(self.status)
        assert request.headers["internal-api-key"] == self.internal_api_key.read_text().strip()
        assert request.url.path == f"/internal/seating-plans/{self.document['seating_plan_id']}/seats"
        return httpx.Response(200, content=json.dumps(self.document))


async def test_the_plan_is_fetched_with_patience_and_only_once(
    scene: Scene, signing_keys: SigningKeys
) -> None:
    catalog = Catalog(plan_document(), signing_keys, failures=2)
    for _ in range(2):
        message = published(catalog.document)
        plan = await prepare_plan(message=message, db=scene.db, catalog=catalog.client())
        await scene.db.run(lambda tx, m=message, p=plan: put_event_on_sale(tx, message=m, plan=p))
        assert len(await scene.seats(message.event_id)) == 30
    assert catalog.asked == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_catalog_in_trouble_is_a_service_that_is_waited_for(
    scene: Scene, signing_keys: SigningKeys, status: int
) -> None:
    catalog = Catalog(plan_document(), signing_keys, failures=1000, status=status)
    with pytest.raises(ServiceUnavailable):
        await prepare_plan(
            message=published(catalog.document), db=scene.db, catalog=catalog.client(wait_s_max=0.3)
        )


async def test_a_catalog_that_nobody_reaches_is_a_service_that_is_waited_for(
    scene: Scene, signing_keys: SigningKeys
) -> None:
    nowhere = CatalogClient(
        "http://127.0.0.1:1", internal_api_key=signing_keys.internal_api_key, wait_s_max=0.3
    )
    with pytest.raises(ServiceUnavailable):
        await prepare_plan(message=published(plan_document()), db=scene.db, catalog=nowhere)


@pytest.mark.parametrize("status", [401, 404])
async def test_a_catalog_that_answers_without_the_plan_is_asked_again_but_not_waited_for(
    scene: Scene, signing_keys: SigningKeys, status: int
) -> None:
    catalog = Catalog(plan_document(), signing_keys, failures=1000, status=status)
    with pytest.raises(PlanRefused, match=str(status)):
        await prepare_plan(
            message=published(catalog.document), db=scene.db, catalog=catalog.client(wait_s_max=0.5)
        )
    assert catalog.asked > 1


async def test_a_plan_other_than_the_event_was_published_with_is_an_error(
    scene: Scene, signing_keys: SigningKeys
) -> None:
    catalog = Catalog(plan_document(), signing_keys)
    other = published(catalog.document, seating_plan_sha256="0" * 64)
    with pytest.raises(PlanDiffers):
        await prepare_plan(message=other, db=scene.db, catalog=catalog.client())
