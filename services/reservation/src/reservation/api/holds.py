"""Holds: place, look at, give up, renew."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from chassis.access import optional_principal
from chassis.database import Database, Transaction
from chassis.http import Db
from chassis.http.lean import LeanRoute, gathers, plain_body
from chassis.idempotency import REPLAY_HEADER, IdempotentWrite, idempotency_key
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from reservation.api import problems
from reservation.api.buyers import Buyer, buyer_with_key
from reservation.api.dependencies import Desk, DeskOf, Owner
from reservation.api.schemas import HoldIn, HoldOut, SeatOut
from reservation.domain.geometry import Geometry, SeatLabel
from reservation.domain.holds import Hold, HoldState
from reservation.queries import hold_by_id
from reservation.usecases.ownership import HoldOwner
from reservation.usecases.place_hold import HoldRequest
from reservation.usecases.release_hold import release_hold
from reservation.usecases.release_seat import release_seat
from reservation.usecases.renew_hold import renew_hold

router = APIRouter(prefix="/api/v1/holds", tags=["holds"], route_class=LeanRoute)

_OVER = (
    problems.HOLD_NOT_FOUND,
    problems.HOLD_TOKEN_INVALID,
    problems.HOLD_NOT_ACTIVE,
    problems.HOLD_EXPIRED,
)


async def _gather_hold(request: Request) -> Mapping[str, Any] | None:
    """What `place_hold` is called with: the hot path, so without FastAPI (see chassis.http.lean)."""
    body = await plain_body(request, HoldIn)
    key = request.headers.get("idempotency-key")
    if body is None or key is None:
        return None
    principal = await optional_principal(request)
    buyer = await buyer_with_key(request, principal, idempotency_key(key))
    return {"body": body, "buyer": buyer, "desk": request.app.state.desk}


@router.post(
    "",
    status_code=201,
    response_model=HoldOut,
    responses=problem_responses(
        problems.EVENT_NOT_ON_SALE,
        problems.SEATS_TAKEN,
        problems.NOT_ENOUGH_SEATS,
        problems.TOO_MANY_ACTIVE_HOLDS,
        problems.TOO_MANY_GUEST_HOLDS,
        problems.IDEMPOTENCY_KEY_GUESSABLE,
        TOO_MANY_REQUESTS,
        problems.TOO_MANY_SEATS,
        problems.UNKNOWN_SEATS,
        problems.UNKNOWN_PRICE_CATEGORY,
        problems.UNKNOWN_AREA,
    ),
)
@gathers(_gather_hold)
async def place_hold(body: HoldIn, buyer: Buyer, desk: DeskOf) -> Response:
    """Hold seats for a while: named seats, the best available, places in areas, or all of these.

    All of them or none. The answer says until when; within that time an order can be placed with the
    hold token. A refusal names the taken seats and, where there is one, the nearest equivalent block.

    No account is needed. Without one the hold token is the only right to the hold, and the
    Idempotency-Key must be random, of 22 characters at least: who knows it can ask for the answer again.
    """
    return await answer_place_hold(desk=desk, request=buyer.request(body.wish(), desk))


async def answer_place_hold(*, desk: Desk, request: HoldRequest) -> Response:
    """The answer to a checked request; raises a Refusal. Needs nothing of FastAPI."""
    placed = await desk.placer.place(request)
    headers = {"Location": f"/api/v1/holds/{placed.hold.hold_id}"}
    if placed.is_replay:
        headers[REPLAY_HEADER] = "true"
    content = _hold_out(placed.hold, placed.seats, desk).model_dump_json().encode()
    return Response(content, 201, headers, media_type="application/json")


@router.get(
    "/{hold_id}",
    responses=problem_responses(problems.HOLD_NOT_FOUND, problems.HOLD_TOKEN_INVALID),
)
async def get_hold(hold_id: UUID, owner: Owner, db: Db, desk: DeskOf) -> HoldOut:
    """The hold as it is now: expired from the moment its time is over."""
    async with db.snapshot() as connection:
        stored = await hold_by_id(connection, hold_id=hold_id)
    owner.require(stored.hold)
    geometry = (await desk.views.event(stored.hold.event_id)).geometry
    return _hold_out(
        stored.hold, geometry.labels(stored.hold.seat_ids), desk, state=stored.hold.state_at(stored.now)
    )


@router.delete("/{hold_id}", status_code=204, responses=problem_responses(*_OVER))
async def delete_hold(hold_id: UUID, owner: Owner, write: IdempotentWrite) -> Response:
    """Give up the hold; its seats are on sale again at once."""
    return await write.once(
        lambda tx: release_hold(tx, hold_id=hold_id, owner=owner),
        status=204,
        scope=_scope(write.scope, owner),
    )


@router.delete(
    "/{hold_id}/seats/{seat_id:path}",
    response_model=HoldOut,
    responses=problem_responses(*_OVER, problems.SEAT_NOT_IN_HOLD),
)
async def delete_seat(
    hold_id: UUID,
    seat_id: Annotated[str, Path(min_length=1, max_length=256, examples=["stalls-A-1"])],
    owner: Owner,
    write: IdempotentWrite,
    db: Db,
    desk: DeskOf,
) -> Response:
    """Give up one seat; the hold goes on with a new token, or is released with its last seat."""
    geometry = await _geometry_of(hold_id, db, desk)

    async def work(tx: Transaction) -> HoldOut:
        hold = await release_seat(tx, hold_id=hold_id, seat_id=seat_id, owner=owner)
        return _hold_out(hold, geometry.labels(hold.seat_ids), desk)

    return await write.once(work, scope=_scope(write.scope, owner))


@router.post(
    "/{hold_id}/renewals",
    response_model=HoldOut,
    responses=problem_responses(
        *_OVER, problems.EVENT_NOT_ON_SALE, problems.RENEWALS_USED_UP, problems.HOLD_TIME_USED_UP
    ),
)
async def post_renewal(hold_id: UUID, owner: Owner, write: IdempotentWrite, db: Db, desk: DeskOf) -> Response:
    """Let the hold last longer, within a cap; answers with a new token, the old one keeps its old expiry."""
    geometry = await _geometry_of(hold_id, db, desk)

    async def work(tx: Transaction) -> HoldOut:
        hold = await renew_hold(tx, hold_id=hold_id, owner=owner, limits=desk.limits)
        return _hold_out(hold, geometry.labels(hold.seat_ids), desk)

    return await write.once(work, scope=_scope(write.scope, owner))


def _scope(subject: str, owner: HoldOwner) -> str:
    """The bearer of a hold token is nobody in particular; their keys are counted by the hold it names."""
    return subject or f"hold:{owner.token_hold_id}"


async def _geometry_of(hold_id: UUID, db: Database, desk: Desk) -> Geometry:
    """Of the hold's event, for a write to ask for before its transaction: to load an event takes another
    connection of the pool. Raises HoldNotFound.
    """
    async with db.snapshot() as connection:
        stored = await hold_by_id(connection, hold_id=hold_id)
    return (await desk.views.event(stored.hold.event_id)).geometry


def _hold_out(
    hold: Hold, seats: tuple[SeatLabel, ...], desk: Desk, *, state: HoldState | None = None
) -> HoldOut:
    state = state or hold.state
    return HoldOut(
        hold_id=hold.hold_id,
        event_id=hold.event_id,
        state=state.value,
        hold_token=desk.tokens.sign(hold, seats) if state is HoldState.ACTIVE else None,
        expires_at=hold.expires_at,
        renewals_left=max(0, desk.limits.hold_renewals_max - hold.renewals),
        seats=[SeatOut.of(label) for label in seats],
    )
