"""Migrations lead to exactly the tables the code works with, and can be run again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import make_url

from chassis.migrate import upgrade
from support.services import SERVICES, metadata_of

each_service = pytest.mark.parametrize("service", SERVICES)


@each_service
def test_migrations_are_in_step_with_the_tables(database_urls, service):
    # Tables on the search path would be reflected without their schema, as if they were others.
    engine = create_engine(
        make_url(database_urls[service]).set(drivername="postgresql+psycopg"),
        poolclass=pool.NullPool,
        connect_args={"options": "-c search_path=public"},
    )
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name == service,
        "include_object": lambda _object, name, kind, _reflected, _other: (
            (kind, name) != ("table", "alembic_version")
        ),
        "compare_type": True,
        "compare_server_default": True,
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata_of(service)) == []


@each_service
def test_migrating_again_changes_nothing(database_urls, service):
    upgrade(service, database_url=database_urls[service])
