"""Requests that ended, or were overtaken, between the steps that open a payment's page."""

from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import Person
from integration.orders.till import TERMS, Till

from chassis.clock import utc_now
from orders.domain.rights import OrderRight
from orders.usecases.start_payment import BegunPayment, begin_payment, save_expiry, save_page
from orders.usecases.take_in_payment import take_in_payment


async def goes_on(till: Till, order_id: UUID) -> BegunPayment:
    """A request begins the payment of an order, or begins to go on with it."""
    right = OrderRight(buyer_id="ada")
    return await till.db.run(
        lambda tx: begin_payment(tx, order_id=order_id, right=right, terms=TERMS, now=utc_now())
    )


async def begun(till: Till) -> tuple[UUID, Any]:
    """A payment whose request was killed before the provider was asked."""
    order_id, _ = await till.order()
    one = await goes_on(till, order_id)
    payment = await till.db.run(
        lambda tx: save_expiry(tx, begun=one, renewed=None, terms=TERMS, now=utc_now())
    )
    return order_id, payment


async def create(till: Till, payment: Any) -> Any:
    """What the killed request had asked the provider."""
    return await till.provider.create_payment(
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        amount=payment.amount,
        description="Order",
        expires_at=payment.expires_at,
        return_url=payment.return_url,
    )


async def test_a_payment_that_was_never_made_is_over(silent_till: Till, ada_pays: Person) -> None:
    order_id, _ = await begun(silent_till)
    await silent_till.time_passes(order_id, 31)

    await silent_till.look_after_payments()

    assert (await silent_till.paid(order_id, state="failed"))["failure"] == "never_made"
    assert (await ada_pays.post(f"/orders/{order_id}/payments")).status_code == 201


async def test_a_payment_that_is_gone_on_with_is_not_over_before_its_page_is_made(silent_till: Till) -> None:
    order_id, payment = await begun(silent_till)
    await silent_till.time_passes(order_id, 31)
    await goes_on(silent_till, order_id)

    assert await silent_till.look_after_payments() == 0

    made = await create(silent_till, payment)
    await silent_till.db.run(lambda tx: save_page(tx, begun=payment, made=made, terms=TERMS, now=utc_now()))
    assert (await silent_till.paid(order_id, state="pending"))["page_url"] == made.page_url


async def test_a_payment_that_is_gone_on_with_while_the_provider_is_asked_is_not_over(
    silent_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _ = await begun(silent_till)
    await silent_till.time_passes(order_id, 31)
    find = type(silent_till.provider).find_payment_of

    async def find_meanwhile(provider: Any, *, payment_id: UUID) -> Any:
        await goes_on(silent_till, order_id)
        return await find(provider, payment_id=payment_id)

    monkeypatch.setattr(type(silent_till.provider), "find_payment_of", find_meanwhile)

    assert await silent_till.look_after_payments() == 1

    await silent_till.paid(order_id, state="pending")


async def test_a_payment_gone_on_with_after_its_page_would_have_closed_is_not_put_off(
    silent_till: Till,
) -> None:
    order_id, _ = await begun(silent_till)
    await silent_till.time_passes(order_id, 871)
    await goes_on(silent_till, order_id)

    assert await silent_till.look_after_payments() == 1

    assert (await silent_till.paid(order_id, state="failed"))["failure"] == "never_made"


async def test_a_page_that_was_opened_by_a_killed_request_is_found(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await begun(silent_till)
    await create(silent_till, payment)
    await silent_till.time_passes(order_id, 31)

    await silent_till.look_after_payments()

    (there,) = await silent_till.at_sandbox(order_id)
    assert (await silent_till.paid(order_id, state="pending"))["page_url"] == there["page_url"]


async def test_a_page_that_opens_after_its_order_was_given_up_is_closed_again(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await begun(silent_till)
    await silent_till.scene.cancel(order_id)
    await silent_till.look_after_payments()
    assert (await silent_till.paid(order_id, state="failed"))["failure"] == "never_made"

    await create(silent_till, payment)
    (there,) = await silent_till.at_sandbox(order_id)
    told = await silent_till.provider.find_payment(reference=there["payment_id"])
    assert told is not None
    await silent_till.db.run(lambda tx: take_in_payment(tx, payment=told, provider="sandbox", now=utc_now()))
    assert await silent_till.look_after_payments() == 1

    (there,) = await silent_till.at_sandbox(order_id)
    assert there["state"] == "expired"
    assert await silent_till.look_after_payments() == 0


async def test_a_page_that_opens_while_its_order_is_given_up_is_closed_at_once(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await begun(silent_till)
    made = await create(silent_till, payment)
    await silent_till.scene.cancel(order_id)
    await silent_till.db.run(lambda tx: save_page(tx, begun=payment, made=made, terms=TERMS, now=utc_now()))

    assert await silent_till.look_after_payments() == 1

    (there,) = await silent_till.at_sandbox(order_id)
    assert there["state"] == "expired"
