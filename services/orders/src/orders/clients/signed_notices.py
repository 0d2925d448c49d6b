"""Notices signed by the Standard Webhooks specification: headers webhook-id, -timestamp, -signature.

The library's own `verify` is not used: it reads the clock, calls forged and stale the same, and raises
whatever a mangled header makes it stumble over. Its signature is what we compare.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from standardwebhooks import Webhook

from orders.clients.payment_provider import NOTICE_TOLERANCE_S, NoticeForged, NoticeMalformed, NoticeStale

_VERSION = "v1,"
SIGNATURES_MAX = 8
"""A sender that changes its secret signs with two; more than a few is somebody trying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The headers of a notice whose signature fits."""

    notice_id: str
    sent_at: datetime


def verify(*, webhook: Webhook, headers: Mapping[str, str], body: bytes, now: datetime) -> Signed:
    """Raise NoticeMalformed, NoticeForged or NoticeStale; the age counts only once the signature fits."""
    notice_id, timestamp, signatures = _headers(headers)
    sent_at = _time(timestamp)
    expected = webhook.sign(notice_id, sent_at, _text(body)).encode()
    passed = [each.encode() for each in signatures.split(" ") if each.startswith(_VERSION)]
    if len(passed) > SIGNATURES_MAX or not any(compare_digest(expected, each) for each in passed):
        raise NoticeForged("no signature fits")
    check_age(sent_at=sent_at, now=now)
    return Signed(notice_id=notice_id, sent_at=sent_at)


def check_age(*, sent_at: datetime, now: datetime) -> None:
    """Raise NoticeStale for what was signed longer ago, or further ahead, than NOTICE_TOLERANCE_S."""
    if abs(now - sent_at) > timedelta(seconds=NOTICE_TOLERANCE_S):
        raise NoticeStale(f"signed at {sent_at:%Y-%m-%dT%H:%M:%SZ}")


def _headers(headers: Mapping[str, str]) -> tuple[str, str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        return lower["webhook-id"], lower["webhook-timestamp"], lower["webhook-signature"]
    except KeyError as error:
        raise NoticeMalformed(f"no header {error.args[0]}") from None


def _time(timestamp: str) -> datetime:
    if timestamp.isascii() and timestamp.isdigit():
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(int(timestamp), tz=UTC)
    raise NoticeMalformed("webhook-timestamp is no time in seconds")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NoticeMalformed("the body is not UTF-8") from None
