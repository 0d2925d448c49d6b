"""A person who asks for it is erased: at once where nothing is open, else as soon as that is so."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from integration.orders.conftest import Person
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of, order_body

from chassis.clock import utc_now
from chassis.erasure import Person as PersonToErase
from chassis.ids import new_id
from messages.accounts import AccountErased
from messages.reservation import HoldsConfirmed, SeatsReleased
from orders.commands.erasing import erase
from orders.domain.order import Money
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.settings import Settings
from orders.storage.payments import insert_pending, save_reference
from orders.usecases.cancel_order import cancel_order
from orders.usecases.erase_person import erase_booked_orders
from orders.usecases.finalize_order import finalize_order

ADA_ACCOUNT = new_id()
ADA, EMAIL = str(ADA_ACCOUNT), "ada@example.org"


async def event(scene: Scene, *, ended: bool = False, **changes: Any) -> UUID:
    starts_at = utc_now() + (timedelta(days=-2) if ended else timedelta(days=7))
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
    return await scene.publish_event(**asks_for_pesel(tickets_per_person_max=4, **times, **changes))


async def order_in(
    scene: Scene, state: OrderState, *, buyer_id: str | None = ADA, email: str = EMAIL, ended: bool = False
) -> UUID:
    """An order of one paid seat in a state, the way orders get there."""
    hold = hold_of(await event(scene, ended=ended))
    order_id = await scene.place(hold, ticket_type="adult", buyer_id=buyer_id, email=email, pesels=[pesel(1)])
    path = {
        OrderState.AWAITING_PAYMENT: (),
        OrderState.FINALIZING: ("finalize",),
        OrderState.CONFIRMED: ("finalize", "confirm"),
        OrderState.EXPIRED: ("expire",),
        OrderState.REFUNDED: ("finalize", "refuse"),
    }[state]
    for step in path:
        await scene._take(step, order_id, hold, paid=True)
    return order_id


async def erase_account(scene: Scene, *, email: str = EMAIL, sent_at: datetime | None = None) -> None:
    fingerprint = scene.personal.email_fingerprint(email)
    erased = AccountErased(account_id=ADA_ACCOUNT, email_fingerprint=fingerprint)
    await scene.deliver(erased, sent_at=sent_at)


async def personal_rows(scene: Scene, order_id: UUID) -> int:
    """Rows that still tell of the order's people."""
    return await scene.scalar(
        "SELECT (SELECT count(*) FROM orders.contacts WHERE order_id = :order_id) "
        "+ (SELECT count(sealed) FROM orders.attendees JOIN orders.order_lines USING (line_id) "
        "WHERE order_id = :order_id)",
        order_id=order_id,
    )


async def is_nobodys(scene: Scene, order_id: UUID) -> bool:
    return (None, None, True) == (
        await scene.rows(
            "SELECT buyer_id, access_token_sha256, erased_at IS NOT NULL FROM orders.orders WHERE order_id = :order_id",
            order_id=order_id,
        )
    )[0]


@pytest.mark.parametrize(
    ("state", "ended"),
    [(OrderState.EXPIRED, False), (OrderState.REFUNDED, False), (OrderState.CONFIRMED, True)],
)
@pytest.mark.parametrize("buyer_id", [ADA, None], ids=["buyer", "guest"])
async def test_an_order_that_is_over_is_erased_at_once_and_its_books_stay(
    scene: Scene, state: OrderState, buyer_id: str | None, *, ended: bool
) -> None:
    order_id = await order_in(scene, state, buyer_id=buyer_id, ended=ended)
    before = await scene.order(order_id)

    await erase_account(scene)

    after = await scene.order(order_id)
    assert (await personal_rows(scene, order_id), await is_nobodys(scene, order_id)) == (0, True)
    assert (after["contact"], after["lines"][0]["attendee"]) == (None, None)
    assert [after[name] for name in ("total", "payments", "state")] == [
        before[name] for name in ("total", "payments", "state")
    ]
    assert [change["reason"] for change in after["timeline"]][-1] == "person_erased"


async def test_an_unpaid_order_is_withdrawn_and_erased(scene: Scene) -> None:
    order_id = await order_in(scene, OrderState.AWAITING_PAYMENT)
    await scene.take_sent()

    await erase_account(scene)

    assert (await scene.order(order_id))["state"] == "cancelled"
    assert "release_holds" in await scene.take_sent()
    assert await is_nobodys(scene, order_id)


