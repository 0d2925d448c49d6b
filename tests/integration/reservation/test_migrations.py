"""Holds and events of the release before are what they were, and the way back is open."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command

from chassis.migrate import alembic_config, upgrade
from chassis.provisioning import provision
from messages.catalog import FIRST_ORGANIZATION_ID
from support import databases
from support.parts import Share

BEFORE_GUESTS = "2026_11_23_1000"
ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a0"

MADE_BEFORE = f"""
INSERT INTO reservation.plans (seating_plan_id, sha256, document) VALUES ('{ID}1', 'x', '');
INSERT INTO reservation.events (event_id, seating_plan_id, status, sales_start_at, sales_end_at,
    seats_per_order_max, version, cancelled_at)
VALUES ('{ID}1', '{ID}1', 'on_sale', '2026-01-01', '2036-01-01', 6, 1, NULL),
    ('{ID}2', NULL, 'cancelled', NULL, NULL, NULL, 1, now());
INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, seat_ids,
    state, placed_at, first_expires_at, expires_at, order_id)
VALUES ('{ID}1', '{ID}1', 'ada', 'k1', '', '{{A-1}}', 'active', now(), now() + '15 min', now() + '15 min', NULL),
    ('{ID}2', '{ID}1', 'ada', 'k2', '', '{{A-2}}', 'confirmed', now(), now() + '15 min', now() + '15 min',
     '{ID}9');
INSERT INTO reservation.idempotency (scope, key, fingerprint, status, headers, body)
VALUES ('ada', 'k3', '', 200, '{{}}', 'in the clear');
"""


@pytest.fixture
def old_database(parts: Share) -> Iterator[str]:
    """The URL of a database whose reservation is of the release before guests, with holds in it."""
    name = f"rowlock_test_{parts.run}_{parts.worker}_old"
    admin_url = databases.create(admin_url=parts.admin_url, name=name)
    url = provision(admin_url, "reservation", "test", name)
    upgrade("reservation", database_url=url, revision=BEFORE_GUESTS)
    with psycopg.connect(admin_url) as connection:
        connection.execute(MADE_BEFORE)
    yield url
    databases.drop(admin_url=parts.admin_url, name=name)


def test_what_was_made_before_is_counted_and_owned(old_database: str) -> None:
    upgrade("reservation", database_url=old_database)
    with psycopg.connect(old_database) as connection:
        holds = connection.execute(
            "SELECT state, counted_as FROM reservation.holds ORDER BY hold_id"
        ).fetchall()
        owners = connection.execute(
            "SELECT organization_id FROM reservation.events ORDER BY event_id"
        ).fetchall()
        active = connection.execute("SELECT reservation.active_holds(%s, 'ada')", (f"{ID}1",)).fetchone()
        answers = connection.execute("SELECT count(*) FROM reservation.idempotency").fetchone()
    assert holds == [("active", "ada"), ("confirmed", None)]
    assert owners == [(FIRST_ORGANIZATION_ID,), (None,)]
    assert (active, answers) == ((1,), (0,))


def test_events_that_were_on_sale_before_are_counted_soon(old_database: str) -> None:
    upgrade("reservation", database_url=old_database)
    with psycopg.connect(old_database) as connection:
        marked = connection.execute("SELECT event_id::text FROM reservation.availability_marks").fetchall()
    assert marked == [(f"{ID}1",)]


def test_the_way_back_keeps_the_buyers_holds_and_lets_guests_go(old_database: str) -> None:
    upgrade("reservation", database_url=old_database)
    with psycopg.connect(old_database) as connection:
        connection.execute(GUESTS_HOLD)
    config = alembic_config("reservation")
    config.set_main_option("sqlalchemy.url", old_database)
    command.downgrade(config, BEFORE_GUESTS)
    with psycopg.connect(old_database) as connection:
        buyers = connection.execute("SELECT buyer_id FROM reservation.holds").fetchall()
        active = connection.execute("SELECT reservation.active_holds(%s, 'ada')", (f"{ID}1",)).fetchone()
    assert (buyers, active) == ([("ada",), ("ada",)], (1,))
    upgrade("reservation", database_url=old_database)


GUESTS_HOLD = f"""
INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, counted_as,
    seat_ids, placed_at, first_expires_at, expires_at)
VALUES ('{ID}3', '{ID}1', 'guest:f00d', '', '', 'cafe', '{{A-3}}', now(), now() + '15 min', now() + '15 min')
"""
