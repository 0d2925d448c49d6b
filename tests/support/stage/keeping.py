"""What the services keep of people, as their tables have it: under which keys, and whether of somebody."""

import re
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID

import psycopg
from psycopg import sql

from chassis.fingerprints import Fingerprints
from chassis.resealing import SealedColumn
from rowlock_cli.keys import LOOKUP_KEY
from support.canaries.cage import admin_url
from support.canaries.tables import dump_tables
from support.services import SERVICES
from support.system import System

KEYS_IN_USE = sql.SQL("SELECT substr({column}, 2, 16) FROM {table} WHERE {column} IS NOT NULL")
KEYS_KEPT = sql.SQL("SELECT data_key_id FROM {}.data_keys")


def sealed_columns(service: str) -> Sequence[SealedColumn]:
    """The columns that a service seals itself."""
    name = f"{service}.storage.sealed"
    return import_module(name).SEALED if find_spec(name) else ()


def keys_in_use(system: System, service: str) -> Counter[UUID]:
    """How many sealed values of a service are under each data key, its stored answers among them."""
    columns = [(column.table.name, column.column) for column in sealed_columns(service)]
    found = Counter[UUID]()
    with psycopg.connect(admin_url(system)) as connection:
        for table, column in [*columns, ("idempotency", "body")]:
            query = KEYS_IN_USE.format(column=sql.Identifier(column), table=sql.Identifier(service, table))
            found.update(UUID(bytes=bytes(key)) for (key,) in connection.execute(query))
    return found


def keys_kept(system: System, service: str) -> set[UUID]:
    """The data keys a service has."""
    with psycopg.connect(admin_url(system)) as connection:
        return {key for (key,) in connection.execute(KEYS_KEPT.format(sql.Identifier(service)))}


def sealing_services(system: System) -> list[str]:
    """The services that have data keys."""
    with psycopg.connect(admin_url(system)) as connection:
        found = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'data_keys'")
        return sorted({schema for (schema,) in found} & set(SERVICES))


def traces(system: System, *, email: str, account_id: str) -> list[str]:
    """Every table of every schema that still has the account or the e-mail's fingerprint, or worse."""
    fingerprint = Fingerprints.load(system.home.keys / LOOKUP_KEY).email(email)
    # Under a limit's name a fingerprint counts requests for some minutes; it is of another purpose.
    sought = re.compile("|".join(map(re.escape, (account_id, fingerprint, email))).encode(), re.IGNORECASE)
    return [
        f"{table}: {found[0]!r}"
        for table, rows in dump_tables(admin_url(system))
        if (found := sought.search(rows))
    ]
