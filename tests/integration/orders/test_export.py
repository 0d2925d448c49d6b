"""A person gets all that orders knows of them, through accounts; nobody else does."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of

from chassis.ids import new_id
from messages.reservation import HoldsConfirmed
from orders.settings import Settings
from support.queries import count_queries

ADA = new_id()


@pytest.fixture
def export(anonymous: httpx.AsyncClient, settings: Settings) -> Callable[..., object]:
    key = Path(settings.internal_api_key).read_text().strip()

    async def exported(account_id: UUID, *, key: str = key) -> httpx.Response:
        url = f"http://orders/internal/people/{account_id}/export"
        return await anonymous.get(url, headers={"Internal-Api-Key": key})

    return exported


async def bought(scene: Scene, number: int) -> UUID:
    event_id = await scene.publish_event(**asks_for_pesel())
    order_id = await scene.place(hold_of(event_id), buyer_id=str(ADA), pesels=[pesel(number)])
    await scene.finalize(order_id, buyer_id=str(ADA))
    await scene.deliver(HoldsConfirmed(order_id=order_id))
    return order_id


async def test_the_export_has_every_order_and_every_ticket(scene: Scene, export, monkeypatch, app) -> None:
    monkeypatch.setattr("orders.queries.people._ORDERS_AT_ONCE", 2)
    order_ids = [await bought(scene, number) for number in range(5)]
    await scene.place(hold_of(await scene.publish_event()), buyer_id="eve")

    with count_queries(app.state.db) as statements:
        exported = (await export(ADA)).json()

    assert [order["order_id"] for order in exported["orders"]] == [
        str(order_id) for order_id in order_ids[::-1]
    ]
    assert {ticket["order_id"] for ticket in exported["tickets"]} == {str(order_id) for order_id in order_ids}
    first = exported["orders"][-1]
    assert first["contact"]["email"] == "ada@example.org"
    assert first["lines"][0]["attendee"]["pesel"] == f"*********{pesel(0)[-2:]}"
    assert len(statements) == 5, "three pages and the empty one, and the tickets"


async def test_who_never_bought_anything_gets_an_empty_export(export) -> None:
    answer = await export(new_id())

    assert (answer.status_code, answer.json()) == (200, {"orders": [], "tickets": []})


async def test_without_the_internal_key_there_is_no_export(scene: Scene, export) -> None:
    await bought(scene, 1)

    answer = await export(ADA, key="wrong")

    assert answer.status_code == 401
    assert "ada@" not in answer.text
