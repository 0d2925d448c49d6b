"""What a merchant may ask, and how often."""

import sqlite3
from datetime import timedelta

import pytest

from support.payment_sandbox import payment_body

CARD = "4242424242424242"


def problem(answer):
    assert "application/problem+json" == answer.headers["content-type"]
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_payment_is_what_was_asked_and_has_a_page(provider):
    body = payment_body(expires_at=(provider.now + timedelta(minutes=5)).isoformat())
    payment = (await provider.post("/v1/payments", body)).json()

    assert payment["payment_id"].startswith("pay_")
    assert f"http://127.0.0.1:8090/pay/{payment['payment_id']}" == payment["page_url"]
    for name in ("amount_minor", "currency", "merchant_reference", "description", "return_url"):
        assert body[name] == payment[name]
    assert ["open", False, []] == [payment[name] for name in ("state", "declined", "captures")]
    assert payment == await provider.read(payment)


async def test_the_same_request_gets_its_first_answer_for_good(provider):
    body = payment_body(expires_at=(provider.now + timedelta(minutes=5)).isoformat())
    first = await provider.post("/v1/payments", body, key="mine")
    await provider.pay(first.json(), CARD)
    provider.pass_s(400 * 86_400)
    again = await provider.post("/v1/payments", body, key="mine")

    assert (201, first.json(), "true") == (
        again.status_code,
        again.json(),
        again.headers["idempotent-replay"],
    )
    other = await provider.post("/v1/payments", body | {"amount_minor": 1}, key="mine")
    assert (422, "idempotency-key-reused") == problem(other)
    assert 1 == len((await provider.http.get("/v1/payments")).json()["items"])


async def test_a_key_of_one_path_is_none_of_another(provider):
    (capture,) = (await provider.paid(CARD))["captures"]
    body = {"capture_id": capture["capture_id"], "amount_minor": 1, "merchant_reference": "r"}

    assert (422, "idempotency-key-reused") == problem(await provider.post("/v1/refunds", body, key="key-1"))


async def test_what_was_refused_may_be_asked_again_under_the_same_key(provider):
    (capture,) = (await provider.paid(CARD))["captures"]
    body = {"capture_id": capture["capture_id"], "amount_minor": 9001, "merchant_reference": "r"}

    assert (409, "refund-exceeds-capture") == problem(await provider.post("/v1/refunds", body, key="mine"))
    again = await provider.post("/v1/refunds", body | {"amount_minor": 9000}, key="mine")
    assert "succeeded" == again.json()["state"]


async def test_a_write_without_a_key_is_refused(provider):
    body = payment_body(expires_at=(provider.now + timedelta(minutes=5)).isoformat())

    assert (400, "idempotency-key-missing") == problem(await provider.http.post("/v1/payments", json=body))


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic the-key-of-the-tests", "Bearer ż"])
async def test_nothing_is_told_without_the_key_of_the_merchant(provider, authorization):
    headers = {"Authorization": authorization.encode()}

    for path in ("/v1/payments", "/v1/payments/pay_1", "/v1/refunds", "/v1/refunds/ref_1"):
        assert (401, "api-key-wrong") == problem(await provider.http.get(path, headers=headers))


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"amount_minor": 1.5},
        {"currency": "zł"},
        {"merchant_reference": ""},
        {"return_url": "javascript:alert(1)"},
        {"expires_at": "2026-11-23T10:00:00"},
        {"expires_at": "9999-12-31T23:59:59-01:00"},
        {"surprise": 1},
    ],
)
async def test_a_payment_that_makes_no_sense_is_refused(provider, wrong):
    body = payment_body(expires_at=(provider.now + timedelta(minutes=5)).isoformat()) | wrong

    assert (422, "request-invalid") == problem(await provider.post("/v1/payments", body))


async def test_a_page_cannot_close_before_it_opens(provider):
    body = payment_body(expires_at=provider.now.isoformat())

    assert (422, "expiry-has-passed") == problem(await provider.post("/v1/payments", body))


async def test_an_open_page_is_closed_for_good(provider):
    payment = await provider.open()
    path = f"/v1/payments/{payment['payment_id']}/expiration"
    closed = [(await provider.http.post(path)).json() for _ in range(2)]

    assert ["expired", "expired"] == [each["state"] for each in closed]
    await provider.pay(payment, CARD)
    assert closed[0] == await provider.read(payment)
    assert ["payment.expired"] == await provider.told(payment["payment_id"])


async def test_more_pages_close_at_once_than_a_query_takes_values(provider, monkeypatch):
    monkeypatch.setattr("rowlock_payment_sandbox.storage.payments.DUE_MAX", 3, raising=False)
    provider.sandbox.db.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 20)
    opened = [await provider.open() for _ in range(25)]
    late = [await provider.paid("4000000000000341") for _ in range(5)]
    provider.pass_s(3600)

    assert {"expired"} == {(await provider.read(payment))["state"] for payment in opened}
    assert {"captured"} == {(await provider.read(payment))["state"] for payment in late}
    assert ["payment.expired"] == await provider.told(opened[0]["payment_id"])


