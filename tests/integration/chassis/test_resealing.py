"""Keys change while the system runs, whatever is killed in between, and nothing is lost."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from chassis.database import Database
from chassis.resealing import (
    ResealReport,
    SealedColumn,
    drop_unused_data_keys,
    reseal,
    rewrap_data_keys,
    rotate_data_key,
)
from chassis.sealing import Place, SealBroken, Sealer
from chassis.wrapping_keys import WrappingKeys, WrappingKeyUnknown
from rowlock_cli.keys import add_wrapping_key
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("own_data_keys")

PLACE = Place("parcels.notes", "sealed")
SCRIPT = Path(__file__).with_name("reseal_notes.py")


@pytest.fixture
def wrapping_keys(tmp_path) -> Path:
    WrappingKeys.create().save(tmp_path / "wrapping-keys.json")
    return tmp_path / "wrapping-keys.json"


@pytest.fixture
def settings(settings_of, wrapping_keys):
    return settings_of(wrapping_keys=str(wrapping_keys), data_key_cache_s=0.2)


@pytest.fixture
def sealer(settings, db) -> Sealer:
    return Sealer.of(settings, db)


@pytest.fixture
def column(notes) -> SealedColumn:
    return SealedColumn(notes, "sealed", ("parcel", "number"))


@pytest.fixture
async def another_process(settings, parcels_url) -> AsyncIterator[tuple[Database, Sealer]]:
    """A database and a sealer that share nothing with the test's own."""
    other = Database(parcels_url, pool_size=8)
    yield other, Sealer.of(settings, other)
    await other.close()


class Life:
    """Reads, changes and adds notes while the block lasts; `said` is what must be read at any time."""

    def __init__(self, process: tuple[Database, Sealer], notes, said: dict[int, str]) -> None:
        self._db, self._sealer = process
        self._notes = notes
        self._said = said
        self._locks = {number: asyncio.Lock() for number in said}
        self._over = False
        self.reads = self.writes = 0

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(part()) for part in [self._read] * 2 + [self._write] * 3 + [self._add]
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)

    async def _read(self) -> None:
        while not self._over:
            number = random.choice(list(self._locks))
            async with self._locks[number]:
                assert await read_note(self._db, self._notes, self._sealer, number) == self._said[number]
            self.reads += 1

    async def _write(self) -> None:
        while not self._over:
            number = random.choice(list(self._locks))
            async with self._locks[number]:
                self._said[number] = f"changed {self.writes}"
                await write_note(self._db, self._notes, self._sealer, number, self._said[number])
            self.writes += 1

    async def _add(self) -> None:
        while not self._over:
            number = len(self._said)
            sealed = await sealed_note(self._sealer, "p", number, f"added {number}")
            async with self._db.transaction() as tx:
                await tx.execute(self._notes.insert().values(parcel="p", number=number, sealed=sealed))
            self._said[number] = f"added {number}"


async def sealed_note(sealer: Sealer, parcel: str, number: int, note: str) -> bytes:
    return await sealer.seal(note.encode(), place=PLACE, row=f"{parcel}\0{number}")


async def add_notes(db, notes, sealer, count: int, *, parcel: str = "p") -> None:
    rows = [
        {"parcel": parcel, "number": n, "sealed": await sealed_note(sealer, parcel, n, f"note {n}")}
        for n in range(count)
    ]
    async with db.transaction() as tx:
        await tx.execute(notes.insert(), rows)


async def read_note(db, notes, sealer, number: int, *, parcel: str = "p") -> str:
    where = (notes.c.parcel == parcel, notes.c.number == number)
    async with db.transaction() as tx:
        sealed = (await tx.execute(select(notes.c.sealed).where(*where))).scalar_one()
    return (await sealer.unseal(sealed, place=PLACE, row=f"{parcel}\0{number}")).decode()


async def write_note(db, notes, sealer, number: int, note: str, *, parcel: str = "p") -> None:
    where = (notes.c.parcel == parcel, notes.c.number == number)
    async with db.transaction() as tx:
        sealed = await sealed_note(sealer, parcel, number, note)
        await tx.execute(notes.update().where(*where).values(sealed=sealed))


