"""A service reaches its own schema and no other, however often and by however many it is provisioned."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from chassis.provisioning import ROLE_SETTINGS, provision


class Service(NamedTuple):
    """Its name, which is its role's and its schema's, and where it is provisioned."""

    name: str
    url: str


def new_name(begins: str) -> str:
    """A name no other test has: roles and databases are the whole server's, which all tests share."""
    return f"{begins}_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def services(admin_database_url: str) -> Iterator[tuple[Service, Service]]:
    """Two services, provisioned four times each at once."""
    database = str(make_url(admin_database_url).database)
    names = (new_name("alpha"), new_name("beta"))

    def once(name: str) -> str:
        return provision(admin_database_url, name, "test", database)

    with ThreadPoolExecutor(8) as threads:
        urls = dict(zip(names * 4, threads.map(once, names * 4), strict=True))
    yield Service(names[0], urls[names[0]]), Service(names[1], urls[names[1]])
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_role_works_in_its_own_schema_without_naming_it(services):
    alpha, _ = services
    with psycopg.connect(alpha.url) as connection:
        connection.execute("CREATE TABLE things (n int)")
        connection.execute(sql.SQL("INSERT INTO {}.things VALUES (1)").format(sql.Identifier(alpha.name)))
        for name, value in ROLE_SETTINGS.items():
            assert connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone() == (value,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {alpha}.things",
        "CREATE TABLE {alpha}.others (n int)",
        "CREATE TABLE public.others (n int)",
        "CREATE SCHEMA gamma_test",
        "CREATE ROLE gamma_test",
        "SET ROLE {alpha}",
    ],
)
def test_a_role_can_touch_nothing_else(services, statement):
    alpha, beta = services
    with psycopg.connect(alpha.url) as owner:
        owner.execute("CREATE TABLE things (n int)")
    with (
        psycopg.connect(beta.url) as stranger,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        stranger.execute(sql.SQL(statement).format(alpha=sql.Identifier(alpha.name)))


def test_makes_a_database_that_is_missing(admin_database_url: str):
    name, database = new_name("alpha"), new_name("made")
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        try:
            url = provision(admin_database_url, name, "te'st%/", database)
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT current_schema()").fetchone() == (name,)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_one_role_is_provisioned_from_several_databases_at_once(services, admin_database_url: str):
    alpha, _ = services
    address = make_url(admin_database_url)
    elsewhere = address.set(database="postgres").render_as_string(hide_password=False)

    def once(admin_url: str) -> str:
        return provision(admin_url, alpha.name, "test", str(address.database))

    with ThreadPoolExecutor(8) as threads:
        urls = set(threads.map(once, (admin_database_url, elsewhere) * 64))
    assert {alpha.url} == urls
