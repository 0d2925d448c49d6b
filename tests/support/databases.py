"""A database of their own for each worker's tests: made, provisioned, migrated, emptied, dropped."""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

LOCK_WAIT_S = 5


def create(*, admin_url: str, name: str) -> str:
    """Create an empty database; returns the superuser's URL of it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(admin_url).set(database=name).render_as_string(hide_password=False)


def drop(*, admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


# Tables that are append only refuse to be emptied by anybody but a replica's replay.
EMPTIES = f"-c lock_timeout={LOCK_WAIT_S}s -c session_replication_role=replica"

# Data keys stay: an app of the session remembers the one it seals with.
# One statement, and only tables with rows in them: truncating an empty table costs as much as a full one.
EMPTY_TABLES = """
DO $$
DECLARE
  candidate text;
  has_rows boolean;
  filled text[] := '{}';
BEGIN
  FOR candidate IN
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
      AND tablename NOT IN ('alembic_version', 'data_keys')
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || candidate || ')' INTO has_rows;
    IF has_rows THEN filled := filled || candidate; END IF;
  END LOOP;
  IF filled <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' RESTART IDENTITY CASCADE';
  END IF;
END $$
"""


SESSIONS = """
SELECT pid, backend_type, usename, state, wait_event, now() - xact_start AS open_for, query
FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


def empty(*, admin_url: str) -> None:
    """Empty every table; a lock still held by an earlier test's transaction fails in LOCK_WAIT_S, and says whose."""
    conninfo = conninfo_to_dict(admin_url, options=EMPTIES)
    with psycopg.connect(**conninfo, autocommit=True) as connection:  # pyright: ignore[reportArgumentType]
        try:
            connection.execute(EMPTY_TABLES)
        except psycopg.errors.LockNotAvailable as error:
            open_still = connection.execute(SESSIONS).fetchall()
            raise AssertionError(f"transactions of an earlier test are open: {open_still}") from error