async def notes_by_key(db, notes) -> dict[UUID, int]:
    key = func.substr(notes.c.sealed, 2, 16)
    async with db.transaction() as tx:
        rows = (await tx.execute(select(key, func.count()).where(key.is_not(None)).group_by(key))).all()
    return {UUID(bytes=bytes(key_id)): count for key_id, count in rows}


async def let_an_hour_pass(db) -> None:
    """For the keys that are retired."""
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE data_keys SET retired_at = retired_at - interval '1 hour'"))


async def states(db) -> Counter[str]:
    async with db.transaction() as tx:
        return Counter((await tx.execute(text("SELECT state FROM data_keys"))).scalars())


async def test_after_a_rotation_everything_is_under_the_new_key_and_says_what_it_said(
    db, notes, sealer, column
):
    await add_notes(db, notes, sealer, 25)
    batches = []
    new = await rotate_data_key(db, sealer)
    report = await reseal(db, sealer, [column], 10, lambda _, count: batches.append(count))

    assert report == ResealReport(resealed=25, left=0)
    assert batches == [10, 10, 5]
    assert await notes_by_key(db, notes) == {new: 25}
    assert [await read_note(db, notes, sealer, n) for n in range(25)] == [f"note {n}" for n in range(25)]
    assert await states(db) == {"active": 1, "retired": 1}


async def test_what_is_under_the_active_key_is_left_alone(db, notes, sealer, column):
    await add_notes(db, notes, sealer, 5)

    assert await reseal(db, sealer, [column]) == ResealReport(resealed=0, left=0)


async def test_what_was_shredded_stays_shredded(db, notes, sealer, column):
    await add_notes(db, notes, sealer, 5)
    async with db.transaction() as tx:
        await tx.execute(notes.update().where(notes.c.number < 3).values(sealed=None))
    await rotate_data_key(db, sealer)

    assert await reseal(db, sealer, [column]) == ResealReport(resealed=2, left=0)
    async with db.transaction() as tx:
        assert await tx.scalar(select(func.count()).where(notes.c.sealed.is_(None))) == 3


async def test_the_stored_answers_are_resealed_without_being_named(db, sealer):
    answer = Place("parcels.idempotency", "body")
    sealed = await sealer.seal(b'{}\n{"token":"t"}', place=answer, row="paula\0key-1")
    async with db.transaction() as tx:
        await tx.execute(
            text("INSERT INTO idempotency VALUES ('paula', 'key-1', '', 200, :sealed)"), {"sealed": sealed}
        )
    new = await rotate_data_key(db, sealer)

    assert await reseal(db, sealer, []) == ResealReport(resealed=1, left=0)
    async with db.transaction() as tx:
        stored = await tx.scalar(text("SELECT body FROM idempotency"))
    assert Sealer.key_id(stored) == new
    assert await sealer.unseal(stored, place=answer, row="paula\0key-1") == b'{}\n{"token":"t"}'


async def test_a_rotation_killed_half_way_goes_on_and_loses_nothing_while_others_read_and_write(
    db, notes, sealer, column, another_process, parcels_url, wrapping_keys
):
    await add_notes(db, notes, sealer, 1500)
    said = {number: f"note {number}" for number in range(1500)}
    new = await rotate_data_key(db, sealer)
    arguments = [sys.executable, str(SCRIPT), parcels_url, str(wrapping_keys), "25"]
    async with Life(another_process, notes, said) as life:
        killed = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        assert killed.stdout is not None
        for _ in range(6):
            assert (await killed.stdout.readline()).startswith(b"batch")
        killed.kill()
        assert await killed.wait() == -9
        half_way = await notes_by_key(db, notes)
        assert len(half_way) == 2, "it was killed half-way"

        resumed = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        output, _ = await resumed.communicate()
        assert resumed.returncode == 0
    assert output.count(b"batch") < 1500 / 25, "it went on where it was"
    assert life.reads > 50
    assert life.writes > 50
    assert (await reseal(db, sealer, [column])).left == 0
    assert await notes_by_key(db, notes) == {new: len(said)}
    for number, note in said.items():
        assert await read_note(db, notes, sealer, number) == note


