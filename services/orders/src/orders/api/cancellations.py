"""Cancelling an order or some of its tickets, and what that would come to."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import Db, SnapshotConn
from chassis.idempotency import IdempotentWrite, Write
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from orders.api import problems
from orders.api.answers import OrderOut
from orders.api.cancellation_schemas import CancellationTermsOut, TicketsToCancelIn
from orders.api.orders import OrderId
from orders.api.personal import Personal
from orders.api.rights import RightToOrder, key_scope
from orders.api.schemas import SEATS_PER_ORDER_MAX
from orders.api.waiting import ACCEPTED, Patience, answer_when_settled, headers_of, status_of
from orders.domain.rights import OrderRight
from orders.domain.saga import Effect, Trigger, effect_of
from orders.queries import find_order
from orders.queries.cancellation import find_cancellation_terms
from orders.storage.personal_data import PersonalData
from orders.usecases.cancel_order import cancel_order, refusal_of
from orders.usecases.cancel_tickets import cancel_tickets

TicketIds = Annotated[
    list[UUID] | None,
    Query(
        max_length=SEATS_PER_ORDER_MAX,
        description="Only this ticket, and more if it is repeated; without it all that are valid",
    ),
]

router = APIRouter(prefix="/orders/{order_id}", tags=["orders"])


@router.get(
    "/cancellation-terms",
    summary="See what cancelling would come to",
    responses=problem_responses(
        problems.DEADLINE_PASSED,
        problems.ORDER_IS_FINALIZING,
        problems.ORDER_IS_OVER,
        problems.TICKETS_UNKNOWN,
        TOO_MANY_REQUESTS,
    ),
)
async def get_cancellation_terms(
    right: RightToOrder, order_id: OrderId, conn: SnapshotConn, ticket_id: TicketIds = None
) -> CancellationTermsOut:
    """What would be refunded and what kept, of each ticket and in all, if they were cancelled now; and
    until when it stays so. Refused as the cancellation itself would be.
    """
    found = await find_cancellation_terms(
        conn, order_id=order_id, right=right, ticket_ids=ticket_id, now=utc_now()
    )
    if effect_of(Trigger.CANCELLATION, found.state) is Effect.REFUSE_REQUEST:
        raise refusal_of(found.state)
    return CancellationTermsOut.of(found)


@router.post(
    "/cancellation",
    response_model=OrderOut,
    summary="Cancel an order",
    responses={
        202: ACCEPTED,
        **problem_responses(
            problems.DEADLINE_PASSED,
            problems.ORDER_IS_FINALIZING,
            problems.ORDER_IS_OVER,
            TOO_MANY_REQUESTS,
        ),
    },
)
async def post_cancellation(
    right: RightToOrder,
    order_id: OrderId,
    write: IdempotentWrite,
    db: Db,
    personal: Personal,
    patience: Patience,
) -> Response:
    """Before it is paid, at once. A confirmed order: its tickets are void at once, its money goes back as
    the refund policies of its events say, and it is cancelled when its seats are on sale again.
    """

    async def work(tx: Transaction) -> object:
        return await cancel_order(tx, order_id=order_id, right=right, now=utc_now())

    accepted = await _once(write, work, order_id=order_id, right=right, personal=personal)
    return await answer_when_settled(
        accepted, order_id=order_id, right=right, db=db, personal=personal, patience=patience
    )


@router.post(
    "/cancelled-tickets",
    response_model=OrderOut,
    summary="Cancel some tickets of an order",
    responses={
        202: ACCEPTED,
        **problem_responses(problems.DEADLINE_PASSED, problems.TICKETS_UNKNOWN, TOO_MANY_REQUESTS),
    },
)
async def post_cancelled_tickets(
    right: RightToOrder,
    order_id: OrderId,
    body: TicketsToCancelIn,
    write: IdempotentWrite,
    db: Db,
    personal: Personal,
    patience: Patience,
) -> Response:
    """They are void at once, are refunded as the refund policy of their event says, and their seats are on
    sale again a moment later. The order stays confirmed; its last tickets cancel it whole. A ticket that
    was cancelled before is left as it is.
    """

    async def work(tx: Transaction) -> object:
        return await cancel_tickets(
            tx, order_id=order_id, ticket_ids=body.ticket_ids, right=right, now=utc_now()
        )

    accepted = await _once(write, work, order_id=order_id, right=right, personal=personal)
    return await answer_when_settled(
        accepted, order_id=order_id, right=right, db=db, personal=personal, patience=patience
    )


async def _once(
    write: Write,
    work: Callable[[Transaction], Awaitable[object]],
    *,
    order_id: UUID,
    right: OrderRight,
    personal: PersonalData,
) -> Response:
    async def work_and_read(tx: Transaction) -> OrderOut:
        await work(tx)
        return OrderOut.of(await find_order(tx, order_id, personal=personal))

    scope = key_scope(write, order_id=order_id, right=right)
    return await write.once(work_and_read, status=status_of, headers=headers_of, scope=scope)
