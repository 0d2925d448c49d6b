"""`/v1/payments`: make a payment page, see what became of it, close it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from rowlock_payment_sandbox.answers import PaymentOut, PaymentPage
from rowlock_payment_sandbox.api.cursors import PAGE_ITEMS, After, cursor_of
from rowlock_payment_sandbox.api.dependencies import Box, is_merchant
from rowlock_payment_sandbox.api.idempotency import Once
from rowlock_payment_sandbox.api.moments import Moment
from rowlock_payment_sandbox.model import Payment
from rowlock_payment_sandbox.payments import create_payment, current_payment, expire_overdue, expire_payment
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.storage.payments import list_payments

AMOUNT_MINOR_MAX = 99_999_999_999

router = APIRouter(prefix="/v1/payments", tags=["payments"], dependencies=[Depends(is_merchant)])

AmountMinor = Annotated[int, Field(ge=1, le=AMOUNT_MINOR_MAX)]
Reference = Annotated[str, Field(min_length=1, max_length=200)]


class PaymentIn(BaseModel):
    """What is to be paid, and where the person goes afterwards."""

    model_config = ConfigDict(extra="forbid")

    amount_minor: AmountMinor
    currency: str = Field(pattern="^[A-Z]{3}$")
    merchant_reference: Reference
    description: str = Field(default="", max_length=500)
    expires_at: Moment
    return_url: HttpUrl


@router.post("", status_code=201, response_model=PaymentOut)
async def post_payment(body: PaymentIn, sandbox: Box, once: Once) -> Response:
    """The page is open until `expires_at`."""

    def make() -> PaymentOut:
        payment = create_payment(
            sandbox,
            amount_minor=body.amount_minor,
            currency=body.currency,
            merchant_reference=body.merchant_reference,
            description=body.description,
            expires_at=body.expires_at,
            return_url=str(body.return_url),
            now=sandbox.clock(),
        )
        return shown(sandbox, payment)

    return once.answer(body, make)


@router.get("")
async def get_payments(
    sandbox: Box,
    after: After,
    merchant_reference: str | None = None,
    since: Moment | None = None,
) -> PaymentPage:
    """In the order they were created; `since` compares `created_at`."""
    with transaction(sandbox.db):
        expire_overdue(sandbox, now=sandbox.clock())
        payments, last = list_payments(
            sandbox.db,
            merchant_reference=merchant_reference,
            since=since,
            after=after,
            limit=PAGE_ITEMS,
        )
    items = [shown(sandbox, payment) for payment in payments]
    return PaymentPage(items=items, next_cursor=cursor_of(last))


@router.get("/{payment_id}")
async def get_payment(payment_id: str, sandbox: Box) -> PaymentOut:
    with transaction(sandbox.db):
        return shown(sandbox, current_payment(sandbox, payment_id, now=sandbox.clock()))


@router.post("/{payment_id}/expiration")
async def post_expiration(payment_id: str, sandbox: Box) -> PaymentOut:
    """Close an open page for good; the payment as it then is. Needs no key: twice is the same as once."""
    with transaction(sandbox.db):
        return shown(sandbox, expire_payment(sandbox, payment_id, now=sandbox.clock()))


def shown(sandbox: Sandbox, payment: Payment) -> PaymentOut:
    return PaymentOut.of(payment, page_url=sandbox.page_url(payment.payment_id))
