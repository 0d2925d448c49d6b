"""What notifications learns of an order for a mail, and that nobody else learns it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_of

from chassis.ids import new_id
from orders.domain.states import OrderState as S
from support.queries import count_queries

AsGuest = Callable[..., Person]
Internal = Callable[[str], Any]


async def test_a_mail_about_an_order_has_its_facts_of_the_moment(scene: Scene, internal: Internal) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)
    order = await scene.order(placed.order_id)

    facts = (await internal(f"/internal/orders/{placed.order_id}/mail")).json()

    starts_at = facts["order"]["lines"][0].pop("starts_at")
    assert facts == {
        "email": "ada@example.org",
        "name": None,
        "order": {
            "order_id": str(placed.order_id),
            "state": "confirmed",
            "reason": "seats_sold",
            "total": order["total"],
            "lines": [
                {
                    "event_title": "Hamlet",
                    "seat_id": "A-1",
                    "ordered_seat_id": None,
                    "price_category": "Stalls",
                    "ticket_type": "adult",
                    "price": {"amount_minor": 4500, "currency": "PLN"},
                }
            ],
        },
        "order_access_token": None,
    }
    assert starts_at.endswith("Z")


async def test_a_mail_to_a_guest_carries_the_token_that_opens_the_order_now(
    scene: Scene, as_guest: AsGuest, internal: Internal
) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event()), buyer_id=None)
    for _ in range(2):
        token = (await internal(f"/internal/orders/{order_id}/mail")).json()["order_access_token"]
        guest = as_guest(token)
        assert (await guest.get(f"/orders/{order_id}")).status_code == 200
        await guest.delete(f"/orders/{order_id}/access-token")


async def test_an_order_without_a_contact_is_gone_like_one_that_never_was(
    scene: Scene, internal: Internal
) -> None:
    placed = await scene.order_in(S.CANCELLED, paid=False)
    await scene.scalar("DELETE FROM orders.contacts RETURNING 1")

    answers = [
        await internal(f"/internal/orders/{order_id}/mail") for order_id in (placed.order_id, new_id())
    ]

    assert [problem(answer) for answer in answers] == [(410, "gone")] * 2


async def test_the_facts_are_one_query(scene: Scene, app: Any, internal: Internal) -> None:
    event_id = await scene.publish_event()
    order_id = await scene.place(hold_of(event_id, seats=[f"A-{n}" for n in range(10)]))

    with count_queries(app.state.db) as statements:
        await internal(f"/internal/orders/{order_id}/mail")

    assert len(statements) == 1


@pytest.mark.parametrize("path", ["orders/{}/mail", "order-lookups/{}"])
async def test_only_our_own_services_are_told(
    scene: Scene, app: Any, sign_in: Callable[..., Person], path: str
) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=False)
    url = f"http://orders/internal/{path.format(placed.order_id)}"

    answers = [
        await sign_in("ada").get(url),
        await sign_in("otto", "operator").get(url),
        await httpx.AsyncClient(transport=httpx.ASGITransport(app=app)).get(
            url, headers={"Internal-Api-Key": "a guess"}
        ),
    ]

    assert [problem(answer) for answer in answers] == [(401, "unauthenticated")] * 3


def test_what_is_internal_is_not_in_the_openapi(app: Any) -> None:
    assert [path for path in app.openapi()["paths"] if "internal" in path] == []
