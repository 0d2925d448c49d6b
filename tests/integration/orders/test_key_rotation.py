"""`rowlock keys rotate` while orders are read and written: killed half-way it goes on, and nothing is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of

from chassis.clock import utc_now
from chassis.database import Database
from chassis.sealing import Sealer
from orders.domain.attendee import Correction
from orders.domain.rights import OrderRight
from orders.settings import Settings
from orders.storage.personal_data import PersonalData
from orders.usecases.correct_attendee import correct_attendee
from rowlock_cli.keys import add_wrapping_key
from support.waiting import wait_until

ORDERS, SEATS = 20, 10
CACHE_S = 0.5

UNDER_ACTIVE = """
WITH sealed AS (SELECT sealed FROM orders.attendees UNION ALL SELECT sealed FROM orders.contacts),
     active AS (SELECT uuid_send(data_key_id) AS id FROM orders.data_keys WHERE state = 'active')
SELECT count(*) FILTER (WHERE substr(sealed, 2, 16) = active.id), count(*) FROM sealed, active
"""


@pytest.fixture
async def quick(settings: Settings, db: Database, personal: PersonalData, app: Any) -> AsyncIterator[Scene]:
    """A stage that asks for the active key twice a second, as every process does twice a minute."""
    sealer = Sealer.of(settings.model_copy(update={"data_key_cache_s": CACHE_S}), db)
    yield Scene(db, PersonalData(sealer, personal.fingerprints))
    # The keys that the rest of the session knows are gone.
    for known in (app.state.sealer, personal.sealer):
        known.keys.forget()


Run = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
def rowlock(settings: Settings, tmp_path: Path) -> Run:
    """Start `rowlock` as an operator does."""
    given = {
        "ORDERS_DATABASE_URL": settings.database_url,
        "AMQP_URL": settings.amqp_url,
        "WRAPPING_KEYS": settings.wrapping_keys,
        "LOOKUP_KEY": settings.lookup_key,
        "ROWLOCK_HOME": str(tmp_path),
        "DATA_KEY_CACHE_S": str(CACHE_S),
        "PATH": os.environ["PATH"],
    }

    async def start(*arguments: str) -> asyncio.subprocess.Process:
        program = [sys.executable, "-c", "from rowlock_cli.main import app; app()", *arguments]
        return await asyncio.create_subprocess_exec(
            *program,
            env=given,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    return start


async def finished(process: asyncio.subprocess.Process) -> str:
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def place(scene: Scene, event_id: UUID, number: int) -> UUID:
    seats = [f"{number}-{seat}" for seat in range(SEATS)]
    return await scene.place(hold_of(event_id, seats=seats), pesels=[pesel(seat) for seat in range(SEATS)])


async def people_of(scene: Scene, order_id: UUID) -> list[Any]:
    order = await scene.order(order_id)
    return [order["contact"], *(line["attendee"] for line in order["lines"])]


@asynccontextmanager
async def sale_going_on(scene: Scene, event_id: UUID, known: dict[UUID, list[Any]]) -> AsyncIterator[None]:
    """Orders are placed, corrected and read until the block ends; `known` has what each must tell."""
    over = asyncio.Event()

    async def write() -> None:
        number = ORDERS
        while not over.is_set():
            number += 1
            order_id = await place(scene, event_id, number)
            await correct(scene, order_id, f"Corrected-{number}")
            known[order_id] = await people_of(scene, order_id)

    async def read() -> None:
        while not over.is_set():
            for order_id in list(known):
                assert known[order_id] == await people_of(scene, order_id)

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        group.create_task(read())
        try:
            yield
        finally:
            over.set()


async def correct(scene: Scene, order_id: UUID, last_name: str) -> None:
    line_id = (await scene.order(order_id))["lines"][0]["line_id"]
    await scene.db.run(
        lambda tx: correct_attendee(
            tx,
            order_id=order_id,
            line_id=UUID(line_id),
            right=OrderRight(buyer_id="ada"),
            correction=Correction(last_name=last_name),
            personal=scene.personal,
            now=utc_now(),
        )
    )


@pytest.mark.timeout(300)  # it starts the command twice, beside a sale that does not stop
async def test_a_rotation_killed_half_way_goes_on_and_loses_nothing(quick: Scene, rowlock: Run) -> None:
    event_id = await quick.publish_event(**asks_for_pesel())
    order_ids = [await place(quick, event_id, number) for number in range(ORDERS)]
    known = {order_id: await people_of(quick, order_id) for order_id in order_ids}
    (old_key,) = (await quick.rows("SELECT data_key_id FROM orders.data_keys WHERE state = 'active'"))[0]

    async with sale_going_on(quick, event_id, known):
        first = await rowlock("keys", "rotate", "--service", "orders", "--batch-rows", "5")
        await wait_until(lambda: half_way(quick), deadline_s=60)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        done, everything = (await quick.rows(UNDER_ACTIVE))[0]
        assert 0 < done < everything, "it was to be killed half-way"

        told = await finished(await rowlock("keys", "rotate", "--service", "orders", "--grace-s", "1"))

    assert "orders: going on with the rotation that was begun before" in told
    assert f"orders: dropped data key {old_key}" in told
    done, everything = (await quick.rows(UNDER_ACTIVE))[0]
    assert (done, everything) == (len(known) * (SEATS + 1),) * 2
    assert await quick.scalar("SELECT count(*) FROM orders.data_keys") == 1
    for order_id, people in known.items():
        assert people == await people_of(quick, order_id)


async def half_way(scene: Scene) -> bool:
    done, everything = (await scene.rows(UNDER_ACTIVE))[0]
    retired = await scene.scalar("SELECT count(*) FROM orders.data_keys WHERE state = 'retired'")
    return retired > 0 and 50 < done < everything


async def test_a_new_wrapping_key_takes_over_while_the_old_one_is_still_in_the_file(
    quick: Scene, rowlock: Run, settings: Settings
) -> None:
    event_id = await quick.publish_event(**asks_for_pesel())
    order_id = await place(quick, event_id, 0)
    before = await people_of(quick, order_id)
    new_key = add_wrapping_key(Path(settings.wrapping_keys))

    told = await finished(await rowlock("keys", "rotate", "--wrapping", "--service", "orders"))

    assert f"all of them with {new_key} now" in told
    assert await quick.rows("SELECT DISTINCT wrapping_key_id FROM orders.data_keys") == [(new_key,)]
    quick.personal.sealer.keys.forget()
    assert before == await people_of(quick, order_id)


async def test_a_service_whose_settings_are_missing_is_named(rowlock: Run) -> None:
    process = await rowlock("keys", "rotate", "--service", "catalog")

    output, _ = await process.communicate()
    assert (process.returncode, output.decode()) == (
        1,
        "Set CATALOG_DATABASE_URL, or start the local system with `make up`.\n",
    )
