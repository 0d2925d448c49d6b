"""What moves an order on: finalization, and a payment an operator recorded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Principal, requires
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import Db
from chassis.idempotency import IdempotentWrite
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from orders.api import problems
from orders.api.answers import OrderOut
from orders.api.orders import OrderId
from orders.api.personal import Personal
from orders.api.rights import OPERATOR, RightToOrder, key_scope
from orders.api.schemas import RecordedPaymentIn
from orders.api.waiting import ACCEPTED, Patience, answer_when_settled, headers_of, status_of
from orders.domain.order import Money
from orders.domain.rights import key_scope_of_payments
from orders.queries import find_order
from orders.storage.personal_data import PersonalData
from orders.usecases.capture_payment import RECORDED, capture_payment
from orders.usecases.finalize_order import finalize_order

router = APIRouter(prefix="/orders/{order_id}", tags=["orders"])


@router.post(
    "/finalization",
    response_model=OrderOut,
    summary="Finalize a free order",
    responses={
        202: ACCEPTED,
        **problem_responses(
            problems.PAYMENT_MISSING, problems.ORDER_IS_OVER, problems.EVENT_CANCELLED, TOO_MANY_REQUESTS
        ),
    },
)
async def post_finalization(
    right: RightToOrder,
    order_id: OrderId,
    write: IdempotentWrite,
    db: Db,
    personal: Personal,
    patience: Patience,
) -> Response:
    """Also late: an expired order gets its seats if nobody has claimed them since. An order that
    costs something is finalized by its payment instead. Asked again, it tells the state.
    """

    async def work(tx: Transaction) -> OrderOut:
        await finalize_order(tx, order_id=order_id, right=right, now=utc_now())
        return await _order(tx, order_id, personal)

    scope = key_scope(write, order_id=order_id, right=right)
    accepted = await write.once(work, status=status_of, headers=headers_of, scope=scope)
    return await answer_when_settled(
        accepted, order_id=order_id, right=right, db=db, personal=personal, patience=patience
    )


@router.post(
    "/recorded-payments",
    status_code=201,
    response_model=OrderOut,
    summary="Record a payment that arrived",
    responses=problem_responses(problems.AMOUNT_DIFFERS, problems.REFERENCE_USED),
)
async def post_recorded_payment(
    _operator: Annotated[Principal, requires(OPERATOR)],
    order_id: OrderId,
    body: RecordedPaymentIn,
    write: IdempotentWrite,
    personal: Personal,
) -> Response:
    """For operators. The money finalizes the order, also a lapsed one; money for an order that is
    over, or paid already, is refunded. It must be the whole total.
    """

    async def work(tx: Transaction) -> OrderOut:
        await capture_payment(
            tx,
            order_id=order_id,
            amount=Money(amount_minor=body.amount_minor, currency=body.currency),
            provider=RECORDED,
            reference=body.reference,
            now=utc_now(),
        )
        return await _order(tx, order_id, personal)

    scope = key_scope_of_payments(order_id)
    return await write.once(work, status=201, location=f"/api/v1/orders/{order_id}", scope=scope)


async def _order(tx: Transaction, order_id: UUID, personal: PersonalData) -> OrderOut:
    return OrderOut.of(await find_order(tx, order_id, personal=personal))
