"""Sealing: personal data is stored encrypted, and only where it was sealed can it be read again.

    sealed = await sealer.seal(b"...", place=Place("parcels.contacts", "sealed"), row="7")

AES-256-GCM under the schema's data key, with a random nonce. Table, column, row and key are
authenticated with it, so a value copied to another row, column or table does not unseal.

    0x01 | data key id (16 bytes) | nonce (12 bytes) | ciphertext and tag

A random nonce of 96 bits bears 2**32 values under one key with room to spare: rotate long before.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from pydantic_core import to_json

from chassis.data_keys import DataKeys, DataKeyUnknown, OpenKey
from chassis.database import Database
from chassis.settings import ServiceSettings
from chassis.tables import SEALED_BYTES_MIN

FORMAT = b"\x01"
NONCE_BYTES = 12
HEAD_BYTES = 1 + 16


class SealBroken(Exception):
    """What is stored does not unseal: it was changed or moved, or its data key is gone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands: a table with its schema (`parcels.contacts`) and a column."""

    table: str
    column: str


class Sealer:
    """Seals and unseals with the data keys of one schema. `seal` and `unseal` may be awaited within a
    transaction: keys come from memory, or through a connection of their own.
    """

    def __init__(self, keys: DataKeys) -> None:
        self.keys = keys

    @classmethod
    def of(cls, settings: ServiceSettings, db: Database) -> Self:
        """The service's sealer; reads nothing yet."""
        return cls(
            DataKeys(
                db,
                schema=settings.service_name,
                wrapping_keys_path=settings.wrapping_keys,
                cache_s=settings.data_key_cache_s,
            )
        )

    def check(self) -> None:
        """Raise WrappingKeysUnusable unless the wrapping keys can be read."""
        self.keys.wrapping_keys()

    async def seal(self, plaintext: bytes, *, place: Place, row: str) -> bytes:
        """`plaintext` sealed for that one place and row; `row` is its primary key as text."""
        return seal_with(await self.keys.active(), plaintext, place=place, row=row)

    async def unseal(self, sealed: bytes, *, place: Place, row: str) -> bytes:
        """What was sealed for that place and row. Raises SealBroken."""
        data_key_id = self.key_id(sealed)
        try:
            key = await self.keys.find(data_key_id)
        except DataKeyUnknown as error:
            raise SealBroken(f"{place.table}.{place.column}: {error} is gone") from error
        nonce, ciphertext = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
        try:
            return key.cipher.decrypt(nonce, ciphertext, _bound(place, row, data_key_id))
        except InvalidTag:
            raise SealBroken(f"a value of {place.table}.{place.column} was changed or moved") from None

    async def seal_json(self, value: Any, *, place: Place, row: str) -> bytes:
        """A JSON value, or a pydantic model, sealed."""
        return await self.seal(to_json(value), place=place, row=row)

    async def unseal_json(self, sealed: bytes, *, place: Place, row: str) -> Any:
        """The JSON value that was sealed. Raises SealBroken."""
        return json.loads(await self.unseal(sealed, place=place, row=row))

    @staticmethod
    def key_id(sealed: bytes) -> UUID:
        """The data key it is sealed with. Raises SealBroken for what was never sealed."""
        if len(sealed) < SEALED_BYTES_MIN or sealed[:1] != FORMAT:
            raise SealBroken("the value is not sealed")
        return UUID(bytes=bytes(sealed[1:HEAD_BYTES]))


async def open_sealer(settings: ServiceSettings, db: Database) -> Sealer:
    """The service's sealer with its keys read, the first of them made where there was none."""
    sealer = Sealer.of(settings, db)
    await sealer.keys.active()
    return sealer


def seal_with(key: OpenKey, plaintext: bytes, *, place: Place, row: str) -> bytes:
    """`plaintext` sealed under that key, for where there is no Sealer: a migration."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    head = FORMAT + key.data_key_id.bytes
    return head + nonce + key.cipher.encrypt(nonce, plaintext, _bound(place, row, key.data_key_id))


def _bound(place: Place, row: str, data_key_id: UUID) -> bytes:
    # No name has a NUL and the id's length is fixed, so no two places are written alike.
    return f"{place.table}\0{place.column}\0{row}\0".encode() + data_key_id.bytes
