"""The data keys of one schema: wrapped in its table `data_keys`, open in the memory of a process.

One key is active and seals; retired ones only unseal. What a process knows of them is at most
`cache_s` old when it seals, so some time after a key was retired nothing is sealed with it any more.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import namedtuple_row

from chassis.database import Database
from chassis.ids import new_id
from chassis.wrapping_keys import KEY_BYTES, WrappingKeys, WrappingKeyUnknown


class DataKeyUnknown(Exception):
    """No data key of this schema has that id: it was dropped, or never was."""


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A data key ready for use."""

    data_key_id: UUID
    cipher: AESGCM


class DataKeys:
    """Reads the keys of `schema` through a connection beside the pools, so that it may be asked within a
    transaction; makes the first one where there is none.
    """

    def __init__(self, db: Database, *, schema: str, wrapping_keys_path: str, cache_s: float) -> None:
        self._db = db
        self.schema = schema
        self.cache_s = cache_s
        self._path = wrapping_keys_path
        self._wrapping_keys: WrappingKeys | None = None
        self._rows: dict[UUID, Any] = {}
        self._open: dict[UUID, OpenKey] = {}
        self._active_id: UUID | None = None
        self._loaded_at = -inf
        self._loading = asyncio.Lock()

    async def active(self) -> OpenKey:
        """The key to seal with. Raises WrappingKeysUnusable, WrappingKeyUnknown, database errors."""
        if not self._is_fresh():
            await self._load(unless=self._is_fresh)
        assert self._active_id is not None, "loading makes the first key"  # noqa: S101
        return self._opened(self._active_id)

    async def find(self, data_key_id: UUID) -> OpenKey:
        """The key something was sealed with. Raises DataKeyUnknown and what `active` raises."""
        if data_key_id not in self._rows:
            await self._load(unless=lambda: data_key_id in self._rows)
        if data_key_id not in self._rows:
            raise DataKeyUnknown(f"data key {data_key_id}")
        return self._opened(data_key_id)

    def forget(self) -> None:
        """Ask the database again before the next seal: a key was made or retired."""
        self._loaded_at = -inf

    def wrapping_keys(self, *, again: bool = False) -> WrappingKeys:
        """Those of the file; it is read once, and `again` when it may have changed."""
        if self._wrapping_keys is None or again:
            self._wrapping_keys = WrappingKeys.load(self._path)
        return self._wrapping_keys

    def label(self, data_key_id: UUID) -> str:
        """What a wrapped key is bound to."""
        return f"{self.schema}.data_keys {data_key_id}"

    def unwrap(self, row: Any) -> bytes:
        """The key of a row, whose wrapping key may be newer than what we read of the file."""
        where = {"key_id": row.wrapping_key_id, "label": self.label(row.data_key_id)}
        try:
            return self.wrapping_keys().unwrap(row.wrapped, **where)
        except WrappingKeyUnknown:
            return self.wrapping_keys(again=True).unwrap(row.wrapped, **where)

    def new_row(self) -> dict[str, Any]:
        """A new data key, wrapped by the wrapping key that is active in the file now."""
        data_key_id, wrapping_keys = new_id(), self.wrapping_keys(again=True)
        return {
            "data_key_id": data_key_id,
            "wrapped": wrapping_keys.wrap(secrets.token_bytes(KEY_BYTES), label=self.label(data_key_id)),
            "wrapping_key_id": wrapping_keys.active_id,
        }

    def _opened(self, data_key_id: UUID) -> OpenKey:
        key = self._open.get(data_key_id)
        if key is None:
            key = OpenKey(data_key_id, AESGCM(self.unwrap(self._rows[data_key_id])))
            self._open[data_key_id] = key
        return key

    def _is_fresh(self) -> bool:
        return self._active_id is not None and time.monotonic() - self._loaded_at < self.cache_s

    async def _load(self, *, unless: Callable[[], bool]) -> None:
        async with self._loading:
            if unless():
                return  # another has loaded while we waited
            # Before the question: what the answer says was true at some moment after this one.
            began = time.monotonic()
            self.wrapping_keys()
            async with self._db.beside() as connection:
                rows = await self._read(connection)
                if not any(row.state == "active" for row in rows):
                    await connection.execute(_insert_first(self.schema), self.new_row())
                    rows = await self._read(connection)
            self._rows = {row.data_key_id: row for row in rows}
            self._open = {key_id: key for key_id, key in self._open.items() if key_id in self._rows}
            self._active_id = next(row.data_key_id for row in rows if row.state == "active")
            self._loaded_at = began

    async def _read(self, connection: psycopg.AsyncConnection[Any]) -> list[Any]:
        async with connection.cursor(row_factory=namedtuple_row) as cursor:
            await cursor.execute(_select(self.schema))
            return await cursor.fetchall()


def _select(schema: str) -> bytes:
    return f"SELECT data_key_id, wrapped, wrapping_key_id, state FROM {schema}.data_keys".encode()  # noqa: S608 -- the schema is the name of the service


def _insert_first(schema: str) -> bytes:
    # Of several processes that start together one makes the key; the index on the active one decides.
    return f"""
        INSERT INTO {schema}.data_keys (data_key_id, wrapped, wrapping_key_id, state)
        VALUES (%(data_key_id)s, %(wrapped)s, %(wrapping_key_id)s, 'active')
        ON CONFLICT (state) WHERE state = 'active' DO NOTHING
        """.encode()  # noqa: S608 -- as above
