"""Public keys that verify signatures: JWKS documents (RFC 7517), from a file or a URL.

What a key may verify is decided by the key, never by the token: an Ed25519 key verifies EdDSA, an RSA
key RS* and PS*, an EC key the ES* of its curve; one that names its `alg` only that. Symmetric keys are
not taken at all, so no public key can be used as the secret of an HMAC.
"""

import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

PublicKey = OKPKey | RSAKey | ECKey

# "Ed25519" is the same algorithm under its newer name (RFC 9864).
ED25519_ALGORITHMS = frozenset({"EdDSA", "Ed25519"})
_RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_EC_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
PUBLIC_KEY_ALGORITHMS = ED25519_ALGORITHMS | _RSA_ALGORITHMS | frozenset(_EC_ALGORITHMS.values())
_FETCH_TIMEOUT_S = 3
DOCUMENT_BYTES_MAX = 1_048_576
RSA_BITS_MIN = 2048


class TokenInvalid(Exception):
    """The token is malformed, signed by no known key, or not meant for us."""


class KeyUnknown(TokenInvalid):
    """No key of the set has the token's `kid`; a rotated set may have it by now."""


class KeySetUnavailable(Exception):
    """The JWKS cannot be read: missing file, unreachable URL, an answer that is no HTTP, or not a JWKS."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and the algorithms it may verify."""

    key: PublicKey
    algorithms: frozenset[str]


class KeySet:
    """Public keys by `kid`.

    `generation` counts the reloads that found another document; `loaded_at` is the monotonic time (seconds)
    of the last that succeeded.
    """

    def __init__(self, document: Mapping[str, Any], *, source: str | None = None) -> None:
        self._source = source
        self._document = document
        self._keys = _keys_of(document)
        self.generation = 0
        self.loaded_at = time.monotonic()

    @classmethod
    def load(cls, path_or_url: str) -> Self:
        """Read a JWKS; blocks on file or network. Raises KeySetUnavailable."""
        return cls(_read_document(path_or_url), source=path_or_url)

    def reload(self) -> None:
        """Read the source again (a key was rotated in or out); keeps the old keys when that fails."""
        if self._source is not None:
            self._replace(_read_document(self._source))
        self.loaded_at = time.monotonic()

    def _replace(self, document: Mapping[str, Any]) -> None:
        if document != self._document:
            self._keys, self._document = _keys_of(document), document
            # Last: what the old keys verify until here, in another thread, is of their generation.
            self.generation += 1

    def find(self, kid: str | None) -> VerifyingKey:
        """The key a token names, or the only one there is. Raises KeyUnknown."""
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        try:
            return self._keys[kid or ""]
        except KeyError:
            raise KeyUnknown("the token is signed by an unknown key") from None


def _read_document(path_or_url: str) -> dict[str, Any]:
    try:
        if path_or_url.startswith(("http://", "https://")):
            with urllib.request.urlopen(path_or_url, timeout=_FETCH_TIMEOUT_S) as answer:  # noqa: S310 -- scheme checked above
                return json.loads(answer.read(DOCUMENT_BYTES_MAX))
        return json.loads(Path(path_or_url).read_text())
    except (OSError, ValueError, HTTPException) as error:
        raise KeySetUnavailable(f"cannot read the key set: {error}") from error


def _keys_of(document: Mapping[str, Any]) -> dict[str, VerifyingKey]:
    try:
        keys = [key for item in document["keys"] if (key := _verifying_key(item)) is not None]
    except (KeyError, TypeError, AttributeError, ValueError, JoseError) as error:
        raise KeySetUnavailable(f"not a JWKS: {error}") from error
    return {found.key.kid or found.key.thumbprint(): found for found in keys}


def _verifying_key(item: Mapping[str, Any]) -> VerifyingKey | None:
    """The key of a JWK; None for one that is of no use here: symmetric, for encryption, of an odd curve."""
    if item.get("use", "sig") != "sig":
        return None
    key = _public_key(item)
    if key is None:
        return None
    own = item.get("alg")
    algorithms = _algorithms_of(key)
    if own is not None:
        algorithms = algorithms & (ED25519_ALGORITHMS if own in ED25519_ALGORITHMS else {own})
    return VerifyingKey(key, algorithms) if algorithms else None


def _public_key(item: Mapping[str, Any]) -> PublicKey | None:
    kind = {"OKP": OKPKey, "RSA": RSAKey, "EC": ECKey}.get(item.get("kty", ""))
    if kind is None or item.get("crv", "Ed25519") not in {"Ed25519", *_EC_ALGORITHMS}:
        return None
    return kind.import_key(dict(item))


def _algorithms_of(key: PublicKey) -> frozenset[str]:
    if isinstance(key, OKPKey):
        return ED25519_ALGORITHMS if key.curve_name == "Ed25519" else frozenset()
    if isinstance(key, RSAKey):
        return _RSA_ALGORITHMS if key.public_key.key_size >= RSA_BITS_MIN else frozenset()
    algorithm = _EC_ALGORITHMS.get(key.curve_name)
    return frozenset({algorithm} if algorithm else ())
