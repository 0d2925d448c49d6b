"""Telling the merchant: a notice is written down in the transaction of what it tells of, and sent after."""

import json
import secrets
from datetime import datetime, timedelta

from pydantic import BaseModel

from rowlock_payment_sandbox.answers import PaymentOut, RefundOut
from rowlock_payment_sandbox.model import Notice, NoticeKind, Payment, Refund
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.notices import insert_notice
from rowlock_payment_sandbox.switches import NoticeMode, NoticeSwitch


def tell_of_payment(sandbox: Sandbox, kind: NoticeKind, payment: Payment, *, now: datetime) -> None:
    """With the payment as it is now, however late it is delivered."""
    data = PaymentOut.of(payment, page_url=sandbox.page_url(payment.payment_id))
    _tell(sandbox, kind, payment.payment_id, data, now)


def tell_of_refund(sandbox: Sandbox, kind: NoticeKind, refund: Refund, *, now: datetime) -> None:
    """As `tell_of_payment`."""
    _tell(sandbox, kind, refund.refund_id, RefundOut.of(refund), now)


def _tell(sandbox: Sandbox, kind: NoticeKind, about: str, data: BaseModel, now: datetime) -> None:
    switch = sandbox.switches.notices
    notice = Notice(
        notice_id=f"msg_{secrets.token_hex(12)}",
        kind=kind,
        about=about,
        body=_body(kind, data, now),
        created_at=now,
        next_attempt_at=_first_attempt_at(switch, now),
        copies=2 if switch.mode is NoticeMode.TWICE else 1,
        held=switch.mode is NoticeMode.OUT_OF_ORDER,
    )
    insert_notice(sandbox.db, notice)
    sandbox.woken.set()


def _body(kind: NoticeKind, data: BaseModel, now: datetime) -> str:
    body = {"type": kind, "timestamp": now.isoformat(), "data": data.model_dump(mode="json")}
    return json.dumps(body, separators=(",", ":"))


def _first_attempt_at(switch: NoticeSwitch, now: datetime) -> datetime | None:
    if switch.mode is NoticeMode.NONE:
        return None
    waits = switch.mode in (NoticeMode.LATE, NoticeMode.OUT_OF_ORDER)
    return now + timedelta(milliseconds=switch.delay_ms if waits else 0)
