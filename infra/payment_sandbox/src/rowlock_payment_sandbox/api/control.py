"""`/control`: for tests and people who want to see things go wrong. Never leaves the machine."""

from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Json

from rowlock_payment_sandbox.api.dependencies import Box, Notices, is_no_other_site
from rowlock_payment_sandbox.model import Notice, NoticeKind
from rowlock_payment_sandbox.storage.notices import newest_notices
from rowlock_payment_sandbox.switches import NoticeSwitch, Outage

NOTICES_MAX = 200

router = APIRouter(prefix="/control", tags=["control"], dependencies=[Depends(is_no_other_site)])


class NoticeOut(BaseModel):
    """A notice and how its sending went; `body` is what was signed."""

    notice_id: str
    kind: NoticeKind
    about: str
    body: Json[Any]
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    next_attempt_at: datetime | None
    last_answer: str | None

    @classmethod
    def of(cls, notice: Notice) -> Self:
        return cls(
            notice_id=notice.notice_id,
            kind=notice.kind,
            about=notice.about,
            body=notice.body,
            created_at=notice.created_at,
            attempts=notice.attempts,
            delivered_at=notice.delivered_at,
            next_attempt_at=notice.next_attempt_at,
            last_answer=notice.last_answer,
        )


class NoticesOut(NoticeSwitch):
    """The switch, and the newest notices first."""

    items: list[NoticeOut]


@router.get("/notices")
async def get_notices(sandbox: Box, about: str | None = None) -> NoticesOut:
    """`about`: a payment_id or refund_id."""
    notices = newest_notices(sandbox.db, about=about, limit=NOTICES_MAX)
    items = [NoticeOut.of(notice) for notice in notices]
    return NoticesOut(items=items, **sandbox.switches.notices.model_dump())


@router.put("/notices")
async def put_notices(body: NoticeSwitch, sandbox: Box) -> NoticeSwitch:
    """For notices made from now on."""
    sandbox.switches.notices = body
    return body


@router.post("/notices/{notice_id}/deliveries")
async def post_delivery(notice_id: str, sender: Notices) -> NoticeOut:
    """Send it now, whatever became of it so far."""
    return NoticeOut.of(await sender.send_again(notice_id))


@router.get("/outage")
async def get_outage(sandbox: Box) -> Outage:
    return sandbox.switches.outage


@router.put("/outage")
async def put_outage(body: Outage, sandbox: Box) -> Outage:
    """For the next calls of `/v1`."""
    sandbox.switches.outage = body
    return body
