"""Runs Alembic migrations safely beside live traffic; called by each service's migrations/env.py.

One runner at a time (advisory lock), no statement queues long for a lock (a waiting DDL
statement blocks everyone behind it), and the version table lives in the service's own schema. All
of a run is one transaction, so that nothing is half done: a migration cannot leave it, as
CREATE INDEX CONCURRENTLY would have to (Alembic's `autocommit_block` raises).
"""

import os

from alembic import context
from sqlalchemy import Connection, MetaData, create_engine, pool, text
from sqlalchemy.engine import make_url

LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "60s"


def run_migrations(metadata: MetaData, schema: str) -> None:
    """Bring `schema` of the database at DATABASE_URL to the wanted revision."""
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=pool.NullPool,
        connect_args={"prepare_threshold": None},
    )
    with engine.begin() as connection:
        _migrate(connection, metadata, schema)


def _migrate(connection: Connection, metadata: MetaData, schema: str) -> None:
    # In one transaction and for that alone: behind a pooler the session is not ours to lock or to set.
    _set(connection, search_path=schema, TimeZone="UTC", statement_timeout=STATEMENT_TIMEOUT)
    # A role's 10 s are for requests: where processors are short, loading the next migration takes longer.
    _set(connection, idle_in_transaction_session_timeout=STATEMENT_TIMEOUT)
    # Waiting for another runner is fine, hence before lock_timeout is set.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate {schema}"})
    _set(connection, lock_timeout=LOCK_TIMEOUT)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=schema,
        include_schemas=True,
        include_name=lambda name, kind, _parents: kind != "schema" or name == schema,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _set(connection: Connection, **settings: str) -> None:
    for name, value in settings.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
