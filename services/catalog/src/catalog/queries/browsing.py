"""Upcoming events as buyers browse them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from catalog.storage.tables import EVENT_AVAILABILITY, LISTINGS
from chassis.database import Snapshot


@dataclass(frozen=True, slots=True)
class Listing:
    """An event in the list of upcoming ones, with its seats left as of `as_of`."""

    event_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    venue_name: str
    city: str
    currency: str
    price_min_minor: int
    price_max_minor: int
    available: int
    total: int
    version: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Filters:
    """None does not filter. Events start within the half-open period from `starts_from` to `starts_to`."""

    starts_from: datetime
    starts_to: datetime | None = None
    text: str | None = None
    city: str | None = None
    has_seats_left: bool | None = None


_QUERY = select(
    LISTINGS.c.event_id,
    LISTINGS.c.title,
    LISTINGS.c.starts_at,
    LISTINGS.c.ends_at,
    LISTINGS.c.sales_start_at,
    LISTINGS.c.sales_end_at,
    LISTINGS.c.venue_name,
    LISTINGS.c.city,
    LISTINGS.c.currency,
    LISTINGS.c.price_min_minor,
    LISTINGS.c.price_max_minor,
    EVENT_AVAILABILITY.c.available,
    EVENT_AVAILABILITY.c.total,
    EVENT_AVAILABILITY.c.version,
    EVENT_AVAILABILITY.c.as_of,
).join_from(LISTINGS, EVENT_AVAILABILITY, LISTINGS.c.event_id == EVENT_AVAILABILITY.c.event_id)


async def list_upcoming_events(
    connection: Snapshot, *, filters: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Listing]:
    """Up to `limit` events in order of start and id, beginning after the `after` of the page before."""
    query = _QUERY.where(*_conditions(filters))
    if after is not None:
        query = query.where(tuple_(LISTINGS.c.starts_at, LISTINGS.c.event_id) > tuple_(*after))
    query = query.order_by(LISTINGS.c.starts_at, LISTINGS.c.event_id).limit(limit)
    rows = (await connection.execute(query)).mappings()
    return [Listing(**row) for row in rows]


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[Any]] = [LISTINGS.c.starts_at >= filters.starts_from]
    if filters.starts_to is not None:
        conditions.append(LISTINGS.c.starts_at < filters.starts_to)
    if filters.text is not None:
        conditions.append(LISTINGS.c.search.op("@@")(func.to_tsquery("simple", _prefix_query(filters.text))))
    if filters.city is not None:
        conditions.append(func.lower(LISTINGS.c.city) == func.lower(filters.city))
    if filters.has_seats_left is not None:
        has_seats_left = EVENT_AVAILABILITY.c.available > 0
        conditions.append(has_seats_left if filters.has_seats_left else ~has_seats_left)
    return conditions


def _prefix_query(words: str) -> str:
    """Every word must begin some word of the event: "ham act" finds "Hamlet in three acts".

    Only letters and digits reach the query, so nothing in it can be an operator. Text without
    any finds nothing.
    """
    return " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", words))
