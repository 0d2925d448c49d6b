"""Public keys that verify tokens, from a file or a URL that may be away for a while or get new keys."""

import asyncio
import time
from collections.abc import Collection
from math import inf
from typing import Any

from chassis.key_sets import ED25519_ALGORITHMS
from chassis.signing import KeySet, KeySetUnavailable, KeyUnknown, verify

# A key that its issuer has taken out of the set is trusted no longer than this.
REFRESH_EVERY_S = 300.0
# While the set was never read, requests that need it do not each wait for its issuer's timeout.
FIRST_READ_EVERY_S = 1.0


class KeySource:
    """The key set at `source`, read at first use (a service starts before the issuer does), and
    again when a token names a key that is not in it; not more often than every `reload_every_s`
    (JWKS_RELOAD_EVERY_S), because anybody can make up names of keys. Every REFRESH_EVERY_S it is read in
    any case, while requests go on with what is known; an issuer that is away changes nothing.
    """

    def __init__(
        self,
        source: str,
        keys: KeySet | None = None,
        *,
        reload_every_s: float,
        algorithms: Collection[str] = ED25519_ALGORITHMS,
    ) -> None:
        self._source = source
        self.reload_every_s = reload_every_s
        self._algorithms = _with_both_names(algorithms)
        self._keys = keys
        self._reading = asyncio.Lock()
        self._tried_at = -inf
        self._failure: str | None = None
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def generation(self) -> int:
        """The key set's: while it stays the same, so do the keys."""
        return 0 if self._keys is None else self._keys.generation

    async def claims(
        self, token: str, typ: str | Collection[str], audience: str, issuer: str
    ) -> dict[str, Any]:
        """The claims of a valid token. Raises what `signing.verify` does, or KeySetUnavailable."""
        keys = await self._load()
        self.refresh_if_old()
        try:
            return verify(token, keys, typ, audience, issuer, self._algorithms)
        except KeyUnknown:
            await self._reload(keys)
        return verify(token, keys, typ, audience, issuer, self._algorithms)

    def refresh_if_old(self) -> None:
        """Have a key set that was read REFRESH_EVERY_S ago read again, beside the requests."""
        keys = self._keys
        if keys is None or time.monotonic() - keys.loaded_at < REFRESH_EVERY_S or not self._may_read(keys):
            return
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._read_again(keys))

    async def _load(self) -> KeySet:
        if self._keys is None:
            async with self._reading:
                if self._keys is None:
                    self._keys = await self._first_read()
        return self._keys

    async def _first_read(self) -> KeySet:
        if self._failure is not None and time.monotonic() - self._tried_at < FIRST_READ_EVERY_S:
            raise KeySetUnavailable(self._failure)
        try:
            keys = await asyncio.to_thread(KeySet.load, self._source)
        except KeySetUnavailable as error:
            self._tried_at, self._failure = time.monotonic(), str(error)
            raise
        self._failure = None
        return keys

    async def _reload(self, keys: KeySet) -> None:
        await self._read_again(keys)
        if self._failure is not None:
            raise KeySetUnavailable(self._failure)

    async def _read_again(self, keys: KeySet) -> None:
        async with self._reading:
            if self._may_read(keys):
                self._tried_at, self._failure = time.monotonic(), None
                try:
                    await asyncio.to_thread(keys.reload)
                except KeySetUnavailable as error:
                    self._failure = str(error)

    def _may_read(self, keys: KeySet) -> bool:
        return time.monotonic() - max(keys.loaded_at, self._tried_at) >= self.reload_every_s


def _with_both_names(algorithms: Collection[str]) -> frozenset[str]:
    """EdDSA with an Ed25519 key goes by two names: whoever takes one takes the other."""
    named = frozenset(algorithms)
    return named if named.isdisjoint(ED25519_ALGORITHMS) else named | ED25519_ALGORITHMS
