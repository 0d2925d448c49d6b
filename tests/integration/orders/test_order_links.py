"""Guests who lost their links have them sent again; nobody learns who ordered."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_of
from sqlalchemy.exc import IntegrityError

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.queries import mails
from orders.usecases.request_order_links import forget_lookups
from support.queries import count_queries

AsGuest = Callable[..., Person]
Internal = Callable[[str], Any]


@pytest.fixture
def email() -> str:
    """A new one each time: limits remember whom they refused."""
    return f"guest-{new_id()}@example.org"


async def guest_order(scene: Scene, email: str, **event: Any) -> UUID:
    return await scene.place(hold_of(await scene.publish_event(**event)), buyer_id=None, email=email)


async def lookup_of(scene: Scene, person: Person, email: str) -> str:
    """Ask for the links; gives the lookup the message names."""
    await scene.take_sent()
    assert (await person.post("/orders/lookups", {"email": email})).status_code == 202
    [(message_type, data)] = await scene.take_messages()
    assert message_type == "order_links_requested"
    return data["lookup_id"]


async def test_the_links_of_all_orders_of_the_email_are_given_for_the_mail(
    scene: Scene, email: str, as_guest: AsGuest, internal: Internal
) -> None:
    hamlet = await guest_order(scene, email, title="Hamlet")
    macbeth = await guest_order(scene, email.upper(), title="Macbeth")
    await guest_order(scene, "another@example.org")
    await scene.place(hold_of(await scene.publish_event()), buyer_id="ada", email=email)

    lookup_id = await lookup_of(scene, as_guest(), f" {email.title()}")
    facts = (await internal(f"/internal/order-lookups/{lookup_id}")).json()

    assert facts["email"] == email
    assert [(order["order_id"], order["event_titles"]) for order in facts["orders"]] == [
        (str(macbeth), ["Macbeth"]),
        (str(hamlet), ["Hamlet"]),
    ]
    for order in facts["orders"]:
        guest = as_guest(order["order_access_token"])
        assert (await guest.get(f"/orders/{order['order_id']}")).status_code == 200


async def test_after_a_revocation_the_mail_brings_the_new_token(
    scene: Scene, email: str, as_guest: AsGuest, internal: Internal
) -> None:
    order_id = await guest_order(scene, email)
    old = as_guest(scene.access_tokens.token(order_id))
    await old.delete(f"/orders/{order_id}/access-token")

    lookup_id = await lookup_of(scene, as_guest(), email)
    [order] = (await internal(f"/internal/order-lookups/{lookup_id}")).json()["orders"]

    assert (await as_guest(order["order_access_token"]).get(f"/orders/{order_id}")).status_code == 200
    assert (await old.get(f"/orders/{order_id}")).status_code == 404


async def test_the_links_go_to_the_mailbox_every_way_of_writing_the_address_means(
    scene: Scene, email: str, as_guest: AsGuest, internal: Internal
) -> None:
    """straße@ finds what strasse@ ordered, and must not be mailed the right to it."""
    await guest_order(scene, "strasse@example.org")

    lookup_id = await lookup_of(scene, as_guest(), "straße@example.org")

    assert (await internal(f"/internal/order-lookups/{lookup_id}")).json()["email"] == "strasse@example.org"


async def test_the_answer_and_the_work_are_the_same_whether_or_not_there_are_orders(
    scene: Scene, email: str, app: Any, as_guest: AsGuest, internal: Internal
) -> None:
    await guest_order(scene, email)
    await scene.take_sent()
    answers, statements = [], []
    for written in (email, f"nobody-{email}"):
        with count_queries(app.state.db) as counted:
            answers.append(await as_guest().post("/orders/lookups", {"email": written}))
        statements.append(list(counted))

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (202, {"next": "check_your_mail"})
    ] * 2
    assert statements[0] == statements[1]
    found, nothing = [data["lookup_id"] for _, data in await scene.take_messages()]
    assert (await internal(f"/internal/order-lookups/{found}")).status_code == 200
    assert problem(await internal(f"/internal/order-lookups/{nothing}")) == (410, "gone")


async def test_who_asks_too_often_for_one_email_is_told_when_to_come_back(
    scene: Scene, email: str, app: Any, as_guest: AsGuest
) -> None:
    most = int(app.state.settings.order_lookups_per_email.partition("/")[0])

    async def ask(written: str) -> Any:
        return await as_guest().post("/orders/lookups", {"email": written})

    taken = [await ask(email) for _ in range(most)]
    over = [await ask(email), await ask(email.upper())]

    assert {answer.status_code for answer in taken} == {202}
    assert [problem(answer) for answer in over] == [(429, "too-many-requests")] * 2
    assert int(over[0].headers["retry-after"]) == over[0].json()["retry_after_s"] > 1
    assert (await ask("another@example.org")).status_code == 202
    assert await scene.scalar("SELECT count(*) FROM orders.order_lookups") == most + 1


async def test_who_asks_too_often_from_one_address_is_told_when_to_come_back(
    app: Any, email: str, as_guest: AsGuest
) -> None:
    most = int(app.state.settings.order_lookups_per_address.partition("/")[0])
    person = as_guest(address="203.0.113.5")

    answers = await asyncio.gather(
        *(person.post("/orders/lookups", {"email": f"guest-{n}@example.org"}) for n in range(most + 5))
    )

    assert sorted(answer.status_code for answer in answers) == [202] * most + [429] * 5
    assert (await as_guest().post("/orders/lookups", {"email": email})).status_code == 202


async def test_a_repeated_request_sends_one_mail(scene: Scene, email: str, as_guest: AsGuest) -> None:
    for _ in range(2):
        answer = await as_guest().post("/orders/lookups", {"email": email}, key="one-key")
        assert (answer.status_code, answer.json()) == (202, {"next": "check_your_mail"})

    assert await scene.take_sent() == ["order_links_requested"]


async def test_the_email_is_stored_sealed_and_forgotten_when_it_is_over(
    scene: Scene, email: str, app: Any, as_guest: AsGuest, internal: Internal
) -> None:
    await guest_order(scene, email)
    lookup_id = await lookup_of(scene, as_guest(), email)
    kept_s = app.state.settings.order_lookup_s

    async def forget(later_s: int) -> int:
        now = utc_now() + timedelta(seconds=later_s)
        return await scene.db.run(lambda tx: forget_lookups(tx, lookups_max=10, now=now))

    dump = await scene.scalar("SELECT encode(sealed, 'escape') || l::text FROM orders.order_lookups l")
    assert "guest@" not in dump
    assert [await forget(kept_s - 5), await forget(kept_s + 5), await forget(kept_s + 5)] == [0, 1, 0]
    assert problem(await internal(f"/internal/order-lookups/{lookup_id}")) == (410, "gone")


async def test_a_lookup_that_is_over_gives_no_links_though_nobody_has_tidied_up(
    scene: Scene, email: str, as_guest: AsGuest, internal: Internal
) -> None:
    await guest_order(scene, email)
    lookup_id = await lookup_of(scene, as_guest(), email)
    await scene.scalar(
        "UPDATE orders.order_lookups SET requested_at = requested_at - interval '1 day', "
        "expires_at = clock_timestamp() - interval '1 s' RETURNING 1"
    )

    assert problem(await internal(f"/internal/order-lookups/{lookup_id}")) == (410, "gone")


async def test_the_database_stores_no_email_in_clear(scene: Scene, email: str) -> None:
    clear = (
        "INSERT INTO orders.order_lookups (lookup_id, email_fingerprint, sealed, requested_at, expires_at) "
        "VALUES (gen_random_uuid(), 'f', convert_to(:clear, 'UTF8'), now(), now() + interval '1 h') "
        "RETURNING 1"
    )
    with pytest.raises(IntegrityError, match="order_lookups_sealed_sealed_check"):
        await scene.scalar(clear, clear='{"email": "somebody.whose.address.is.long@example.org"}')


async def test_the_mail_lists_the_newest_orders_up_to_its_limit(
    scene: Scene, email: str, as_guest: AsGuest, internal: Internal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "ORDERS_PER_LOOKUP_MAX", 2)
    placed = [str(await guest_order(scene, email)) for _ in range(3)]
    lookup_id = await lookup_of(scene, as_guest(), email)

    facts = (await internal(f"/internal/order-lookups/{lookup_id}")).json()

    assert [order["order_id"] for order in facts["orders"]] == placed[:0:-1]


async def test_an_unwritable_address_is_refused_like_any(as_guest: AsGuest) -> None:
    for written in ("nobody", "a@b\r\nBcc: c@d.example", ""):
        answer = await as_guest().post("/orders/lookups", {"email": written})
        assert problem(answer) == (422, "validation-failed")
        assert not written or written not in answer.text


async def test_an_unknown_lookup_is_gone(internal: Internal) -> None:
    assert problem(await internal(f"/internal/order-lookups/{new_id()}")) == (410, "gone")