async def test_a_note_that_is_being_changed_is_passed_over_and_keeps_the_change(
    db, notes, sealer, column, another_process
):
    await add_notes(db, notes, sealer, 3)
    other, writer = another_process
    sealed = await sealed_note(writer, "p", 1, "changed")
    await rotate_data_key(db, sealer)

    async with other.transaction() as tx:
        await tx.execute(notes.update().where(notes.c.number == 1).values(sealed=sealed))
        async with asyncio.timeout(20):
            assert await reseal(db, sealer, [column]) == ResealReport(resealed=2, left=1)
    assert await reseal(db, sealer, [column]) == ResealReport(resealed=1, left=0)
    assert await read_note(db, notes, sealer, 1) == "changed"


async def test_a_change_waits_for_one_batch_and_wins(db, notes, sealer, column, another_process):
    """The writer comes while the batch is on its way: it must not be overwritten by what was read before."""
    await add_notes(db, notes, sealer, 1)
    other, writer = another_process
    await rotate_data_key(db, sealer)
    unsealed, go_on = asyncio.Event(), asyncio.Event()
    seal = sealer.seal

    async def slow_seal(*arguments, **named) -> bytes:
        unsealed.set()
        await go_on.wait()
        return await seal(*arguments, **named)

    sealer.seal = slow_seal
    resealing = asyncio.create_task(reseal(db, sealer, [column]))
    await unsealed.wait()
    writing = asyncio.create_task(write_note(other, notes, writer, 0, "changed"))
    await wait_until(lambda: is_waiting_for_a_lock(db))
    go_on.set()
    await asyncio.gather(resealing, writing)

    assert await read_note(other, notes, writer, 0) == "changed"


async def is_waiting_for_a_lock(db) -> bool:
    async with db.transaction() as tx:
        return bool(
            await tx.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'parcels'"
                )
            )
        )


async def test_one_note_that_does_not_unseal_does_not_keep_the_others(db, notes, sealer, column):
    await add_notes(db, notes, sealer, 5)
    async with db.transaction() as tx:
        moved = select(notes.c.sealed).where(notes.c.number == 1).scalar_subquery()
        await tx.execute(notes.update().where(notes.c.number == 2).values(sealed=moved))
    await rotate_data_key(db, sealer)

    assert await reseal(db, sealer, [column], 2) == ResealReport(resealed=4, left=1, broken=1)
    await let_an_hour_pass(db)
    assert await drop_unused_data_keys(db, sealer, [column]) == []
    with pytest.raises(SealBroken):
        await read_note(db, notes, sealer, 2)


async def test_a_process_that_has_not_heard_of_the_rotation_is_read_and_soon_hears_of_it(
    db, notes, sealer, column, another_process
):
    other, writer = another_process
    await add_notes(other, notes, writer, 1)
    new = await rotate_data_key(db, sealer)
    await write_note(other, notes, writer, 0, "written with the retired key")

    assert await read_note(db, notes, sealer, 0) == "written with the retired key"

    async def heard() -> bool:
        return Sealer.key_id(await writer.seal(b"", place=PLACE, row="")) == new

    await wait_until(heard)


async def test_two_rotations_at_once_leave_one_active_key(db, sealer, another_process):
    await sealer.keys.active()
    await asyncio.gather(
        *(rotate_data_key(*process) for process in [(db, sealer), another_process] for _ in range(5))
    )

    assert await states(db) == {"active": 1, "retired": 10}


async def test_a_retired_key_is_dropped_when_nothing_is_sealed_with_it_and_not_before(
    db, notes, sealer, column
):
    await add_notes(db, notes, sealer, 3)
    old = (await sealer.keys.active()).data_key_id
    await rotate_data_key(db, sealer)
    await let_an_hour_pass(db)
    assert await drop_unused_data_keys(db, sealer, [column]) == [], "it is in use"

    await reseal(db, sealer, [column])
    assert await drop_unused_data_keys(db, sealer, [column]) == [old]
    assert await states(db) == {"active": 1}
    assert [await read_note(db, notes, sealer, n) for n in range(3)] == ["note 0", "note 1", "note 2"]


