"""What reservation tells about seats left reaches those who browse."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import MetaData
from sqlalchemy.exc import IntegrityError

from catalog.consumers import consumers
from catalog.usecases.record_availability import record_availability
from catalog.worker import create_worker
from chassis.outbox import Outbox, outbox_table
from messages.reservation import AvailabilityChanged, CategoryAvailability
from support.waiting import wait_until

COUNTED_AT = datetime(2027, 1, 1, 12, tzinfo=UTC)


def changed(event_id, *, version, available):
    return AvailabilityChanged(
        event_id=event_id,
        version=version,
        available=available,
        total=8,
        categories=(CategoryAvailability(price_category="Stalls", available=available, total=8),),
        counted_at=COUNTED_AT,
    )


@pytest.fixture
def tell(db):
    """Call it with a message to handle it in a transaction."""

    async def handle(message):
        await db.run(lambda tx: record_availability(tx, message=message))

    return handle


@pytest.fixture
def seats_left(anyone):
    """Call it with an event for its version and seats left, as an event's page shows them."""

    async def read(event):
        shown = (await anyone.get(f"/events/{event['event_id']}")).json()["availability"]
        return shown["version"], shown["available"]

    return read


async def test_the_list_shows_what_reservation_counted(anyone, house, tell):
    event = await house.published()
    await tell(changed(event["event_id"], version=1, available=5))
    (item,) = (await anyone.get("/events")).json()["items"]
    assert {"available": 5, "total": 8, "version": 1, "as_of": "2027-01-01T12:00:00Z"} == item["availability"]


async def test_an_event_shows_what_is_left_in_each_category(anyone, house, tell):
    event = await house.published()
    await tell(changed(event["event_id"], version=1, available=5))
    shown = (await anyone.get(f"/events/{event['event_id']}")).json()
    assert [{"price_category": "Stalls", "available": 5, "total": 8}] == shown["availability"]["categories"]


async def test_counts_that_come_late_are_ignored(house, tell, seats_left):
    event = await house.published()
    for version, available in ((3, 2), (1, 7), (2, 4)):
        await tell(changed(event["event_id"], version=version, available=available))
    assert (3, 2) == await seats_left(event)


async def test_counts_that_come_twice_change_nothing(house, tell, seats_left):
    event = await house.published()
    for _ in range(2):
        await tell(changed(event["event_id"], version=1, available=6))
    assert (1, 6) == await seats_left(event)


async def test_counts_that_come_at_once_leave_the_newest(house, tell, seats_left):
    event = await house.published()
    counts = [changed(event["event_id"], version=version, available=version % 8) for version in range(1, 21)]
    await asyncio.gather(*(tell(message) for message in reversed(counts)))
    assert (20, 4) == await seats_left(event)


async def test_counts_of_an_event_nobody_made_are_an_error(tell):
    with pytest.raises(IntegrityError):
        await tell(changed(uuid4(), version=1, available=1))


async def test_a_message_on_the_bus_reaches_the_list(house, settings_for, amqp_url, db, seats_left):
    event = await house.published()
    worker = create_worker(settings_for("catalog", amqp_url=amqp_url))
    running = asyncio.create_task(worker.run())
    try:
        await wait_until(lambda: all(consumer.consuming for consumer in worker.consumers))
        # Any outbox will do to put a message on the bus; catalog's own is at hand.
        await db.run(
            lambda tx: Outbox(outbox_table(MetaData(schema="catalog"))).enqueue(
                tx, changed(event["event_id"], version=9, available=1)
            )
        )

        async def told():
            return (9, 1) == await seats_left(event)

        await wait_until(told)
    finally:
        worker.stop()
        await running


def test_catalog_listens_as_two_consumers():
    assert ["catalog.availability", "catalog.people"] == [consumer.name for consumer in consumers()]
