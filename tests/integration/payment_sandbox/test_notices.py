"""Notices reach the merchant, signed, whatever it answers; or go wrong exactly as told."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from support.payment_sandbox import NOTICE_SECRET, SECRET_FILES, kill, payment_body, payment_sandbox_house
from support.waiting import wait_until

DECLINED, CARD, LATE, REFUNDS_LATER = (
    "4000000000000002",
    "4242424242424242",
    "4000000000000341",
    "4000000000005126",
)


async def test_a_notice_is_signed_and_tells_the_payment_as_the_api_does(sandbox, merchant, in_thread):
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    (told,) = await merchant.wait_for(payment["payment_id"], "payment.captured")
    (request,) = merchant.backend.received

    assert ("POST", "/notices", "application/json") == (
        request.method,
        request.target,
        request.headers["content-type"],
    )
    assert await in_thread(sandbox.payment, payment) == told["data"]
    assert datetime.fromisoformat(told["timestamp"]).tzinfo
    assert abs(datetime.now(UTC).timestamp() - int(request.headers["webhook-timestamp"])) < 60
    with pytest.raises(WebhookVerificationError):
        Webhook(NOTICE_SECRET).verify(request.body + b" ", request.headers)


async def test_what_the_signature_is_made_of():
    """The example of the specification's reference implementations."""
    webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = webhook.sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), '{"test": 2432232314}'
    )

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == signed


@pytest.mark.parametrize("status", [b"500 Broken", b"404 Unknown", b"302 Elsewhere"])
async def test_a_notice_is_sent_until_it_is_taken(sandbox, merchant, in_thread, status):
    merchant.answer(status)
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    await wait_until(lambda: len(merchant.told(payment["payment_id"])) >= 3, what="it is sent again")
    merchant.answer(b"204 No Content")

    async def delivered():
        (notice,) = await in_thread(sandbox.notices, payment["payment_id"])
        return notice if notice["delivered_at"] else None

    notice = await wait_until(delivered, what="it is delivered")
    sent = [
        request for request in merchant.backend.received if payment["payment_id"].encode() in request.body
    ]
    assert {notice["notice_id"]} == {request.headers["webhook-id"] for request in sent}
    assert (notice["attempts"], "204", None) == (len(sent), notice["last_answer"], notice["next_attempt_at"])


async def test_every_step_is_told_in_order(sandbox, merchant, in_thread):
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment, DECLINED)
    await merchant.wait_for(payment["payment_id"], "payment.declined")
    await in_thread(sandbox.pay, payment, REFUNDS_LATER)
    *_, captured = await merchant.wait_for(payment["payment_id"], "payment.declined", "payment.captured")
    refund = await in_thread(sandbox.refund, captured["data"]["captures"][0], 9000)
    (settled,) = await merchant.wait_for(refund["refund_id"], "refund.succeeded")

    assert refund | {"state": "succeeded"} == settled["data"]


async def test_a_page_that_closes_by_itself_is_told_of(sandbox, merchant, in_thread):
    soon = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 0.5, UTC).isoformat()
    payment = await in_thread(sandbox.open_payment, expires_at=soon)

    (told,) = await merchant.wait_for(payment["payment_id"], "payment.expired")
    assert "expired" == told["data"]["state"]


async def test_a_late_capture_comes_by_itself(sandbox, merchant, in_thread):
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment, LATE)
    assert "processing" == (await in_thread(sandbox.payment, payment))["state"]

    await merchant.wait_for(payment["payment_id"], "payment.captured")


async def test_late_notices_are_late(sandbox, merchant, in_thread):
    await in_thread(sandbox.deliver_notices, "late", delay_ms=700)
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    (notice,) = await in_thread(sandbox.notices, payment["payment_id"])
    await merchant.wait_for(payment["payment_id"], "payment.captured")

    assert 0.7 == _seconds_between(notice["created_at"], notice["next_attempt_at"])
    (notice,) = await _delivered(sandbox, payment, in_thread)
    assert _seconds_between(notice["created_at"], notice["delivered_at"]) >= 0.7


async def test_twice_means_two_at_the_same_time_under_one_id(sandbox, merchant, in_thread):
    await in_thread(sandbox.deliver_notices, "twice")
    merchant.backend.delay_s = 0.2
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    first, second = await merchant.wait_for(payment["payment_id"], "payment.captured", "payment.captured")

    assert first == second
    (notice,) = await _delivered(sandbox, payment, in_thread)
    assert (1, "204, 204") == (notice["attempts"], notice["last_answer"])


