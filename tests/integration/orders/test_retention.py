"""Attendees are shredded some days after their event, and what bookkeeping needs stays."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import Person
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of
from structlog.testing import capture_logs
from typer.testing import CliRunner

from chassis.clock import utc_now
from orders.commands import commands
from orders.jobs import retention_jobs, shred_due_attendees
from orders.settings import Settings
from orders.storage.retention import AttendeesLeft
from support.queries import count_queries


async def event_that_ended(scene: Scene, *, days_ago: float, **changes: Any) -> UUID:
    ends_at = utc_now() - timedelta(days=days_ago)
    return await scene.publish_event(
        **asks_for_pesel(starts_at=ends_at - timedelta(hours=3), ends_at=ends_at, **changes)
    )


@pytest.fixture
def thirty_days(settings: Settings) -> Settings:
    return settings.model_copy(update={"attendee_keep_days": 30, "retention_batch_rows": 3})


async def test_attendees_are_shredded_when_their_time_is_over_and_no_sooner(
    scene: Scene, ada: Person, thirty_days: Settings
) -> None:
    long_ago = await event_that_ended(scene, days_ago=30.01, tickets_per_person_max=4)
    lately = await event_that_ended(scene, days_ago=29.99)
    shredded = await scene.place(hold_of(long_ago), pesels=[pesel(1)])
    kept = await scene.place(hold_of(lately), pesels=[pesel(1)])

    assert (await shred_due_attendees(scene.db, thirty_days))[0] == 1

    old, new = [(await ada.get(f"/orders/{order_id}")).json() for order_id in (shredded, kept)]
    assert old["lines"][0]["attendee"] is None
    assert new["lines"][0]["attendee"]["last_name"] == "Lovelace"
    assert (old["lines"][0]["seat_id"], old["contact"]["email"]) == ("A-1", "ada@example.org")
    columns = "sealed, person_fingerprint, person_ticket"
    assert (None, None, None) in await scene.rows(f"SELECT {columns} FROM orders.attendees")


async def test_a_run_works_in_batches_until_nothing_is_due_and_tells_what_is_left(
    scene: Scene, thirty_days: Settings
) -> None:
    due, kept = await event_that_ended(scene, days_ago=40), await scene.publish_event(**asks_for_pesel())
    seats = [f"A-{number}" for number in range(8)]
    await scene.place(hold_of(due, seats=seats), pesels=[pesel(number) for number in range(8)])
    await scene.place(hold_of(kept), pesels=[pesel(1)])

    with count_queries(scene.db) as statements:
        shredded, left = await shred_due_attendees(scene.db, thirty_days)

    assert (shredded, left) == (8, AttendeesLeft(due=0, kept=1, shredded=8, oldest_ended_at=None))
    assert len([statement for statement in statements if statement.startswith("UPDATE")]) == 4, (
        "3, 3, 2 and 0"
    )


async def test_the_job_tells_of_each_run(scene: Scene, thirty_days: Settings) -> None:
    await scene.place(hold_of(await event_that_ended(scene, days_ago=40)), pesels=[pesel(1)])
    job = next(job for job in retention_jobs(scene.db, thirty_days) if job.name == "shred_attendees")

    with capture_logs() as logs:
        await job.run()

    assert logs == [{"event": "attendees_shredded", "log_level": "info", "shredded": 1, "due": 0, "kept": 0}]


async def test_a_row_somebody_else_works_on_is_left_and_told_of(scene: Scene, thirty_days: Settings) -> None:
    event_id = await event_that_ended(scene, days_ago=40)
    await scene.place(hold_of(event_id, seats=["A-1", "A-2"]), pesels=[pesel(1), pesel(2)])
    async with scene.db.engine.connect() as other:
        await other.exec_driver_sql("SELECT 1 FROM orders.attendees LIMIT 1 FOR NO KEY UPDATE")

        shredded, left = await shred_due_attendees(scene.db, thirty_days)

        await other.rollback()
    assert (shredded, left.due, left.shredded) == (1, 1, 1)
    assert left.oldest_ended_at is not None
    assert (await shred_due_attendees(scene.db, thirty_days))[0] == 1


async def test_access_records_outlive_those_they_tell_of(scene: Scene, thirty_days: Settings) -> None:
    event_id = await event_that_ended(scene, days_ago=40)
    await scene.scalar(
        "INSERT INTO orders.access_records VALUES (gen_random_uuid(), now(), 'olga', gen_random_uuid(), :event, 1) "
        "RETURNING 1",
        event=event_id,
    )

    await shred_due_attendees(scene.db, thirty_days)

    assert await scene.scalar("SELECT count(*) FROM orders.access_records") == 1


def invoke(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    for name in ("database_url", "amqp_url"):
        monkeypatch.setenv(name.upper(), getattr(settings, name))
    result = CliRunner().invoke(commands, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_commands_tell_what_is_left_and_shred_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ended_event_with_two: UUID
) -> None:
    before = invoke(settings, monkeypatch, "retention", "report")
    ran = invoke(settings, monkeypatch, "retention", "run")
    after = invoke(settings, monkeypatch, "retention", "report")

    assert before.startswith("2 due to be shredded, the oldest since ")
    assert ran.startswith("2 attendees shredded now\n0 due to be shredded\n")
    assert after == "0 due to be shredded\n0 kept until their time is over\n2 shredded\n"


@pytest.fixture
async def ended_event_with_two(scene: Scene) -> UUID:
    event_id = await event_that_ended(scene, days_ago=40)
    await scene.place(hold_of(event_id, seats=["A-1", "A-2"]), pesels=[pesel(1), pesel(2)])
    return event_id
