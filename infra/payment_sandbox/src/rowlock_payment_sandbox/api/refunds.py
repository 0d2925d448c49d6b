"""`/v1/refunds`: give back some of a capture, or all."""

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from rowlock_payment_sandbox.answers import RefundOut, RefundPage
from rowlock_payment_sandbox.api.cursors import PAGE_ITEMS, After, cursor_of
from rowlock_payment_sandbox.api.dependencies import Box, is_merchant
from rowlock_payment_sandbox.api.idempotency import Once
from rowlock_payment_sandbox.api.moments import Moment
from rowlock_payment_sandbox.api.payments import AmountMinor, Reference
from rowlock_payment_sandbox.errors import RefundNotFound
from rowlock_payment_sandbox.refunds import create_refund
from rowlock_payment_sandbox.storage.refunds import find_refund, list_refunds

router = APIRouter(prefix="/v1/refunds", tags=["refunds"], dependencies=[Depends(is_merchant)])


class RefundIn(BaseModel):
    """In the currency of the capture."""

    model_config = ConfigDict(extra="forbid")

    capture_id: str
    amount_minor: AmountMinor
    merchant_reference: Reference


@router.post("", status_code=201, response_model=RefundOut)
async def post_refund(body: RefundIn, sandbox: Box, once: Once) -> Response:
    """It may be pending, or have failed: `state` tells."""

    def make() -> RefundOut:
        refund = create_refund(
            sandbox,
            capture_id=body.capture_id,
            amount_minor=body.amount_minor,
            merchant_reference=body.merchant_reference,
            now=sandbox.clock(),
        )
        return RefundOut.of(refund)

    return once.answer(body, make)


@router.get("")
async def get_refunds(
    sandbox: Box, after: After, capture_id: str | None = None, since: Moment | None = None
) -> RefundPage:
    """In the order they were created; `since` compares `created_at`."""
    refunds, last = list_refunds(
        sandbox.db, capture_id=capture_id, since=since, after=after, limit=PAGE_ITEMS
    )
    return RefundPage(items=[RefundOut.of(refund) for refund in refunds], next_cursor=cursor_of(last))


@router.get("/{refund_id}")
async def get_refund(refund_id: str, sandbox: Box) -> RefundOut:
    refund = find_refund(sandbox.db, refund_id)
    if refund is None:
        raise RefundNotFound
    return RefundOut.of(refund)