async def test_a_key_that_was_in_use_a_moment_ago_is_not_dropped(db, sealer):
    """A value sealed with it may be on its way into the table."""
    await sealer.keys.active()
    await rotate_data_key(db, sealer)

    assert await drop_unused_data_keys(db, sealer, []) == []
    assert await states(db) == {"active": 1, "retired": 1}


async def test_a_key_of_stored_answers_is_in_use(db, sealer):
    sealed = await sealer.seal(b"{}\n", place=Place("parcels.idempotency", "body"), row="paula\0key-1")
    async with db.transaction() as tx:
        await tx.execute(
            text("INSERT INTO idempotency VALUES ('paula', 'key-1', '', 200, :sealed)"), {"sealed": sealed}
        )
    await rotate_data_key(db, sealer)
    await let_an_hour_pass(db)

    assert await drop_unused_data_keys(db, sealer, []) == []


async def test_the_active_key_is_never_dropped(db, sealer):
    await sealer.keys.active()

    assert await drop_unused_data_keys(db, sealer, []) == []


async def test_a_value_under_a_dropped_key_is_gone_for_good(db, sealer, settings):
    sealed = await sealer.seal(b"x", place=PLACE, row="p\0001")
    await rotate_data_key(db, sealer)
    await let_an_hour_pass(db)
    await drop_unused_data_keys(db, sealer, [])

    with pytest.raises(SealBroken, match="gone"):
        await Sealer.of(settings, db).unseal(sealed, place=PLACE, row="p\0001")


async def test_under_a_new_wrapping_key_everything_is_read_and_the_old_one_can_be_thrown_away(
    db, notes, sealer, wrapping_keys, settings, settings_of, tmp_path
):
    await add_notes(db, notes, sealer, 3)
    await rotate_data_key(db, sealer)
    (tmp_path / "old.json").write_text(wrapping_keys.read_text())
    new_id = add_wrapping_key(wrapping_keys)

    assert await rewrap_data_keys(db, sealer) == 2
    assert await rewrap_data_keys(db, sealer) == 0
    keys = json.loads(wrapping_keys.read_text())
    wrapping_keys.write_text(json.dumps({"active": new_id, "keys": {new_id: keys["keys"][new_id]}}))
    restarted = Sealer.of(settings, db)
    assert [await read_note(db, notes, restarted, n) for n in range(3)] == ["note 0", "note 1", "note 2"]
    with pytest.raises(WrappingKeyUnknown):
        await Sealer.of(settings_of(wrapping_keys=str(tmp_path / "old.json")), db).keys.active()


async def test_a_running_process_takes_up_a_wrapping_key_that_was_added_to_its_file(
    db, notes, sealer, wrapping_keys, another_process
):
    other, running = another_process
    await add_notes(other, notes, running, 1)
    add_wrapping_key(wrapping_keys)
    await rotate_data_key(db, sealer)
    await rewrap_data_keys(db, sealer)
    await write_note(db, notes, sealer, 0, "under the new wrapping key")

    assert await read_note(other, notes, running, 0) == "under the new wrapping key"


async def test_data_keys_are_rewrapped_while_others_seal_and_unseal(
    db, notes, sealer, wrapping_keys, another_process
):
    said = {number: f"note {number}" for number in range(50)}
    await add_notes(db, notes, sealer, 50)
    async with Life(another_process, notes, said) as life:
        for _ in range(5):
            add_wrapping_key(wrapping_keys)
            await rotate_data_key(db, sealer)
            await rewrap_data_keys(db, sealer)
            writes = life.writes
            await wait_until(lambda before=writes: life.writes > before + 20)

    for number, note in said.items():
        assert await read_note(db, notes, sealer, number) == note
