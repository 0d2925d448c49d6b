"""A guest who registers and verifies the e-mail of their orders makes them their own."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_of

from messages.accounts import EmailVerified
from messages.reservation import HoldsConfirmed
from orders.domain.states import OrderState as S
from orders.usecases import claim_orders

AsGuest = Callable[..., Person]
SignIn = Callable[..., Person]
EMAIL = "guest@example.org"


@pytest.fixture
def fingerprint(scene: Scene) -> str:
    return scene.personal.fingerprints.email(EMAIL)


@pytest.fixture
def gwen(sign_in: SignIn, fingerprint: str) -> Person:
    """Has an account, and the guests' e-mail is verified as hers."""
    return sign_in("gwen", email_fingerprint=fingerprint)


async def guest_order(scene: Scene, event_id: UUID | None = None, *, email: str = EMAIL) -> UUID:
    event_id = event_id or await scene.publish_event()
    seat = f"A-{uuid4()}"
    return await scene.place(hold_of(event_id, seats=[seat]), buyer_id=None, email=email)


def token_of(scene: Scene, order_id: UUID) -> str:
    return scene.access_tokens.token(order_id)


async def test_claimed_orders_are_the_buyers_and_their_tokens_are_void(
    scene: Scene, gwen: Person, as_guest: AsGuest
) -> None:
    order_ids = [str(await guest_order(scene)), str(await guest_order(scene, email=" Guest@EXAMPLE.org"))]
    guest = as_guest(token_of(scene, UUID(order_ids[0])))

    claimed = await gwen.post("/orders/claims")

    assert (claimed.status_code, claimed.json()) == (200, {"order_ids": order_ids, "more": False})
    assert problem(await guest.get(f"/orders/{order_ids[0]}")) == (404, "not-found")
    history = [order["order_id"] for order in (await gwen.get("/orders")).json()["items"]]
    assert history == order_ids[::-1]
    assert (await gwen.post(f"/orders/{order_ids[0]}/cancellation")).json()["state"] == "cancelled"


async def test_a_claim_stands_in_the_history_and_leaves_the_state_alone(scene: Scene, gwen: Person) -> None:
    order_id = await guest_order(scene)
    token = token_of(scene, order_id)
    await scene.finalize_as_guest(order_id, token=token)

    await gwen.post("/orders/claims")
    await scene.deliver(HoldsConfirmed(order_id=order_id))

    order = await scene.order(order_id)
    assert [(change["state"], change["reason"], change["actor"]) for change in order["timeline"]] == [
        ("awaiting_payment", "order_placed", "buyer"),
        ("finalizing", "finalized_by_buyer", "buyer"),
        ("finalizing", "claimed_by_buyer", "buyer"),
        ("confirmed", "seats_sold", "reservation"),
    ]
    assert order["version"] == 4


async def test_others_orders_are_not_claimed(scene: Scene, gwen: Person) -> None:
    await guest_order(scene, email="another@example.org")
    await scene.place(hold_of(await scene.publish_event()), buyer_id="ada", email=EMAIL)

    assert (await gwen.post("/orders/claims")).json() == {"order_ids": [], "more": False}
    assert await scene.scalar("SELECT count(*) FROM orders.orders WHERE buyer_id = 'gwen'") == 0


async def test_who_has_verified_no_email_claims_nothing(scene: Scene, ada: Person) -> None:
    await guest_order(scene, email="ada@example.org")

    assert problem(await ada.post("/orders/claims")) == (403, "email-not-verified")


async def test_a_token_opens_no_claims(scene: Scene, as_guest: AsGuest) -> None:
    guest = as_guest(token_of(scene, await guest_order(scene)))

    assert problem(await guest.post("/orders/claims")) == (401, "unauthenticated")


async def test_an_order_placed_after_a_claim_is_claimed_by_the_next_one(scene: Scene, gwen: Person) -> None:
    first = await guest_order(scene)
    assert (await gwen.post("/orders/claims")).json()["order_ids"] == [str(first)]
    second = await guest_order(scene)

    assert (await gwen.post("/orders/claims")).json()["order_ids"] == [str(second)]


async def test_more_orders_than_one_transaction_takes_are_claimed_in_turns(
    scene: Scene, gwen: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_orders, "CLAIMED_ORDERS_MAX", 2)
    event_id = await scene.publish_event()
    placed = [str(await guest_order(scene, event_id)) for _ in range(5)]

    answers = [(await gwen.post("/orders/claims")).json() for _ in range(3)]

    assert [answer["more"] for answer in answers] == [True, True, False]
    assert [order_id for answer in answers for order_id in answer["order_ids"]] == placed


