"""A service reaches its own schema and no other, however often and by however many it is provisioned."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from chassis.provisioning import ROLE_SETTINGS, provision


@pytest.fixture
def provisioned(admin_database_url: str):
    database = str(make_url(admin_database_url).database)
    services = ("alpha_test", "beta_test")

    def once(service: str) -> str:
        return provision(admin_database_url, service, "test", database)

    with ThreadPoolExecutor(8) as threads:
        urls = dict(zip(services * 4, threads.map(once, services * 4), strict=True))
    yield urls
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        for service in services:
            admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(service)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(service)))


def test_a_role_works_in_its_own_schema_without_naming_it(provisioned):
    with psycopg.connect(provisioned["alpha_test"]) as connection:
        connection.execute("CREATE TABLE things (n int)")
        connection.execute("INSERT INTO alpha_test.things VALUES (1)")
        for name, value in ROLE_SETTINGS.items():
            assert connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone() == (value,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM alpha_test.things",
        "CREATE TABLE alpha_test.others (n int)",
        "CREATE TABLE public.others (n int)",
        "CREATE SCHEMA gamma_test",
        "CREATE ROLE gamma_test",
        "SET ROLE alpha_test",
    ],
)
def test_a_role_can_touch_nothing_else(provisioned, statement):
    with psycopg.connect(provisioned["alpha_test"]) as owner:
        owner.execute("CREATE TABLE things (n int)")
    with (
        psycopg.connect(provisioned["beta_test"]) as stranger,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        stranger.execute(statement)


def test_makes_a_database_that_is_missing(admin_database_url: str):
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS rowlock_test_made")
        try:
            url = provision(admin_database_url, "alpha_test", "te'st%/", "rowlock_test_made")
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT current_schema()").fetchone() == ("alpha_test",)
        finally:
            admin.execute("DROP DATABASE rowlock_test_made WITH (FORCE)")
            admin.execute("DROP ROLE alpha_test")


def test_one_role_is_provisioned_from_several_databases_at_once(provisioned, admin_database_url: str):
    address = make_url(admin_database_url)
    elsewhere = address.set(database="postgres").render_as_string(hide_password=False)

    def once(admin_url: str) -> str:
        return provision(admin_url, "alpha_test", "test", str(address.database))

    with ThreadPoolExecutor(8) as threads:
        urls = set(threads.map(once, (admin_database_url, elsewhere) * 64))
    assert {provisioned["alpha_test"]} == urls