async def test_where_an_erased_order_was_to_be_paid_and_led_back_to_is_forgotten(scene: Scene) -> None:
    order_id, payment_id, now = await order_in(scene, OrderState.AWAITING_PAYMENT), new_id(), utc_now()
    await scene.db.run(
        lambda tx: insert_pending(
            tx,
            payment_id=payment_id,
            order_id=order_id,
            provider="stripe",
            amount=Money(amount_minor=4500, currency="PLN"),
            return_url="https://ada.example/",
            look_at=now,
            at=now,
        )
    )
    page = {"reference": "cs_1", "page_url": "https://pay.example/cs_1"}
    await scene.db.run(lambda tx: save_reference(tx, payment_id=payment_id, **page))

    await erase_account(scene)

    (row,) = await scene.rows("SELECT reference, page_url, return_url FROM orders.payments")
    assert row == ("cs_1", None, None)


@pytest.mark.parametrize("state", [OrderState.CONFIRMED, OrderState.FINALIZING])
async def test_an_open_order_is_kept_for_the_entrance_and_becomes_its_contacts(
    scene: Scene, ada_signed_in: Person, anonymous: httpx.AsyncClient, state: OrderState
) -> None:
    order_id = await order_in(scene, state)

    await erase_account(scene)

    assert await personal_rows(scene, order_id) == 2
    assert (await ada_signed_in.get(f"/orders/{order_id}")).status_code == 404
    token = scene.access_tokens.token(order_id, generation=1)
    seen = await anonymous.get(f"/orders/{order_id}", headers={"Order-Access-Token": token})
    assert (seen.status_code, seen.json()["contact"]["email"]) == (200, EMAIL)
    assert [change["reason"] for change in seen.json()["timeline"]][-1] == "account_erased"


async def erase_booked(scene: Scene, *, later: timedelta = timedelta(0), wait_s: int = 0) -> int:
    return await scene.db.run(
        lambda tx: erase_booked_orders(tx, wait_s=wait_s, orders_max=10, now=utc_now() + later)
    )


async def test_a_kept_order_is_erased_when_its_last_event_has_ended(scene: Scene) -> None:
    order_id = await order_in(scene, OrderState.CONFIRMED)
    await erase_account(scene)

    assert await erase_booked(scene, later=timedelta(days=7, hours=2)) == 0
    assert await erase_booked(scene, later=timedelta(days=7, hours=4)) == 1

    assert (await personal_rows(scene, order_id), await is_nobodys(scene, order_id)) == (0, True)
    assert "valid" in await scene.tickets(order_id), "what was sold is booked"


async def test_a_kept_order_that_its_person_cancels_is_erased_after_the_mail_that_says_so(
    scene: Scene,
) -> None:
    order_id = await order_in(scene, OrderState.CONFIRMED)
    await erase_account(scene)
    guest = scene.access_tokens.guest(order_id, generation=1)
    right = OrderRight(access_token_sha256=guest.access_token_sha256)

    await scene.db.run(lambda tx: cancel_order(tx, order_id=order_id, right=right, now=utc_now()))
    await scene.deliver(SeatsReleased(order_id=order_id))

    assert await erase_booked(scene, wait_s=86_400) == 0
    assert await erase_booked(scene, wait_s=86_400, later=timedelta(hours=25)) == 1
    assert await is_nobodys(scene, order_id)


async def test_an_erased_order_takes_no_late_payment_but_refunds_it(scene: Scene) -> None:
    order_id = await order_in(scene, OrderState.EXPIRED)
    await erase_account(scene)

    await scene.pay(order_id)

    order = await scene.order(order_id)
    assert (order["state"], order["payments"][0]["refunds"][0]["reason"]) == ("expired", "order_erased")


async def test_an_erased_order_is_nobodys_to_finalize(scene: Scene) -> None:
    order_id = await order_in(scene, OrderState.EXPIRED)
    await erase_account(scene)

    for right in (OrderRight(), OrderRight(buyer_id=ADA), OrderRight(buyer_id="None")):
        with pytest.raises(Exception, match="no such order"):
            await scene.db.run(
                lambda tx, right=right: finalize_order(tx, order_id=order_id, right=right, now=utc_now())
            )


async def test_orders_of_others_are_left_alone(scene: Scene) -> None:
    other = await order_in(scene, OrderState.EXPIRED, buyer_id="eve", email="eve@example.org")
    guests = await order_in(scene, OrderState.EXPIRED, buyer_id=None, email="bob@example.org")

    await erase_account(scene)

    assert [await personal_rows(scene, order_id) for order_id in (other, guests)] == [2, 2]


