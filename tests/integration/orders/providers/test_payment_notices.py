"""Notices at their route, of every provider: what is forged, stale, repeated, tampered with or not ours is
refused, recorded where it was true, and without effect.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import problem
from integration.orders.providers.desk import Desk
from integration.orders.providers.worlds import JSON, World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.api.payment_notices import REFUSED
from orders.domain.order import Money
from orders.domain.states import OrderState as S

REFUSED_PROBLEM = (401, "notice-refused")


async def assert_nothing_happened(desk: Desk, order_id: UUID) -> None:
    assert (S.AWAITING_PAYMENT, ["pending"]) == (await desk.state(order_id), await desk.payments(order_id))
    assert ([], [], []) == (await desk.ledger(order_id), await desk.refunds(order_id), await desk.notices())
    assert "confirm_holds" not in await desk.scene.take_sent()


def refused(desk: Desk, reason: str) -> float:
    """How many notices were refused for this reason so far."""
    return REFUSED.labels(desk.provider, reason)._value.get()


async def test_a_true_notice_of_money_finalizes_the_order(desk: Desk):
    order_id, reference = await desk.paid()

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, b"") == (answer.status_code, answer.content)
    assert (S.FINALIZING, ["captured"]) == (await desk.state(order_id), await desk.payments(order_id))
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert ["taken"] == [verdict for _, verdict in await desk.notices()]


# Forged


async def test_a_notice_signed_by_somebody_else_is_refused_and_counted(desk: Desk):
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    before = refused(desk, "forged")

    answer = await desk.send(*desk.world.signed(body, at=utc_now(), stolen_secret=False))

    assert REFUSED_PROBLEM == problem(answer)
    assert before + 1 == refused(desk, "forged")
    await assert_nothing_happened(desk, order_id)


async def test_a_notice_without_a_signature_is_refused(desk: Desk):
    order_id, reference = await desk.paid()
    headers, body = await desk.world.notice("paid", reference)
    before = refused(desk, "malformed")
    unsigned = {name: value for name, value in headers.items() if "signature" not in name.lower()}

    assert REFUSED_PROBLEM == problem(await desk.send(unsigned, body))

    assert before + 1 == refused(desk, "malformed")
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


async def test_a_true_signature_over_nonsense_is_refused(desk: Desk):
    order_id, _ = await desk.paid()
    before = refused(desk, "malformed")

    for nonsense in (b"", b"{}", b"[]", b"null", b'{"type": "payment.captured", "data": {}}', b"\x00"):
        assert REFUSED_PROBLEM == problem(await desk.send(*desk.world.signed(nonsense, at=utc_now())))

    assert before + 6 == refused(desk, "malformed")
    await assert_nothing_happened(desk, order_id)


# Stale and repeated


@pytest.mark.parametrize("seconds", [-305, 305])
async def test_a_true_notice_more_than_five_minutes_off_is_refused(desk: Desk, seconds: int):
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)
    before = refused(desk, "stale")

    answer = await desk.send(*desk.world.signed(body, at=utc_now() + timedelta(seconds=seconds)))

    assert REFUSED_PROBLEM == problem(answer)
    assert before + 1 == refused(desk, "stale")
    await assert_nothing_happened(desk, order_id)


async def test_a_notice_signed_anew_within_five_minutes_is_taken(desk: Desk):
    """So do providers when they deliver again."""
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)

    answer = await desk.send(*desk.world.signed(body, at=utc_now() - timedelta(seconds=290)))

    assert (204, S.FINALIZING) == (answer.status_code, await desk.state(order_id))


async def test_a_replayed_notice_is_answered_and_has_no_effect(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    answers = [(await desk.send(*notice)).status_code for _ in range(5)]

    assert [204] * 5 == answers
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert (1, 1) == (len(await desk.notices()), (await desk.scene.take_sent()).count("confirm_holds"))


async def test_a_notice_delivered_twenty_times_at_once_has_one_effect(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    answers = await asyncio.gather(*(desk.send(*notice) for _ in range(20)))

    assert {204} == {answer.status_code for answer in answers}
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert (1, 1) == (len(await desk.notices()), (await desk.scene.take_sent()).count("confirm_holds"))


# True, and yet not what was agreed


@pytest.mark.parametrize(("what", "arrived"), [("amount", (4400, "PLN")), ("currency", (4500, "EUR"))])
async def test_another_amount_or_currency_is_recorded_flagged_and_goes_back(
    desk: Desk, what: str, arrived: tuple[int, str]
):
    order_id, reference = await desk.begun()
    await desk.world.pay_another(what, reference)

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, S.AWAITING_PAYMENT) == (answer.status_code, await desk.state(order_id))
    assert "confirm_holds" not in await desk.scene.take_sent()
    assert [("captured", *arrived)] == await desk.ledger(order_id)
    assert [("excess", f"{what}_differs", *arrived, "pending")] == await desk.refunds(order_id)
    flagged = "SELECT discrepancy FROM orders.payments WHERE order_id = :order_id"
    assert f"{what}_differs" == await desk.scene.scalar(flagged, order_id=order_id)


async def test_money_for_no_payment_of_ours_is_answered_404_and_written_down(desk: Desk):
    order_id, _ = await desk.begun()
    reference = await paid_elsewhere(desk.world)
    notice = await desk.world.notice("paid", reference)

    answers = [problem(await desk.send(*notice)) for _ in range(2)]

    assert [(404, "payment-unknown")] * 2 == answers
    assert ["unknown_payment"] == [verdict for _, verdict in await desk.notices()]
    assert (S.AWAITING_PAYMENT, []) == (await desk.state(order_id), await desk.ledger(order_id))
    assert 0 == await desk.scene.scalar("SELECT count(*) FROM orders.ledger_entries")


async def test_a_refund_of_nothing_of_ours_is_answered_404(desk: Desk):
    reference = await paid_elsewhere(desk.world)
    payment = await desk.world.provider.find_payment(reference=reference)
    assert payment is not None
    [capture] = payment.captures
    made = await desk.world.provider.refund(
        refund_id=new_id(), attempt=1, capture_reference=capture.reference, amount=capture.amount
    )

    answer = await desk.send(*await desk.world.notice("refunded", made.reference))

    assert (404, "payment-unknown") == problem(answer)


async def paid_elsewhere(world: World) -> str:
    """Somebody of the same account at the provider has another shop."""
    made = await world.provider.create_payment(
        payment_id=new_id(),
        order_id=UUID(int=2),
        amount=Money(amount_minor=4500, currency="PLN"),
        description="Not ours",
        expires_at=utc_now() + timedelta(minutes=10),
        return_url="https://elsewhere.example.org/",
    )
    await world.pay(made.reference)
    return made.reference


async def test_a_true_notice_about_something_else_has_no_effect(desk: Desk):
    order_id, _ = await desk.paid()
    body = json.dumps(
        {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}
    ).encode()

    assert 204 == (await desk.send(*desk.world.signed(body, at=utc_now()))).status_code

    assert [("customer.created", "of_no_interest")] == await desk.notices()
    assert S.AWAITING_PAYMENT == await desk.state(order_id)


# The way in


async def test_there_are_no_notices_of_a_provider_we_do_not_have(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    for other in {"stripe", "sandbox", "recorded", "nobody"} - {desk.provider}:
        assert (404, "not-found") == problem(await desk.send(*notice, to=other))

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
        desk.world.signed(body, at=utc_now(), stolen_secret=False),
        desk.world.signed(body, at=long_ago),
        (JSON, body),
    ]

    answers = [(await desk.send(*attempt)).json() for attempt in attempts]

    assert 1 == len(
        {tuple((name, answer[name]) for name in ("type", "title", "detail")) for answer in answers}
    )


# Out of order


async def test_a_page_that_is_over_is_not_open_again_after_an_older_notice(desk: Desk):
    """Of a declined card, say, which comes after the notice that the page was closed."""
    order_id, reference = await desk.begun()
    await desk.world.provider.close_payment(reference=reference)
    over = await desk.world.notice("over", reference)

    assert [204, 204] == [(await desk.send(*over)).status_code for _ in range(2)]

    assert ["failed"] == await desk.payments(order_id)
    again = await desk.ada.post(f"/orders/{order_id}/payments")
    assert (201, True) == (again.status_code, again.json()["page_url"] is not None)


async def test_money_told_of_before_our_own_call_was_answered_is_taken(desk: Desk):
    """The provider is faster than its answer to us."""
    order_id, reference = await desk.paid()
    forget = (
        "UPDATE orders.payments SET reference = NULL, page_url = NULL WHERE order_id = :order_id RETURNING 1"
    )
    await desk.scene.rows(forget, order_id=order_id)

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, S.FINALIZING) == (answer.status_code, await desk.state(order_id))
