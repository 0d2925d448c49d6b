"""Gives a service its place in a PostgreSQL server: a role, a schema, and nothing else.

Idempotent, and safe when several run at once.
"""

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

ROLE_SETTINGS = {
    "lock_timeout": "2s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
    # One large scan on all cores at once stalls every short statement beside it.
    "max_parallel_workers_per_gather": "0",
}
_LOCK_NAME = "rowlock provision"
_MEETING_PLACE = "postgres"


def provision(admin_url: str, service: str, password: str, database: str) -> str:
    """Make sure `database` exists, with role `service` owning schema `service` in it.

    `admin_url` is a superuser's URL (any database). Returns the service's DATABASE_URL. The role
    can reach no other schema. Blocks; raises psycopg errors.
    """
    address = make_url(admin_url).set(drivername="postgresql")
    # Roles and databases are the whole server's, an advisory lock one database's: whoever
    # provisions takes turns in the database every server has.
    with _connect(address.set(database=_MEETING_PLACE)) as turn:
        turn.execute("SELECT pg_advisory_lock(hashtext(%s))", [_LOCK_NAME])
        with _connect(address) as admin:
            _create_role(admin, service, password)
            _create_database(admin, database)
        with _connect(address.set(database=database)) as inside:
            _create_schema(inside, service, database)
    own = address.set(username=service, password=password, database=database)
    return own.render_as_string(hide_password=False)


def _connect(address: URL) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _create_role(admin: "psycopg.Connection[tuple[object, ...]]", service: str, password: str) -> None:
    role = sql.Identifier(service)
    if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [service]).fetchone() is None:
        admin.execute(sql.SQL("CREATE ROLE {}").format(role))
    admin.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            role, sql.Literal(password)
        )
    )
    for name, value in ROLE_SETTINGS.items():
        admin.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(name), sql.Literal(value))
        )


def _create_database(admin: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _create_schema(inside: "psycopg.Connection[tuple[object, ...]]", service: str, database: str) -> None:
    names = {"role": sql.Identifier(service), "database": sql.Identifier(database)}
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
        "CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role}",
        "REVOKE ALL ON SCHEMA {role} FROM PUBLIC",
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {role}",
    ):
        inside.execute(sql.SQL(statement).format(**names))
