"""Change the terms of a draft."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from catalog.storage.events import lock_event, save_event
from catalog.usecases.create_event import check_event_terms
from catalog.usecases.errors import EventNotFound
from chassis.database import Transaction


async def change_event(
    tx: Transaction,
    *,
    event_id: UUID,
    organizations: Collection[UUID],
    changes: dict[str, Any],
    expected_version: int | None,
) -> None:
    """Replace the fields of EventTerms named in `changes`; `organizations` are those the caller acts for.

    `expected_version` is the version the caller saw, or None to change whatever is there. Raises
    EventNotFound, EventHasChanged, EventNotDraft, or the EventTermsInvalid of the first broken rule.
    """
    event = await lock_event(tx, event_id=event_id, organizations=organizations)
    if event is None:
        raise EventNotFound
    event.expect_version(expected_version)
    changed = event.with_terms(replace(event.terms, **changes))
    await check_event_terms(tx, organization_id=event.organization_id, terms=changed.terms)
    await save_event(tx, event=changed)