@pytest.mark.parametrize(("card", "state"), [(CARD, "captured"), ("4000000000000119", "processing")])
async def test_closing_what_was_paid_changes_nothing_and_tells_what_it_is(provider, card, state):
    payment = await provider.paid(card)
    closed = await provider.http.post(f"/v1/payments/{payment['payment_id']}/expiration")

    assert (200, state) == (closed.status_code, closed.json()["state"])
    assert payment == await provider.read(payment)


async def test_payments_are_found_by_reference_and_by_time(provider):
    first = await provider.open(merchant_reference="one")
    provider.pass_s(60)
    since = provider.now.isoformat()
    second = await provider.open(merchant_reference="two")

    async def found(**query):
        return [each["payment_id"] for each in (await _list(provider, "/v1/payments", **query))]

    assert [first["payment_id"]] == await found(merchant_reference="one")
    assert [] == await found(merchant_reference="three")
    assert [second["payment_id"]] == await found(since=since)
    assert [first["payment_id"], second["payment_id"]] == await found()


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/refunds"])
async def test_a_time_that_is_none_in_utc_is_refused(provider, path):
    refused = await provider.http.get(path, params={"since": "0001-01-01T00:00:00+01:00"})

    assert (422, "request-invalid") == problem(refused)


async def test_lists_are_given_page_by_page_and_whole(provider, monkeypatch):
    monkeypatch.setattr("rowlock_payment_sandbox.api.payments.PAGE_ITEMS", 2)
    monkeypatch.setattr("rowlock_payment_sandbox.api.refunds.PAGE_ITEMS", 2)
    payments = [await provider.paid(CARD) for _ in range(5)]
    (capture,) = payments[0]["captures"]
    refunds = [(await provider.refund(capture, 100)).json() for _ in range(4)]
    await provider.refund(payments[1]["captures"][0], 100)

    assert payments == await _list(provider, "/v1/payments")
    assert refunds == await _list(provider, "/v1/refunds", capture_id=capture["capture_id"])
    assert 5 == len(await _list(provider, "/v1/refunds", since=provider.now.isoformat()))
    refused = await provider.http.get("/v1/payments", params={"cursor": "two"})
    assert (422, "cursor-unknown") == problem(refused)


async def test_no_more_is_given_back_than_was_taken(provider):
    (capture,) = (await provider.paid(CARD))["captures"]

    assert "succeeded" == (await provider.refund(capture, 4000)).json()["state"]
    assert (409, "refund-exceeds-capture") == problem(await provider.refund(capture, 5001))
    assert "succeeded" == (await provider.refund(capture, 5000)).json()["state"]
    assert (409, "refund-exceeds-capture") == problem(await provider.refund(capture, 1))


async def test_what_is_pending_counts_as_given_back(provider):
    (capture,) = (await provider.paid("4000000000005126"))["captures"]
    await provider.refund(capture, 8000)

    assert (409, "refund-exceeds-capture") == problem(await provider.refund(capture, 1001))


@pytest.mark.parametrize("path", ["/v1/payments/pay_1", "/v1/refunds/ref_1", "/nothing"])
async def test_what_is_not_there_is_not_found(provider, path):
    assert 404 == problem(await provider.http.get(path))[0]


async def test_a_refund_of_nothing_is_not_found(provider):
    assert (404, "capture-not-found") == problem(await provider.refund({"capture_id": "cap_1"}, 1))


async def test_calls_fail_before_or_after_their_effect_as_told(provider):
    await provider.http.put("/control/outage", json={"fail_next": 1, "lose_answers": 1})
    body = payment_body(expires_at=(provider.now + timedelta(minutes=5)).isoformat())
    answers = [await provider.post("/v1/payments", body, key="mine") for _ in range(3)]

    assert [503, 500, 201] == [answer.status_code for answer in answers]
    assert [None, None, "true"] == [answer.headers.get("idempotent-replay") for answer in answers]
    assert {"fail_next": 0, "lose_answers": 0, "answer_after_ms": 0} == (
        await provider.http.get("/control/outage")
    ).json()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/control/notices", {"mode": "sideways"}),
        ("/control/notices", {"mode": "late", "delay_ms": -1}),
        ("/control/outage", {"fail_next": -1}),
        ("/control/outage", {"explode": 1}),
    ],
)
async def test_an_unknown_switch_is_refused(provider, path, wanted):
    assert 422 == (await provider.http.put(path, json=wanted)).status_code


async def _list(provider, path, **query):
    """All items, page after page."""
    items, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await provider.http.get(path, params=query | more)).json()
        items += page["items"]
        if not (cursor := page["next_cursor"]):
            return items
