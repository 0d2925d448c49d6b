"""Everything that PostgreSQL keeps, as somebody with a dump of it would read it."""

import re
from collections.abc import Iterator

import psycopg
from psycopg import sql

TABLES = """SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"""
# COPY writes bytea as \\x… with the backslash escaped.
BYTES = re.compile(rb"\\\\x([0-9a-f]{2,})")


def dump_tables(admin_url: str) -> Iterator[tuple[str, bytes]]:
    """Each table's name and its rows as text, followed by its binary values as they are."""
    with psycopg.connect(admin_url) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            text = _copy(connection, sql.Identifier(schema, table))
            yield (
                f"{schema}.{table}",
                text + b"\n".join(bytes.fromhex(b.decode()) for b in BYTES.findall(text)),
            )


def _copy(connection: psycopg.Connection, table: sql.Identifier) -> bytes:
    statement = sql.SQL("COPY {} TO STDOUT").format(table)
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        return b"".join(rows)
