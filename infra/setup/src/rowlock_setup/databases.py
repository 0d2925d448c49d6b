"""Each service's role and schema, made and brought up to date."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping

import psycopg
from sqlalchemy.engine import URL, make_url

from chassis.provisioning import provision
from rowlock_cli.services import service_names

DATABASE_URL = "{service}_DATABASE_URL"
ATTEMPTS, PAUSE_S = 30, 1.0
MIGRATION_ATTEMPTS = 3
POSTGRESQL_PORT = 5432


def database_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """DATABASE_URL of each service; SystemExit for one that has none."""
    names = {service: DATABASE_URL.format(service=service.upper()) for service in service_names()}
    if missing := [name for name in names.values() if not environment.get(name)]:
        raise SystemExit(f"Not set: {', '.join(missing)}.")
    return {service: environment[name] for service, name in names.items()}


def make_place(service: str, *, database_url: str, admin_url: str) -> bool:
    """Make role and schema on the server of POSTGRES_URL; False for a database on another server, which
    is whoever runs that server's to prepare (`rowlock provision`).
    """
    own = make_url(database_url)
    if not admin_url or _server(own) != _server(make_url(admin_url)):
        return False
    if own.username != service:
        raise SystemExit(f"{DATABASE_URL.format(service=service.upper())}: the role is called {service}.")
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            provision(admin_url, service, own.password or "", own.database or "")
        except psycopg.OperationalError as error:
            if not attempts_left:
                raise SystemExit(f"PostgreSQL (POSTGRES_URL) cannot be reached: {error}") from None
            time.sleep(PAUSE_S)
        else:
            return True
    return False


def _server(address: URL) -> tuple[str | None, int]:
    return address.host, address.port or POSTGRESQL_PORT


def migrate(service: str, *, database_url: str) -> None:
    """In a process of its own, as migrations read the settings of their service. A migration is a
    transaction, so that one which failed (a lock not got in time) may be tried again.
    """
    argv = [sys.executable, "-m", "chassis.migrate", service]
    for _attempt in range(MIGRATION_ATTEMPTS):
        if not subprocess.run(argv, env={**os.environ, "DATABASE_URL": database_url}, check=False).returncode:
            return
    raise SystemExit(f"The migrations of {service} failed: see above.")