async def test_twenty_claims_by_two_accounts_at_once_give_each_order_one_owner(
    scene: Scene, sign_in: SignIn, fingerprint: str
) -> None:
    event_id = await scene.publish_event()
    placed = {str(await guest_order(scene, event_id)) for _ in range(10)}
    people = [sign_in(name, email_fingerprint=fingerprint) for name in ("gwen", "gwendolyn")]

    answers = await asyncio.gather(*(person.post("/orders/claims") for person in people * 10))

    claimed = [order_id for answer in answers for order_id in answer.json()["order_ids"]]
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(claimed) == sorted(placed)
    claims = "SELECT count(*) FROM orders.order_history WHERE reason = 'claimed_by_buyer'"
    assert await scene.scalar(claims) == 10
    owners = "SELECT count(*) FROM orders.orders WHERE buyer_id LIKE 'gwen%' AND access_token_sha256 IS NULL"
    assert await scene.scalar(owners) == 10


@pytest.mark.parametrize("action", ["cancellation", "finalization"])
async def test_a_guest_who_waits_behind_a_claim_finds_the_token_void(
    scene: Scene, gwen: Person, as_guest: AsGuest, action: str
) -> None:
    order_id = await guest_order(scene)
    guest = as_guest(token_of(scene, order_id))
    claiming, acting = await scene.queue_for(
        order_id,
        lambda: gwen.post("/orders/claims"),
        lambda: guest.post(f"/orders/{order_id}/{action}"),
    )

    assert claiming.json()["order_ids"] == [str(order_id)]
    assert problem(acting) == (404, "not-found")
    assert (await scene.order(order_id))["state"] == S.AWAITING_PAYMENT


async def test_a_claim_that_waits_behind_its_guest_gets_what_the_guest_did(
    scene: Scene, gwen: Person, as_guest: AsGuest
) -> None:
    order_id = await guest_order(scene)
    guest = as_guest(token_of(scene, order_id))
    acting, claiming = await scene.queue_for(
        order_id,
        lambda: guest.post(f"/orders/{order_id}/cancellation"),
        lambda: gwen.post("/orders/claims"),
    )

    assert acting.json()["state"] == "cancelled"
    assert claiming.json()["order_ids"] == [str(order_id)]
    order = (await gwen.get(f"/orders/{order_id}")).json()
    assert [change["reason"] for change in order["timeline"]][1:] == [
        "cancelled_by_buyer",
        "claimed_by_buyer",
    ]


async def test_a_claim_and_a_revocation_at_once_leave_no_token_that_opens(
    scene: Scene, gwen: Person, as_guest: AsGuest
) -> None:
    for _ in range(10):
        order_id = await guest_order(scene)
        guest = as_guest(token_of(scene, order_id))

        revoked, claimed = await asyncio.gather(
            guest.delete(f"/orders/{order_id}/access-token"), gwen.post("/orders/claims")
        )

        assert revoked.status_code in (204, 404)
        assert claimed.json()["order_ids"] == [str(order_id)]
        for generation in range(4):
            token = scene.access_tokens.token(order_id, generation=generation)
            assert (await as_guest(token).get(f"/orders/{order_id}")).status_code == 404


async def test_who_verifies_an_email_hears_of_its_orders_once(scene: Scene, fingerprint: str) -> None:
    account_id = uuid4()
    event_id = await scene.publish_event()
    for _ in range(3):
        await guest_order(scene, event_id)

    await scene.deliver(EmailVerified(account_id=account_id, email_fingerprint=fingerprint))

    assert await scene.take_messages() == [
        ("guest_orders_found", {"account_id": str(account_id), "orders": 3})
    ]
    assert await scene.scalar("SELECT count(*) FROM orders.orders WHERE buyer_id IS NOT NULL") == 0


async def test_who_verifies_an_email_without_orders_hears_nothing(
    scene: Scene, gwen: Person, fingerprint: str
) -> None:
    await guest_order(scene)
    await gwen.post("/orders/claims")
    await guest_order(scene, email="another@example.org")

    await scene.deliver(EmailVerified(account_id=uuid4(), email_fingerprint=fingerprint))

    assert await scene.take_sent() == []
