"""The organizer reads who will come, in full, and every look is written down for good."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from integration.orders.people import ORGANIZATION, asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of
from sqlalchemy.exc import DBAPIError

from chassis.ids import new_id
from messages.reservation import HoldsConfirmed
from support.queries import count_queries

Olga = Callable[..., Any]


@pytest.fixture
def olga(anonymous: httpx.AsyncClient, mint_token: Callable[..., str]) -> Olga:
    """An organizer asks for the attendees of an event."""

    async def ask(
        event_id: UUID, *, organization: UUID = ORGANIZATION, role: str = "organizer", **params: Any
    ) -> Any:
        token = mint_token(role, subject="olga", organizations={organization: [role]})
        path = f"/organizer/events/{event_id}/attendees"
        return await anonymous.get(path, params=params, headers={"Authorization": f"Bearer {token}"})

    return ask


async def sold(scene: Scene, event_id: UUID, *pesels: str, seat: str = "A") -> UUID:
    hold = hold_of(event_id, seats=[f"{seat}-{number}" for number, _ in enumerate(pesels)])
    order_id = await scene.place(hold, pesels=pesels)
    await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=order_id))
    return order_id


async def records(scene: Scene) -> list[Any]:
    return await scene.rows(
        "SELECT actor, organization_id, event_id, rows FROM orders.access_records ORDER BY at"
    )


async def test_an_organizer_sees_whole_pesels_of_those_who_have_tickets(scene: Scene, olga: Olga) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    order_id = await sold(scene, event_id, pesel(1), pesel(2))
    await scene.place(hold_of(event_id, seats=["Z-1"]), pesels=[pesel(3)])  # not sold
    cancelled = await sold(scene, event_id, pesel(4), seat="C")
    await scene.cancel(cancelled)

    answer = await olga(event_id)

    items = answer.json()["items"]
    assert [(item["seat_id"], item["attendee"]["pesel"]) for item in items] == [
        ("A-0", pesel(1)),
        ("A-1", pesel(2)),
    ]
    assert {item["order_id"] for item in items} == {str(order_id)}
    assert answer.headers["cache-control"] == "no-store"


async def test_each_page_read_is_written_down(scene: Scene, olga: Olga) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    await sold(scene, event_id, *(pesel(number) for number in range(5)))

    seats, cursor = list[str](), None
    while seats == [] or cursor:
        page = (await olga(event_id, limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seats += [item["seat_id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seats == [f"A-{number}" for number in range(5)]
    assert await records(scene) == [("olga", ORGANIZATION, event_id, rows) for rows in (2, 2, 1)]


@pytest.mark.parametrize("wrong", ["organization", "role", "event", "cursor"])
async def test_who_may_not_read_the_list_learns_nothing_and_leaves_no_record(
    scene: Scene, olga: Olga, wrong: str
) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    await sold(scene, event_id, pesel(1))
    asked = {
        "organization": lambda: olga(event_id, organization=new_id()),
        "role": lambda: olga(event_id, role="entrance_staff"),
        "event": lambda: olga(new_id()),
        "cursor": lambda: olga(event_id, cursor="WzFd"),
    }

    answer = await asked[wrong]()

    statuses = {"organization": 404, "role": 403, "event": 404, "cursor": 422}
    assert answer.status_code == statuses[wrong]
    assert "attendee" not in answer.text or wrong == "cursor"
    assert await records(scene) == []


async def test_a_role_in_one_organization_is_none_in_another(
    scene: Scene, anonymous: httpx.AsyncClient, mint_token: Callable[..., str]
) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    organizations = {ORGANIZATION: ["entrance_staff"], new_id(): ["organizer"]}
    token = mint_token("organizer", "entrance_staff", subject="olga", organizations=organizations)

    path = f"/organizer/events/{event_id}/attendees"
    answer = await anonymous.get(path, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 404


async def test_the_list_is_one_query_however_long(scene: Scene, olga: Olga, app: Any) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    await sold(scene, event_id, *(pesel(number) for number in range(10)))

    with count_queries(app.state.db) as statements:
        assert len((await olga(event_id)).json()["items"]) == 10

    assert len(statements) == 3, "whose event it is, the list, the record"


@pytest.mark.parametrize(
    "change", ["UPDATE orders.access_records SET rows = 0", "DELETE FROM orders.access_records"]
)
async def test_an_access_record_cannot_be_changed(scene: Scene, olga: Olga, change: str) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    await olga(event_id)

    with pytest.raises(DBAPIError, match="append only"):
        await scene.scalar(f"{change} RETURNING 1")

    assert len(await records(scene)) == 1
