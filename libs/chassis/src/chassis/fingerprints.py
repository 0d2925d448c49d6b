"""Fingerprints: keyed HMACs by which equal values are found without being readable.

The key is a file outside the database, and not a wrapping key: who can compare cannot decrypt.
Every service has the same one, so a fingerprint made by one is known to another.
"""

import hmac
import unicodedata
from base64 import urlsafe_b64decode
from functools import cached_property
from pathlib import Path
from typing import Self

from chassis.settings import ServiceSettings

KEY_BYTES_MIN = 32


class LookupKeyUnusable(Exception):
    """LOOKUP_KEY names no file with 32 random bytes in base64url."""


class Fingerprints:
    """HMAC-SHA256 under the lookup key; the file is read at first use."""

    def __init__(self, path: str | Path) -> None:
        self._path = path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read the key now; raises LookupKeyUnusable."""
        fingerprints = cls(path)
        fingerprints.check()
        return fingerprints

    @classmethod
    def of_settings(cls, settings: ServiceSettings) -> Self:
        """Under the service's LOOKUP_KEY, read at first use."""
        return cls(settings.lookup_key)

    def check(self) -> None:
        """Raise LookupKeyUnusable unless the key can be read."""
        _ = self._key

    def of(self, purpose: str, *parts: str) -> str:
        """64 hex digits, equal for equal `parts` and of no use for another `purpose`."""
        return self.digest(purpose, *(part.encode() for part in parts)).hex()

    def digest(self, purpose: str, *parts: bytes) -> bytes:
        """The same as 32 bytes."""
        return hmac.digest(self._key, _unambiguous(purpose.encode(), *parts), "sha256")

    def email(self, email: str) -> str:
        """Of an e-mail address, however it was typed: one for `Ada@Example.org ` and `ada@example.org`."""
        return self.of("email", normalised_email(email))

    @cached_property
    def _key(self) -> bytes:
        if not str(self._path):
            raise LookupKeyUnusable("LOOKUP_KEY is not set: it names the file of it (rowlock keys create)")
        try:
            key = urlsafe_b64decode(Path(self._path).read_text().strip())
        except (OSError, ValueError) as error:
            raise LookupKeyUnusable(f"{self._path} holds no lookup key: {type(error).__name__}") from None
        if len(key) < KEY_BYTES_MIN:
            raise LookupKeyUnusable(f"{self._path}: a lookup key has {KEY_BYTES_MIN} bytes")
        return key


def normalised_email(email: str) -> str:
    """The one way to write an address that is typed in several: mail goes there, fingerprints are of it."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def _unambiguous(*parts: bytes) -> bytes:
    """No two lists of parts are written alike."""
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)