async def test_out_of_order_is_the_newest_first(sandbox, merchant, in_thread):
    await in_thread(sandbox.deliver_notices, "out_of_order", delay_ms=800)
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment, DECLINED)
    await in_thread(sandbox.pay, payment)

    await merchant.wait_for(payment["payment_id"], "payment.captured", "payment.declined")


async def test_none_is_none_until_somebody_sends_it(sandbox, merchant, in_thread):
    await in_thread(sandbox.deliver_notices, "none")
    lost = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, lost)
    await in_thread(sandbox.deliver_notices, "normal")
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    await merchant.wait_for(payment["payment_id"], "payment.captured")
    assert [] == merchant.told(lost["payment_id"])

    (notice,) = await in_thread(sandbox.notices, lost["payment_id"])
    sent = await in_thread(sandbox.send_again, notice)
    assert ("204", 1) == (sent["last_answer"], sent["attempts"])
    await merchant.wait_for(lost["payment_id"], "payment.captured")


async def test_a_delivered_notice_is_replayed_under_its_id(sandbox, merchant, in_thread):
    payment = await in_thread(sandbox.open_payment)
    await in_thread(sandbox.pay, payment)
    await merchant.wait_for(payment["payment_id"], "payment.captured")
    (notice,) = await _delivered(sandbox, payment, in_thread)
    merchant.answer(b"500 Broken")
    again = await in_thread(sandbox.send_again, notice)

    assert ("500", notice["delivered_at"], None) == (
        again["last_answer"],
        again["delivered_at"],
        again["next_attempt_at"],
    )
    assert 1 == len({request.headers["webhook-id"] for request in merchant.backend.received})


async def test_a_killed_sandbox_forgets_nothing_and_sends_what_was_under_way(merchant, in_thread):
    merchant.answer(b"503 Not now")
    url = f"{merchant.backend.url}/notices"
    with payment_sandbox_house(SANDBOX_NOTICE_URL=url, SANDBOX_CAPTURE_LATE_S="2") as house:
        with house.running() as (sandbox, process):
            body = payment_body()
            paid = (await in_thread(sandbox.post, "/v1/payments", body, key="mine")).json()
            await in_thread(sandbox.pay, paid)
            late = await in_thread(sandbox.open_payment)
            await in_thread(sandbox.pay, late, LATE)
            before = await in_thread(sandbox.payment, paid)
            kill(process)
        merchant.backend.received.clear()
        merchant.answer(b"204 No Content")
        with house.running() as (sandbox, _):
            await merchant.wait_for(paid["payment_id"], "payment.captured")
            await merchant.wait_for(late["payment_id"], "payment.captured")
            assert before == await in_thread(sandbox.payment, paid)
            assert paid == (await in_thread(sandbox.post, "/v1/payments", body, key="mine")).json()


async def test_answers_come_later_as_told(sandbox, in_thread):
    await in_thread(sandbox.fail, answer_after_ms=400)
    took = asyncio.get_running_loop().time()
    payment = await in_thread(sandbox.open_payment)

    assert asyncio.get_running_loop().time() - took >= 0.4
    await in_thread(sandbox.fail)
    assert payment == await in_thread(sandbox.payment, payment)


def test_it_does_not_start_in_production(tmp_path):
    for settings in (_files(tmp_path), {}):
        ended = _start(ROWLOCK_MODE="production", **settings)

        assert 1 == ended.returncode
        assert "does not start in production" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_what_is_missing_is_said_in_words(tmp_path):
    files = _files(tmp_path)
    for name in files:
        ended = _start(**(files | {name: ""}))
        assert (1, True) == (ended.returncode, name.lower() in ended.stderr.lower()), ended.stderr
    ended = _start(**(files | {"SANDBOX_API_KEY": str(tmp_path / "nowhere")}))
    assert (1, False) == (ended.returncode, "Traceback" in ended.stderr)


def _files(folder):
    for name, secret in SECRET_FILES.items():
        (folder / name).write_text(secret)
    return {
        "SANDBOX_DATABASE": str(folder / "sandbox.sqlite3"),
        "SANDBOX_NOTICE_URL": "http://127.0.0.1:9/",
        **{name: str(folder / name) for name in SECRET_FILES},
    }


def _start(**settings):
    return subprocess.run(
        [sys.executable, "-m", "rowlock_payment_sandbox"],
        env=settings,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def _delivered(sandbox, payment, in_thread):
    async def look():
        found = await in_thread(sandbox.notices, payment["payment_id"])
        return found if all(notice["delivered_at"] for notice in found) else None

    return await wait_until(look, what="every notice is delivered")


def _seconds_between(first, second):
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
