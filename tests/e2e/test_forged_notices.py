"""Notices that somebody else makes up, sent to the gateway as a provider would: believed by none."""

import json
import secrets
import uuid
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from support.stage.organizer import PRICED
from support.stage.person import API, problem

NOTICES = f"{API}/payment-notices/sandbox"


def signed(body: bytes, *, secret: str, at: datetime) -> dict[str, str]:
    """Headers as the sandbox sends them."""
    notice_id = f"msg_{secrets.token_hex(8)}"
    signature = Webhook(secret).sign(notice_id, at, body.decode())
    return {
        "Content-Type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


@pytest.fixture
async def unpaid(stage):
    """A buyer with an order, and a notice that it was paid; which is not so."""
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(prices=PRICED), "Stalls-1-1", "Stalls-1-2")
    order = await buyer.order(hold, ticket_type="adult")
    theirs = await stage.sandbox.find(await buyer.start_payment(order))
    now = datetime.now(UTC).isoformat()
    capture = {"capture_id": "cap_made_up", "amount_minor": theirs["amount_minor"], "currency": "PLN"}
    paid = {**theirs, "state": "captured", "captures": [{**capture, "captured_at": now}]}
    return buyer, order, json.dumps({"type": "payment.captured", "timestamp": now, "data": paid}).encode()


def refusal(answer):
    return answer.status_code, problem(answer)


async def assert_unpaid(buyer, order):
    order = await buyer.read_order(order)
    assert ("awaiting_payment", ["pending"]) == (
        order["state"],
        [payment["state"] for payment in order["payments"]],
    )


async def test_who_does_not_know_the_secret_is_not_believed(unpaid, gateway):
    buyer, order, body = unpaid
    guessed = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    for headers in (
        {"Content-Type": "application/json"},
        signed(body, secret=guessed, at=datetime.now(UTC)),
        signed(body + b" ", secret=guessed, at=datetime.now(UTC)),
    ):
        answer = await gateway.post(NOTICES, content=body, headers=headers)
        assert (401, "notice-refused") == refusal(answer)

    await assert_unpaid(buyer, order)


async def test_what_was_signed_an_hour_ago_is_not_believed(unpaid, gateway, system):
    buyer, order, body = unpaid
    headers = signed(body, secret=system.sandbox_notice_secret, at=datetime.now(UTC) - timedelta(hours=1))

    assert (401, "notice-refused") == refusal(await gateway.post(NOTICES, content=body, headers=headers))

    await assert_unpaid(buyer, order)


async def test_what_was_signed_a_moment_ago_is_believed_and_is_about_nobody(unpaid, gateway, system):
    """So it was the hour, and not how these tests sign."""
    buyer, order, body = unpaid
    notice = json.loads(body)
    notice["data"] |= {"payment_id": "pay_of_nobody", "merchant_reference": str(uuid.uuid4())}
    body = json.dumps(notice).encode()
    headers = signed(body, secret=system.sandbox_notice_secret, at=datetime.now(UTC))

    assert (404, "payment-unknown") == refusal(await gateway.post(NOTICES, content=body, headers=headers))

    await assert_unpaid(buyer, order)


async def test_a_provider_that_is_not_ours_has_no_place_to_tell(unpaid, gateway, system):
    buyer, order, body = unpaid
    headers = signed(body, secret=system.sandbox_notice_secret, at=datetime.now(UTC))

    answer = await gateway.post(f"{API}/payment-notices/stripe", content=body, headers=headers)

    assert (404, "not-found") == refusal(answer)
    await assert_unpaid(buyer, order)


async def test_a_notice_larger_than_any_is_not_read(unpaid, gateway):
    buyer, order, body = unpaid
    answer = await gateway.post(
        NOTICES, content=body + b" " * 262_144, headers={"Content-Type": "application/json"}
    )
    assert (413, "body-too-large") == refusal(answer)
    await assert_unpaid(buyer, order)
