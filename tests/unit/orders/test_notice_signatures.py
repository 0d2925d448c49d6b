"""Signatures of notices are compared in constant time, and never more than a few of them."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook
from stripe import WebhookSignature

from orders.clients import signed_notices, stripe_notices
from orders.clients.payment_provider import NoticeForged, NoticeRefused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "whsec_b2YgdGhlIHRlc3Rz"
BODY = b"{}"
Read = Callable[[str], Any]


def standard(signature: str) -> Any:
    stated = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp()))}
    headers = {**stated, "webhook-signature": signature}
    return signed_notices.verify(webhook=Webhook(SECRET), headers=headers, body=BODY, now=NOW)


def stripes(signature: str) -> Any:
    header = f"t={int(NOW.timestamp())},{signature}"
    return stripe_notices.read_notice(secret=SECRET, headers={"Stripe-Signature": header}, body=BODY, now=NOW)


@pytest.mark.parametrize("read", [standard, stripes])
def test_a_wrong_signature_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, read: Read):
    compared: list[tuple[Any, Any]] = []

    def watched(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return compare(one, other)

    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", watched)
    monkeypatch.setattr(signed_notices, "compare_digest", watched, raising=False)

    with pytest.raises(NoticeForged):
        read(f"v1{',' if read is standard else '='}bm90IHRoaXMgb25l")

    assert 1 == len(compared)


def test_a_fitting_signature_among_a_few_is_found():
    fitting = Webhook(SECRET).sign("msg_1", NOW, BODY.decode())
    assert "msg_1" == standard(f"v1,bm90IHRoaXMgb25l v2,AAAA {fitting}").notice_id


def test_a_fitting_signature_among_very_many_is_refused():
    fitting = Webhook(SECRET).sign("msg_1", NOW, BODY.decode())
    with pytest.raises(NoticeForged):
        standard(" ".join(["v1,bm90IHRoaXMgb25l"] * signed_notices.SIGNATURES_MAX + [fitting]))


def test_stripes_signature_is_of_its_time_and_body():
    """The body here is no event, so a fitting signature is refused for that alone."""
    header = WebhookSignature.generate_signature_header(BODY.decode(), SECRET, int(NOW.timestamp()))
    with pytest.raises(NoticeRefused) as refusal:
        stripes(header.partition(",")[2])
    assert "malformed" == refusal.value.reason
