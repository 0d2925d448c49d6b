"""Paying for an order at the payment provider."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from chassis import failpoints
from chassis.database import Transaction
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from orders.api import problems
from orders.api.answers import PaymentOut
from orders.api.orders import OrderId
from orders.api.payment_desk import PaymentDeskOf
from orders.api.rights import RightToOrder, key_scope
from orders.api.schemas import PaymentIn
from orders.queries import check_own_order
from orders.queries.payments import find_payment_of_order

router = APIRouter(prefix="/orders/{order_id}/payments", tags=["orders"])

PaymentId = Annotated[UUID, Path(examples=["0192f0c1-8b20-7c11-9d3e-5a6b7c8d9e0f"])]


@router.post(
    "",
    status_code=201,
    response_model=PaymentOut,
    summary="Pay for an order",
    responses={
        200: {"model": PaymentOut, "description": "A payment is under way: this is its page"},
        **problem_responses(
            problems.NOTHING_TO_PAY,
            problems.PAYMENT_CAPTURED_ALREADY,
            problems.TOO_LATE_TO_PAY,
            problems.ORDER_IS_OVER,
            problems.EVENT_CANCELLED,
            problems.RETURN_URL_NOT_ALLOWED,
            problems.PROVIDER_REFUSED,
            problems.PROVIDER_UNAVAILABLE,
            problems.PAYMENTS_NOT_SET_UP,
            TOO_MANY_REQUESTS,
        ),
    },
)
async def post_payment(
    right: RightToOrder,
    order_id: OrderId,
    write: IdempotentWrite,
    desk: PaymentDeskOf,
    body: PaymentIn | None = None,
) -> Response:
    """Opens a payment page at the provider: send the buyer to `page_url` before `expires_at`. The first
    payment of an order has its holds renewed. A declined card can be tried again on the same page; when
    the page is over and the seats are still held, a new key opens another one.

    After 503 ask again, with the same key: it is gone on with, and never paid twice.
    """
    scope = key_scope(write, order_id=order_id, right=right)
    if (answer := await write.answered(scope=scope)) is not None:
        return answer
    page = await desk.open_page(order_id=order_id, right=right, return_url=body and body.return_url)
    payment_id = page.payment.payment_id

    async def save(tx: Transaction) -> PaymentOut:
        await page.save(tx)
        return PaymentOut.of(await find_payment_of_order(tx, order_id=order_id, payment_id=payment_id))

    answer = await write.once(
        save,
        status=201 if page.is_new else 200,
        headers={"Cache-Control": "no-store"},
        location=f"/api/v1/orders/{order_id}/payments/{payment_id}",
        scope=scope,
    )
    failpoints.reach("orders.payment.saved")
    return answer


@router.get(
    "/{payment_id}",
    summary="Read a payment",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def get_payment(
    right: RightToOrder, order_id: OrderId, payment_id: PaymentId, conn: SnapshotConn
) -> PaymentOut:
    """A payment of your own order, with what goes back of it."""
    await check_own_order(conn, order_id=order_id, right=right)
    return PaymentOut.of(await find_payment_of_order(conn, order_id=order_id, payment_id=payment_id))
