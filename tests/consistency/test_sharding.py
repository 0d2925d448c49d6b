"""Reservation's tables can be sharded by event (docs/decisions/0015): what that asks of them holds today."""

import importlib
import pkgutil
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Table, TextClause, UniqueConstraint

import reservation.storage
from chassis.database import Database
from chassis.provisioning import provision
from chassis.statements import Statement
from reservation.storage.placing import Placement, Verdict, place_holds
from support import databases
from support.schemas import ROLE_PASSWORD
from support.services import metadata_of

SCRIPT = Path(__file__).parents[2] / "infra" / "citus" / "shard_by_event.sql"
BELOW = "-- ---- below: needs Citus ----"
BY_EVENT = {"events", "seats", "seat_counts", "holds", "availability_marks"}
EVERYWHERE = {"plans", "data_keys"}
ON_THE_COORDINATOR = {"confirmations", "inbox", "idempotency", "outbox"}
# Changed by SCRIPT on the day.
KEYS_WITHOUT_EVENT = {"holds_pkey", "holds_idempotency_key"}
# They know a hold, a buyer or an age, and no event: 0015 says what becomes of each.
STATEMENTS_WITHOUT_EVENT = {
    "erasing.DISOWN_HOLDS",
    "forgetting.FORGET_CONFIRMATIONS",
    "forgetting.FORGET_HOLDS",
    "holds.END_HOLDS",
    "holds.EXCHANGE_SEATS",
    "holds.FIND_HOLDS",
    "holds.GIVE_UP_SEAT",
    "holds.LOCK_HOLDS",
    "holds.RENEW_HOLD",
    "placing.FIND_DECISION",
}


def _tables() -> dict[str, Table]:
    return {table.name: table for table in metadata_of("reservation").tables.values()}


def test_every_table_has_its_place():
    assert set(_tables()) == BY_EVENT | EVERYWHERE | ON_THE_COORDINATOR
    script = SCRIPT.read_text()
    for name in BY_EVENT:
        assert f"create_distributed_table('reservation.{name}', 'event_id'" in script
    for name in EVERYWHERE:
        assert f"create_reference_table('reservation.{name}')" in script


def test_tables_of_an_event_say_so_in_their_keys():
    without = set()
    for name in BY_EVENT:
        table = _tables()[name]
        assert not table.c.event_id.nullable, name
        keys = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
        keys += [index for index in table.indexes if index.unique]
        without |= {key.name for key in keys if "event_id" not in key.columns}
        if table.primary_key.columns and "event_id" not in table.primary_key.columns:
            without.add(f"{name}_pkey")
    assert without == KEYS_WITHOUT_EVENT


def test_foreign_keys_stay_on_the_server():
    for name in BY_EVENT:
        for key in _tables()[name].foreign_keys:
            target = key.column.table.name
            of_the_event = target in BY_EVENT and (key.parent.name, key.column.name) == ("event_id",) * 2
            assert of_the_event or target in EVERYWHERE, (name, target)
    for name in EVERYWHERE | ON_THE_COORDINATOR:
        assert not _tables()[name].foreign_keys, name


def _statements() -> Iterator[tuple[str, str]]:
    """`module.NAME` and text of every statement in reservation's storage."""
    for found in pkgutil.iter_modules(reservation.storage.__path__):
        module = importlib.import_module(f"reservation.storage.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                yield f"{found.name}.{name}", value.sql
            elif isinstance(value, TextClause):
                yield f"{found.name}.{name}", value.text
            elif isinstance(value, bytes):
                yield f"{found.name}.{name}", value.decode()


def test_every_statement_on_seats_names_the_event():
    seen = [name for name, sql in _statements() if re.search(r"reservation\.(seats|events)\b", sql)]
    assert len(seen) >= 15
    assert [] == [name for name, sql in _statements() if name in seen and "event_id" not in sql]


def test_statements_on_holds_that_name_no_event_are_known():
    found = {
        name
        for name, sql in _statements()
        if re.search(r"reservation\.holds\b", sql) and not re.search(r"event_id", sql.partition("FROM")[2])
    }
    assert found == STATEMENTS_WITHOUT_EVENT


@pytest.fixture
def own_database(parts) -> Iterator[str]:
    """DATABASE_URL of a migrated schema of reservation that this test may change."""
    from chassis.migrate import upgrade

    name = f"rowlock_sharded_{parts.run}_{parts.worker}"
    admin_url = databases.create(admin_url=parts.admin_url, name=name)
    try:
        url = provision(admin_url, "reservation", ROLE_PASSWORD, name)
        upgrade("reservation", database_url=url)
        yield url
    finally:
        databases.drop(admin_url=parts.admin_url, name=name)


async def test_holds_are_placed_before_and_after_the_keys_are_changed(own_database):
    event_id = uuid.uuid4()
    with psycopg.connect(own_database, autocommit=True) as connection:
        plan_id = uuid.uuid4()
        connection.execute("INSERT INTO plans VALUES (%s, 'x', '\\x00', now())", [plan_id])
        connection.execute(
            "INSERT INTO events (event_id, organization_id, seating_plan_id, status, sales_start_at, sales_end_at,"
            " seats_per_order_max, version) VALUES (%s, %s, %s, 'on_sale', now() - interval '1 h',"
            " now() + interval '1 h', 10, 1)",
            [event_id, uuid.uuid4(), plan_id],
        )
        connection.execute(
            "INSERT INTO seats (event_id, seat_id, position, price_category)"
            " SELECT %s, 's' || n, n, 'all' FROM generate_series(1, 8) n",
            [event_id],
        )
        await _place_and_replay(own_database, event_id, key="before", seats=("s1", "s2"))
        connection.execute(SCRIPT.read_text().partition(BELOW)[0].encode())
        await _place_and_replay(own_database, event_id, key="after", seats=("s3", "s4"))
        keys = connection.execute(
            "SELECT i.indexrelid::regclass::text, array_agg(a.attname::text) FROM pg_index i"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
            " WHERE i.indisunique AND i.indrelid = ANY (%s::regclass[]) GROUP BY 1",
            [[f"reservation.{name}" for name in sorted(BY_EVENT)]],
        ).fetchall()
    assert {"seats_pkey", "holds_pkey", "holds_idempotency_key"} <= {name.split(".")[-1] for name, _ in keys}
    assert [] == [name for name, columns in keys if "event_id" not in columns]


async def _place_and_replay(url: str, event_id: uuid.UUID, *, key: str, seats: tuple[str, ...]) -> None:
    def wish(hold_id: uuid.UUID, *seat_ids: str, fingerprint: bytes = b"same") -> Placement:
        return Placement(
            hold_id=hold_id,
            event_id=event_id,
            buyer_id="buyer",
            idempotency_key=key,
            request_fingerprint=fingerprint,
            counted_as="buyer",
            active_holds_max=5,
            seat_ids=seat_ids,
        )

    db = Database(url)
    try:
        first = await place_holds(
            db, [wish(uuid.uuid4(), *seats)], duration_s=int(timedelta(minutes=15).total_seconds())
        )
        again = await place_holds(db, [wish(uuid.uuid4(), *seats)], duration_s=900)
        other = await place_holds(db, [wish(uuid.uuid4(), "s8", fingerprint=b"other")], duration_s=900)
    finally:
        await db.close()
    assert [d.verdict for d in (*first, *again, *other)] == [
        Verdict.GRANTED,
        Verdict.REPLAY,
        Verdict.KEY_REUSED,
    ]
    assert first[0].grant is not None
    assert again[0].grant is not None
    assert first[0].grant.hold_id == again[0].grant.hold_id
