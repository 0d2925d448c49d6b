"""What was made before there were organizations is still there, and is the first organization's."""

import psycopg
import pytest
from psycopg import sql

from chassis.migrate import upgrade
from chassis.provisioning import provision
from messages.catalog import FIRST_ORGANIZATION_ID
from support import databases

BEFORE_ORGANIZATIONS = "2026_11_23_0335"
ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a01"

MADE_BEFORE = sql.SQL("""
INSERT INTO catalog.venues (venue_id, name, city, country, time_zone, created_by)
VALUES ({ID}, 'Grand Theatre', 'Kraków', 'PL', 'Europe/Warsaw', 'olga');
INSERT INTO catalog.seating_plans (seating_plan_id, name, version, sha256, seats, areas, categories,
    document, seats_view, geometry_view, created_by)
VALUES ({ID}, 'Grand Theatre', 1, 'x', 1, 0, '[]', '', '', '', 'olga');
INSERT INTO catalog.events (event_id, title, description, venue_id, seating_plan_id, starts_at, ends_at,
    sales_start_at, sales_end_at, currency, price_categories, seats_per_order_max, pesel_required, state,
    version, created_by)
VALUES ({ID}, 'Hamlet', '', {ID}, {ID}, '2027-05-01', '2027-05-02', '2027-01-01', '2027-05-01', 'PLN',
    '[]', 6, false, 'draft', 1, 'olga');
""").format(ID=sql.Literal(ID))


@pytest.fixture
def old_database(parts):
    """The URL of a database whose catalog is of the release before organizations, with an event in it."""
    name = f"rowlock_test_{parts.run}_{parts.worker}_old"
    admin_url = databases.create(admin_url=parts.admin_url, name=name)
    url = provision(admin_url, "catalog", "test", name)
    upgrade("catalog", database_url=url, revision=BEFORE_ORGANIZATIONS)
    with psycopg.connect(admin_url) as connection:
        connection.execute(MADE_BEFORE)
    yield url
    databases.drop(admin_url=parts.admin_url, name=name)


@pytest.mark.parametrize("table", ["venues", "seating_plans", "events"])
def test_what_was_made_before_belongs_to_the_first_organization(old_database, table):
    upgrade("catalog", database_url=old_database)
    with psycopg.connect(old_database) as connection:
        query = sql.SQL("SELECT organization_id FROM catalog.{}").format(sql.Identifier(table))
        rows = connection.execute(query).fetchall()
    assert [(FIRST_ORGANIZATION_ID,)] == rows


def test_nothing_new_belongs_to_the_first_organization_by_default(old_database):
    upgrade("catalog", database_url=old_database)
    with psycopg.connect(old_database) as connection, pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute(
            "INSERT INTO catalog.venues (venue_id, name, city, country, time_zone, created_by)"
            " VALUES (gen_random_uuid(), 'New', 'Kraków', 'PL', 'Europe/Warsaw', 'olga')"
        )