async def test_what_somebody_ordered_who_came_back_before_a_late_message_stays(scene: Scene) -> None:
    sent_at = utc_now() - timedelta(minutes=1)
    guests = await order_in(scene, OrderState.CONFIRMED, buyer_id=None)
    new_accounts = await order_in(scene, OrderState.CONFIRMED, buyer_id=str(new_id()))

    await erase_account(scene, sent_at=sent_at)

    assert [(await scene.order(order_id))["contact"]["email"] for order_id in (guests, new_accounts)] == [
        EMAIL
    ] * 2
    assert await scene.scalar("SELECT count(erasure_booked_at) FROM orders.orders") == 0


async def test_on_anothers_order_only_the_contact_goes(scene: Scene) -> None:
    order_id = await order_in(scene, OrderState.CONFIRMED, buyer_id="eve")

    await erase_account(scene)

    order = await scene.order(order_id)
    assert (order["buyer_id"], order["contact"], order["lines"][0]["attendee"]["last_name"]) == (
        "eve",
        None,
        "Lovelace",
    )


async def test_a_message_that_comes_twice_changes_nothing(scene: Scene) -> None:
    order_ids = [await order_in(scene, state) for state in (OrderState.EXPIRED, OrderState.CONFIRMED)]
    await erase_account(scene)
    before = [(await scene.order(order_id))["version"] for order_id in order_ids]

    await erase_account(scene)

    assert before == [(await scene.order(order_id))["version"] for order_id in order_ids]


async def test_two_erasures_of_many_orders_at_once_end_well(scene: Scene) -> None:
    order_ids = [
        await order_in(scene, OrderState.EXPIRED, buyer_id=ADA if n % 2 else None) for n in range(12)
    ]

    await asyncio.gather(*(erase_account(scene) for _ in range(4)))

    assert all([await is_nobodys(scene, order_id) for order_id in order_ids])


async def test_stored_answers_of_the_person_go_whoever_asked_for_them(
    scene: Scene,
    ada_signed_in: Person,
    anonymous: httpx.AsyncClient,
    sign_in: Callable[..., Person],
    hold_token: Callable[..., str],
) -> None:
    free, paid = hold_of(await event(scene)), hold_of(await event(scene))
    own = await ada_signed_in.post(
        "/orders", order_body(paid, tokens=[hold_token(paid)], ticket_type="adult", pesels=[pesel(1)])
    )
    guests = await anonymous.post(
        "/orders",
        json=order_body(free, tokens=[hold_token(free)], pesels=[pesel(1)]),
        headers={"Idempotency-Key": str(uuid4())},
    )
    order_id, token = guests.json()["order_id"], guests.json()["order_access_token"]
    await anonymous.post(
        f"/orders/{order_id}/cancellation",
        headers={"Order-Access-Token": token, "Idempotency-Key": str(uuid4())},
    )
    operator = sign_in("otto", "operator")
    payment = {"amount_minor": 4500, "currency": "PLN", "reference": "bank-1"}
    recorded = await operator.post(f"/orders/{own.json()['order_id']}/recorded-payments", payment)
    assert [answer.status_code for answer in (own, guests, recorded)] == [201] * 3
    assert await scene.scalar("SELECT count(*) FROM orders.idempotency") == 4
    await scene.deliver(HoldsConfirmed(order_id=UUID(own.json()["order_id"])))

    await erase_account(scene)

    assert await scene.scalar("SELECT count(*) FROM orders.idempotency") == 0


async def test_who_asked_for_links_is_forgotten_with_the_answer(
    scene: Scene, anonymous: httpx.AsyncClient
) -> None:
    email = f"links-{uuid4()}@example.org"
    headers = {"Idempotency-Key": str(uuid4())}
    assert (
        await anonymous.post("/orders/lookups", json={"email": email}, headers=headers)
    ).status_code == 202

    await erase_account(scene, email=email)

    left = "(SELECT count(*) FROM orders.idempotency) + (SELECT count(*) FROM orders.order_lookups)"
    assert await scene.scalar(f"SELECT {left}") == 0


async def test_the_command_tells_what_was_erased_and_what_was_kept_and_why(
    scene: Scene, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await order_in(scene, OrderState.CONFIRMED)
    await order_in(scene, OrderState.EXPIRED, buyer_id=None)
    for name in ("database_url", "amqp_url", "wrapping_keys", "lookup_key"):
        monkeypatch.setenv(name.upper(), getattr(settings, name))

    erasure = await erase(PersonToErase(email=" Ada@Example.org", account_ids=frozenset({ADA_ACCOUNT})))

    assert erasure.erased[0] == "orders of which contact, attendees and every right are gone: 1"
    assert [sentence.startswith(f"order {kept}, sealed, until") for sentence in erasure.kept] == [True, False]
    assert EMAIL not in " ".join([*erasure.erased, *erasure.kept]).lower()


@pytest.fixture
def ada_signed_in(sign_in: Callable[..., Person]) -> Person:
    return sign_in(ADA)
