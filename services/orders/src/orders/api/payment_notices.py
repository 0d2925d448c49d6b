"""Where payment providers tell us what happened: webhooks, whose signature is all they have to show."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, Security
from fastapi.security import APIKeyHeader

from chassis import failpoints
from chassis.clock import utc_now
from chassis.http import Db
from chassis.logs import get_logger
from chassis.problems import NOT_FOUND, ProblemError, problem_responses
from orders.api import problems
from orders.api.examples import NOTICE
from orders.api.payment_desk import PaymentDeskOf
from orders.clients.payment_provider import Notice, NoticeRefused, NoticeUnreadable, PaymentProvider
from orders.domain.states import NoticeVerdict
from orders.metrics import NOTICES_REFUSED
from orders.usecases.take_notice import take_notice

router = APIRouter(prefix="/payment-notices", tags=["payment notices"])

SIGNATURE = APIKeyHeader(
    name="webhook-signature",
    scheme_name="noticeSignature",
    description="What the provider signed the body with (Standard Webhooks; Stripe sends `Stripe-Signature`)",
    auto_error=False,
)
NOTICE_BODY = {"schema": {"type": "object"}, "example": NOTICE}

log = get_logger()


@router.post(
    "/{provider}",
    status_code=204,
    response_class=Response,
    summary="Tell what became of a payment or a refund",
    dependencies=[Security(SIGNATURE)],
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": NOTICE_BODY}}},
    responses=problem_responses(
        problems.NOTICE_REFUSED,
        problems.NOTICE_MALFORMED,
        problems.PAYMENT_UNKNOWN,
        problems.PAYMENTS_NOT_SET_UP,
    ),
)
async def post_payment_notice(
    provider: Annotated[str, Path(examples=["sandbox"])], request: Request, desk: PaymentDeskOf, db: Db
) -> Response:
    """For the payment provider. A notice counts once however often it comes, in whatever order; one
    whose signature is wrong or too old is refused, and so is a signed one that cannot be read. 404: no
    payment of ours, send it again later.
    """
    known = desk.provider
    if provider != known.name:
        raise ProblemError(NOT_FOUND, "There is no such payment provider here.")
    notice = _read(known, request, await request.body())
    failpoints.reach("orders.notice.verified")
    verdict = await db.run(lambda tx: take_notice(tx, notice=notice, provider=known.name, now=utc_now()))
    failpoints.reach("orders.notice.committed")
    if verdict is NoticeVerdict.UNKNOWN_PAYMENT:
        raise ProblemError(problems.PAYMENT_UNKNOWN, "Send it again later, if it is meant for us.")
    return Response(status_code=204)


def _read(provider: PaymentProvider, request: Request, body: bytes) -> Notice:
    try:
        return provider.read_notice(headers=request.headers, body=body, now=utc_now())
    except NoticeRefused as refused:
        NOTICES_REFUSED.labels(provider.name, refused.reason).inc()
        log.warning("payment_notice_refused", provider=provider.name, reason=refused.reason)
        if isinstance(refused, NoticeUnreadable):
            raise ProblemError(problems.NOTICE_MALFORMED, "Its body is not what is told here.") from None
        raise ProblemError(problems.NOTICE_REFUSED, "Its signature is wrong, missing or too old.") from None
