"""Notices at their route, of every provider: what is forged, stale or tampered with is refused, counted, and without effect."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import problem
from integration.orders.providers.desk import Desk
from integration.orders.providers.worlds import ANOTHER, JSON
from structlog.testing import capture_logs

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.domain.states import OrderState as S
from orders.metrics import NOTICES_REFUSED

REFUSED_PROBLEM = (401, "notice-refused")
MALFORMED_PROBLEM = (422, "notice-malformed")


async def assert_nothing_happened(desk: Desk, order_id: UUID) -> None:
    assert (S.AWAITING_PAYMENT, ["pending"]) == (await desk.state(order_id), await desk.payments(order_id))
    assert ([], [], []) == (await desk.ledger(order_id), await desk.refunds(order_id), await desk.notices())
    assert "confirm_holds" not in await desk.scene.take_sent()


def refused(desk: Desk, reason: str) -> float:
    """How many notices were refused for this reason so far."""
    return NOTICES_REFUSED.labels(desk.provider, reason)._value.get()


async def test_a_notice_signed_by_somebody_else_is_refused_and_counted(desk: Desk):
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    before = refused(desk, "forged")

    with capture_logs() as logs:
        answer = await desk.send(*desk.world.signed(body, at=utc_now(), secrets=[ANOTHER]))

    assert REFUSED_PROBLEM == problem(answer)
    assert before + 1 == refused(desk, "forged")
    told = {"event": "payment_notice_refused", "provider": desk.provider, "reason": "forged"}
    assert [told] == [{name: line[name] for name in told} for line in logs if line["event"] == told["event"]]
    await assert_nothing_happened(desk, order_id)


async def test_a_notice_without_a_signature_is_refused(desk: Desk):
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)
    before = refused(desk, "malformed")
    unsigned = {name: value for name, value in headers.items() if "signature" not in name.lower()}

    assert REFUSED_PROBLEM == problem(await desk.send(unsigned, body))

    assert before + 1 == refused(desk, "malformed")
    await assert_nothing_happened(desk, order_id)


async def test_a_fitting_signature_of_an_unknown_scheme_is_refused(desk: Desk):
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)
    before = refused(desk, "forged")

    assert REFUSED_PROBLEM == problem(await desk.send(desk.world.in_another_scheme(headers), body))

    assert before + 1 == refused(desk, "forged")
    await assert_nothing_happened(desk, order_id)


async def test_a_signature_of_another_notice_does_not_fit(desk: Desk):
    order_id, reference = await desk.paid()
    _, other = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    headers, _ = await desk.world.notice("paid", other)

    assert REFUSED_PROBLEM == problem(await desk.send(headers, body))
    await assert_nothing_happened(desk, order_id)


@pytest.mark.parametrize("what", ["amount", "currency", "reference", "our id", "notice id", "a blank"])
async def test_a_body_that_was_tampered_with_is_refused(desk: Desk, what: str):
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)

    tampered = tampered_with(what, body, reference=reference)

    assert tampered != body
    assert REFUSED_PROBLEM == problem(await desk.send(headers, tampered))
    await assert_nothing_happened(desk, order_id)


def tampered_with(what: str, body: bytes, *, reference: str) -> bytes:
    told = json.loads(body)
    thing = told["data"].get("object", told["data"])
    match what:
        case "amount":
            return body.replace(b"4500", b"1000")
        case "currency":
            return body.replace(b"PLN", b"JPY").replace(b"pln", b"jpy")
        case "reference":
            return body.replace(reference.encode(), reference.swapcase().encode())
        case "our id":
            our_id = thing.get("client_reference_id") or thing["merchant_reference"]
            return body.replace(our_id.encode(), str(new_id()).encode())
        case "notice id":
            return json.dumps(told | {"id": "evt_another"}).encode()
        case _:
            return body + b" "


async def test_another_notice_id_needs_another_signature(desk: Desk):
    """Else one notice could be told again and again as many."""
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)
    await desk.send(headers, body)

    again = await desk.send({**headers, "webhook-id": "msg_another"}, body)

    if desk.provider == "stripe":
        assert 204 == again.status_code  # its id is in the body: it is the same notice
    else:
        assert REFUSED_PROBLEM == problem(again)
    assert ([("captured", 4500, "PLN")], 1) == (await desk.ledger(order_id), len(await desk.notices()))


async def test_a_true_signature_over_nonsense_is_told_that_it_cannot_be_read(desk: Desk):
    order_id, _ = await desk.paid()
    before = refused(desk, "malformed")

    for nonsense in (b"", b"{}", b"[]", b"null", b'{"type": "payment.captured", "data": {}}', b"nonsense"):
        assert MALFORMED_PROBLEM == problem(await desk.send(*desk.world.signed(nonsense, at=utc_now())))

    assert before + 6 == refused(desk, "malformed")
    await assert_nothing_happened(desk, order_id)


async def test_nonsense_is_told_nothing_unless_it_is_rightly_signed(desk: Desk):
    long_ago = utc_now() - timedelta(hours=1)
    for attempt in (
        desk.world.signed(b"{}", at=utc_now(), secrets=[ANOTHER]),
        desk.world.signed(b"{}", at=long_ago),
        (JSON, b"{}"),
    ):
        assert REFUSED_PROBLEM == problem(await desk.send(*attempt))


# Stale


@pytest.mark.parametrize("seconds", [-305, 305])
async def test_a_true_notice_more_than_five_minutes_off_is_refused(desk: Desk, seconds: int):
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    before = refused(desk, "stale")

    answer = await desk.send(*desk.world.signed(body, at=utc_now() + timedelta(seconds=seconds)))

    assert REFUSED_PROBLEM == problem(answer)
    assert before + 1 == refused(desk, "stale")
    await assert_nothing_happened(desk, order_id)


# The way in


async def test_there_are_no_notices_of_a_provider_we_do_not_have(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    for other in {"stripe", "sandbox", "recorded", "nobody"} - {desk.provider}:
        assert (404, "not-found") == problem(await desk.send(*notice, to=other))

    await assert_nothing_happened(desk, order_id)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_true_notice_that_says_it_is_no_json_is_refused(desk: Desk, content_type: str | None):
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}

    answer = await desk.send(others | ({"Content-Type": content_type} if content_type else {}), body)

    assert (415, "media-type-unsupported") == problem(answer)
    await assert_nothing_happened(desk, order_id)


async def test_an_empty_request_is_refused(desk: Desk):
    order_id, _ = await desk.paid()

    for headers in ({}, JSON):
        assert REFUSED_PROBLEM == problem(await desk.send(headers, b""))

    await assert_nothing_happened(desk, order_id)


async def test_a_notice_that_is_too_large_is_not_even_read(desk: Desk, settings: Any):
    body = b" " * (settings.notice_bytes_max + 1)
    before = refused(desk, "forged") + refused(desk, "malformed")

    answer = await desk.send(*desk.world.signed(body, at=utc_now()))

    assert (413, "body-too-large") == problem(answer)
    assert before == refused(desk, "forged") + refused(desk, "malformed")


async def test_a_refused_notice_is_not_told_why(desk: Desk):
    """Whoever tries signatures learns nothing from the answer."""
    _, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    attempts = [
        desk.world.signed(body, at=utc_now(), secrets=[ANOTHER]),
        desk.world.signed(body, at=long_ago),
        (JSON, body),
    ]

    answers = [(await desk.send(*attempt)).json() for attempt in attempts]

    assert 1 == len(
        {tuple((name, answer[name]) for name in ("type", "title", "detail")) for answer in answers}
    )
