"""Orders of guests: claim them with an account, have their links sent again, make a token void."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.access import CurrentPrincipal
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.fingerprints import Fingerprints, normalised_email
from chassis.http import Sealing
from chassis.idempotency import IdempotentWrite
from chassis.problems import TOO_MANY_REQUESTS, ProblemError, problem_responses
from orders.api import problems
from orders.api.answers import ClaimedOrdersOut, LinksRequestedOut
from orders.api.dependencies import AccessTokensOf
from orders.api.limits import LimitsOf
from orders.api.orders import OrderId
from orders.api.rights import RightToOrder, key_scope
from orders.api.schemas import LookupIn
from orders.domain.rights import key_scope_of_lookups
from orders.usecases.claim_orders import claim_orders
from orders.usecases.request_order_links import request_order_links
from orders.usecases.revoke_access import revoke_access

router = APIRouter(prefix="/orders", tags=["guest orders"])


async def fingerprints(request: Request) -> Fingerprints:
    """By which e-mails are found without being readable."""
    return request.app.state.fingerprints


FingerprintsOf = Annotated[Fingerprints, Depends(fingerprints)]


@router.post(
    "/claims",
    response_model=ClaimedOrdersOut,
    summary="Claim the orders you placed as a guest",
    responses=problem_responses(problems.EMAIL_NOT_VERIFIED),
)
async def post_claim(principal: CurrentPrincipal, write: IdempotentWrite) -> Response:
    """Orders placed without an account whose contact has your verified e-mail become yours. Their order
    access tokens are void from then on. The oldest come first, and `more` says if any are left.
    """
    email_fingerprint = principal.email_fingerprint
    if email_fingerprint is None:
        raise ProblemError(
            problems.EMAIL_NOT_VERIFIED, "Verify your e-mail, and ask with an access token given since."
        )

    async def work(tx: Transaction) -> ClaimedOrdersOut:
        claimed = await claim_orders(
            tx, buyer_id=principal.subject, email_fingerprint=email_fingerprint, now=utc_now()
        )
        return ClaimedOrdersOut(order_ids=list(claimed.order_ids), more=claimed.more)

    return await write.once(work)


@router.post(
    "/lookups",
    status_code=202,
    response_model=LinksRequestedOut,
    summary="Have the links to your guest orders sent to you",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def post_lookup(
    body: LookupIn,
    write: IdempotentWrite,
    request: Request,
    limits: LimitsOf,
    fingerprints: FingerprintsOf,
    sealer: Sealing,
) -> Response:
    """A mail with a link to each order placed without an account goes to this e-mail, if there is one.
    The answer is always the same: it does not tell whether there are any.
    """
    # To no other mailbox than the one all ways of writing this address mean.
    email = normalised_email(body.email)
    email_fingerprint = fingerprints.email(email)
    await limits.lookup(request, email_fingerprint=email_fingerprint)

    async def work(tx: Transaction) -> LinksRequestedOut:
        await request_order_links(
            tx,
            email=email,
            email_fingerprint=email_fingerprint,
            sealer=sealer,
            keep_s=request.app.state.settings.order_lookup_s,
            now=utc_now(),
        )
        return LinksRequestedOut()

    return await write.once(work, status=202, scope=key_scope_of_lookups(email_fingerprint))


@router.delete(
    "/{order_id}/access-token",
    status_code=204,
    summary="Make the order's access token void",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def delete_access_token(
    right: RightToOrder, order_id: OrderId, write: IdempotentWrite, access_tokens: AccessTokensOf
) -> Response:
    """For when a link got into wrong hands. The token shown, and every copy of it, opens nothing any more;
    mails about the order, and those you ask for at `/orders/lookups`, carry a new one.
    """

    async def work(tx: Transaction) -> None:
        await revoke_access(tx, order_id=order_id, right=right, access_tokens=access_tokens, now=utc_now())

    return await write.once(work, status=204, scope=key_scope(write, order_id=order_id, right=right))
