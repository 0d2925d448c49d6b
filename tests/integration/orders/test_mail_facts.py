"""What notifications learns of an order for a mail, and that nobody else learns it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from integration.orders.conftest import Person, problem
from integration.orders.money import FEE_MINOR, REFUND_MINOR, SEATS, MoneyScene, pln, policy
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


async def test_a_mail_about_cancelled_tickets_has_what_was_given_back_at_each_time(
    money: MoneyScene, internal: Internal
) -> None:
    paid = await money.paid(seats=("A-1", "A-2", "A-3", "A-4"), refund_policy=policy())
    for given_back in (paid.ticket_ids[1:2], paid.ticket_ids[2:]):
        await money.cancel_tickets(paid.order_id, *given_back)
    told = [data for kind, data in await money.scene.take_messages() if kind == "order_tickets_cancelled"]
    paths = [f"/internal/orders/{paid.order_id}/cancelled-tickets/{news['version']}/mail" for news in told]

    facts = [(await internal(path)).json() for path in paths]

    assert [(mail["email"], mail["order"]["state"]) for mail in facts] == [
        ("ada@example.org", "confirmed")
    ] * 2
    seats = [[line["seat_id"] for line in mail["cancelled"].pop("lines")] for mail in facts]
    assert seats == [["A-2"], ["A-3", "A-4"]]
    assert [mail["cancelled"] for mail in facts] == [
        {"refund": pln(n * REFUND_MINOR), "fee": pln(n * FEE_MINOR), "tickets_left": 1} for n in (1, 2)
    ]


async def test_where_no_tickets_were_cancelled_nobody_is_told_of_any(
    money: MoneyScene, internal: Internal
) -> None:
    paid = await money.paid(seats=SEATS)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    version = (await money.scene.order(paid.order_id))["version"]
    await money.scene.cancel(paid.order_id)
    at = f"/internal/orders/{paid.order_id}/cancelled-tickets"

    gone = [await internal(f"{at}/{other}/mail") for other in (1, version - 1, version + 1, version + 2)]
    unknown = await internal(f"/internal/orders/{new_id()}/cancelled-tickets/1/mail")

    assert [problem(answer) for answer in (*gone, unknown)] == [(410, "gone")] * 5
    assert (await internal(f"{at}/{version}/mail")).status_code == 200


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


@pytest.mark.parametrize("path", ["orders/{}/mail", "orders/{}/cancelled-tickets/1/mail", "order-lookups/{}"])
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
