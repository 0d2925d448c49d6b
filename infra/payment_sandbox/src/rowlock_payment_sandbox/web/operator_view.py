"""`/`: what the sandbox believes, and its switches, for people."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from rowlock_payment_sandbox.api.dependencies import Box, Notices
from rowlock_payment_sandbox.cards import CARDS
from rowlock_payment_sandbox.payments import expire_overdue
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.storage.notices import newest_notices
from rowlock_payment_sandbox.storage.payments import newest_payments
from rowlock_payment_sandbox.storage.refunds import newest_refunds
from rowlock_payment_sandbox.switches import NoticeMode, NoticeSwitch, Outage
from rowlock_payment_sandbox.web.pages import Form, page

SHOWN_MAX = 50
MODES = {
    NoticeMode.NORMAL: "at once",
    NoticeMode.LATE: "late",
    NoticeMode.TWICE: "twice at the same time",
    NoticeMode.OUT_OF_ORDER: "out of order",
    NoticeMode.NONE: "not at all",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_view(sandbox: Box) -> Response:
    with transaction(sandbox.db):
        expire_overdue(sandbox, now=sandbox.clock())
    return page(
        "operator.html",
        payments=newest_payments(sandbox.db, limit=SHOWN_MAX),
        refunds=newest_refunds(sandbox.db, limit=SHOWN_MAX),
        notices=newest_notices(sandbox.db, limit=SHOWN_MAX),
        switches=sandbox.switches,
        modes=MODES,
        cards=CARDS,
        shown_max=SHOWN_MAX,
    )


@router.post("/switches")
async def post_switches(form: Form, sandbox: Box) -> Response:
    """All of the switches, from the form of the view."""
    try:
        notices = NoticeSwitch.model_validate({name: form.pop(name) for name in NoticeSwitch.model_fields})
        outage = Outage.model_validate(form)
    except (KeyError, ValidationError):
        raise HTTPException(
            422, "A switch must be one of those shown, and its number not negative."
        ) from None
    sandbox.switches.notices, sandbox.switches.outage = notices, outage
    return RedirectResponse("/", status_code=303)


@router.post("/notices/{notice_id}/sending")
async def post_sending(notice_id: str, _form: Form, sender: Notices) -> Response:
    """Send a notice once more."""
    await sender.send_again(notice_id)
    return RedirectResponse("/#notices", status_code=303)
