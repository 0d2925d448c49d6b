"""Writing events: organizers draft, publish and cancel them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body
from starlette.responses import Response

from catalog.api import examples
from catalog.api.dependencies import (
    IF_MATCH_INVALID,
    ExpectedVersion,
    Organizer,
    OwnOrganizations,
    event_etag,
)
from catalog.api.examples import answers, body_example
from catalog.api.problems import (
    CANCELLATION_REFUSALS,
    CHANGE_REFUSALS,
    NEW_EVENT_REFUSALS,
    PUBLICATION_REFUSALS,
)
from catalog.api.schemas.event_requests import CancellationIn, EventChanges, EventIn, in_domain_terms
from catalog.api.schemas.events import EventOut
from catalog.domain.organizations import choose_organization
from catalog.queries.events import EventDetail, find_event
from catalog.usecases.cancel_event import cancel_event
from catalog.usecases.change_event import change_event
from catalog.usecases.create_event import create_event
from catalog.usecases.errors import EventNotFound
from catalog.usecases.publish_event import publish_event
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.idempotency import IdempotentWrite

router = APIRouter(prefix="/api/v1/events", tags=["events"])


@router.post(
    "",
    summary="Draft an event",
    status_code=201,
    response_model=EventOut,
    responses=answers(201, examples.EVENT, *NEW_EVENT_REFUSALS),
)
async def post_event(
    body: Annotated[EventIn, Body(openapi_examples=body_example(examples.NEW_EVENT))],
    organizer: Organizer,
    own: OwnOrganizations,
    write: IdempotentWrite,
) -> Response:
    """Creates a draft that only organizers of its organization see; venue and plan are its own, too."""
    organization_id = choose_organization(asked=body.organization_id, own=own)

    async def create(tx: Transaction) -> EventDetail:
        event_id = await create_event(
            tx, organization_id=organization_id, terms=body.terms(), created_by=organizer.subject
        )
        return await _read(tx, event_id)

    return await write.once(
        create,
        status=201,
        respond=EventOut.of,
        headers=lambda detail: event_etag(detail.event.version),
        location=lambda detail: f"/api/v1/events/{detail.event.event_id}",
    )


@router.patch(
    "/{event_id}",
    summary="Change a draft",
    response_model=EventOut,
    responses=answers(200, examples.EVENT, IF_MATCH_INVALID, *CHANGE_REFUSALS),
)
async def patch_event(
    event_id: UUID,
    body: Annotated[EventChanges, Body(openapi_examples=body_example(examples.EVENT_CHANGES))],
    own: OwnOrganizations,
    write: IdempotentWrite,
    expected_version: ExpectedVersion,
) -> Response:
    """Replaces the members that are sent. Nothing changes any more after publication."""
    changes = in_domain_terms(body)
    return await write.once(
        _then_read(
            event_id,
            lambda tx: change_event(
                tx,
                event_id=event_id,
                organizations=own,
                changes=changes,
                expected_version=expected_version,
            ),
        ),
        respond=EventOut.of,
        headers=lambda detail: event_etag(detail.event.version),
    )


@router.post(
    "/{event_id}/publication",
    summary="Publish an event",
    status_code=202,
    response_model=EventOut,
    responses=answers(202, examples.EVENT, *PUBLICATION_REFUSALS),
)
async def post_publication(event_id: UUID, own: OwnOrganizations, write: IdempotentWrite) -> Response:
    """Buyers find the event at once; its seats are on sale a moment later, within the sales window."""
    now = utc_now()
    publish = _then_read(
        event_id, lambda tx: publish_event(tx, event_id=event_id, organizations=own, now=now)
    )
    return await write.once(publish, status=202, respond=EventOut.of)


@router.post(
    "/{event_id}/cancellation",
    summary="Cancel an event",
    status_code=202,
    response_model=EventOut,
    responses=answers(202, examples.EVENT, *CANCELLATION_REFUSALS),
)
async def post_cancellation(
    event_id: UUID,
    body: Annotated[CancellationIn, Body(openapi_examples=body_example(examples.CANCELLATION))],
    own: OwnOrganizations,
    write: IdempotentWrite,
) -> Response:
    """The event will not take place: holds are released, and orders cancelled and refunded, soon after."""
    now, reason = utc_now(), body.reason
    cancel = _then_read(
        event_id,
        lambda tx: cancel_event(tx, event_id=event_id, organizations=own, reason=reason, now=now),
    )
    return await write.once(cancel, status=202, respond=EventOut.of)


def _then_read(
    event_id: UUID, change: Callable[[Transaction], Awaitable[Any]]
) -> Callable[[Transaction], Awaitable[EventDetail]]:
    async def change_and_read(tx: Transaction) -> EventDetail:
        await change(tx)
        return await _read(tx, event_id)

    return change_and_read


async def _read(tx: Transaction, event_id: UUID) -> EventDetail:
    detail = await find_event(tx, event_id=event_id)
    if detail is None:
        raise EventNotFound
    return detail
