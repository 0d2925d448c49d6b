"""One role and one schema for each service: no service can reach into another's data."""

from itertools import permutations

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from support.services import SERVICES

each_service = pytest.mark.parametrize("service", SERVICES)
each_pair = pytest.mark.parametrize(("service", "other"), list(permutations(SERVICES, 2)))


@pytest.fixture
def as_role(database_urls):
    """Run a statement as the role of a service."""

    def run(service, statement):
        with psycopg.connect(database_urls[service], autocommit=True) as connection:
            return connection.execute(statement)

    return run


@pytest.fixture
def tables_of(database_urls, admin_database_url):
    """The tables a service owns, as they really stand in the database."""

    def find(service):
        assert database_urls[service]
        with psycopg.connect(admin_database_url) as admin:
            rows = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [service])
            return [sql.Identifier(service, name) for (name,) in rows]

    return find


@each_pair
def test_a_role_reads_no_table_of_another_service(as_role, tables_of, service, other):
    for table in tables_of(other):
        with pytest.raises(InsufficientPrivilege):
            as_role(service, sql.SQL("SELECT FROM {}").format(table))


@each_pair
def test_a_role_writes_no_table_of_another_service(as_role, tables_of, service, other):
    for table in tables_of(other):
        for statement in ("DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "TRUNCATE {}", "DROP TABLE {}"):
            with pytest.raises(InsufficientPrivilege):
                as_role(service, sql.SQL(statement).format(table))


@each_pair
def test_a_role_does_not_see_what_another_service_has(database_urls, service, other):
    assert database_urls[other]
    with psycopg.connect(database_urls[service]) as connection:
        listed = connection.execute("SELECT FROM information_schema.tables WHERE table_schema = %s", [other])
        assert listed.fetchall() == []


@each_pair
def test_a_role_makes_nothing_in_another_schema(as_role, database_urls, service, other):
    assert database_urls[other]
    for schema in (other, "public"):
        with pytest.raises(InsufficientPrivilege):
            as_role(service, sql.SQL("CREATE TABLE {} (id int)").format(sql.Identifier(schema, "intruder")))


@each_pair
def test_a_role_cannot_become_another(as_role, database_urls, service, other):
    assert database_urls[other]
    with pytest.raises(InsufficientPrivilege):
        as_role(service, sql.SQL("SET ROLE {}").format(sql.Identifier(other)))


@each_service
def test_a_role_has_no_rights_over_the_server(as_role, service):
    rights = as_role(
        service,
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = current_user",
    )
    assert rights.fetchone() == (False, False, False, False, False)


@each_service
def test_a_role_owns_its_tables(tables_of, service):
    assert tables_of(service)


@each_service
@pytest.mark.parametrize(
    "limit", ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
)
def test_a_role_never_waits_without_end(as_role, service, limit):
    assert as_role(service, sql.SQL("SHOW {}").format(sql.Identifier(limit))).fetchone() != ("0",)


@each_service
def test_a_role_scans_with_one_core(as_role, service):
    assert as_role(service, "SHOW max_parallel_workers_per_gather").fetchone() == ("0",)
