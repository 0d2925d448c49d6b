"""The signing keys as one process knows them, at most SIGNING_KEY_READ_EVERY_S old."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any

from accounts.domain.signing_keys import KeyTimes, published_keys, signing_key
from accounts.storage.signing_keys import load_keys, load_private_key
from accounts.usecases.rotate_signing_key import ensure_signing_key
from chassis.database import Database
from chassis.sealing import Sealer
from chassis.signing import SigningKey


class KeyRing:
    """Signs with the key whose time it is, and publishes all that may be needed to verify. Ask it before a
    transaction, not within: it reads through a connection of its own.
    """

    def __init__(self, db: Database, sealer: Sealer, *, read_every_s: float, over_s: float) -> None:
        self._db = db
        self._sealer = sealer
        self._read_every_s = read_every_s
        self._over_s = over_s
        self._keys: Sequence[KeyTimes] = ()
        self._read_at = -inf
        self._private: dict[str, SigningKey] = {}
        self._reading = asyncio.Lock()

    async def signing(self, *, now: datetime) -> SigningKey:
        """The key to sign with; the first one is made where there is none."""
        key = signing_key(await self._known(), now=now)
        if key is None:
            await self._db.run(lambda tx: ensure_signing_key(tx, sealer=self._sealer, now=now))
            self._read_at = -inf
            key = signing_key(await self._known(), now=now)
        assert key is not None, "there is one now"  # noqa: S101
        if key.kid not in self._private:
            async with self._db.snapshot() as connection:
                private = await load_private_key(connection, sealer=self._sealer, kid=key.kid)
            self._private = {key.kid: private}
        return self._private[key.kid]

    async def published(self, *, now: datetime) -> list[dict[str, Any]]:
        """The public keys (JWK) that others verify with."""
        await self.signing(now=now)
        keys = published_keys(await self._known(), over_s=self._over_s, now=now)
        return [key.public_jwk for key in keys]

    async def _known(self) -> Sequence[KeyTimes]:
        async with self._reading:
            if time.monotonic() - self._read_at >= self._read_every_s:
                began = time.monotonic()
                async with self._db.snapshot() as connection:
                    self._keys = await load_keys(connection)
                self._read_at = began
        return self._keys
