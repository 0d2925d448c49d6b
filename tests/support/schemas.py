"""A service's role and schema in a test database, the same way the launcher makes them."""

from importlib.util import find_spec

import psycopg
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from support.databases import ROLE_PASSWORD, url_of_role
from support.services import metadata_of


def build_schema(service: str, *, admin_url: str) -> str:
    """Provision and fill the schema of `service`; returns its DATABASE_URL."""
    # Interim, until chassis.provisioning and chassis.migrate exist.
    identifier = sql.Identifier(service)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (service,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(identifier, ROLE_PASSWORD))
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(identifier, identifier))
    url = url_of_role(admin_url=admin_url, role=service)
    if find_spec(f"{service}.storage"):
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        metadata_of(service).create_all(engine)
        engine.dispose()
    return url
