"""Ed25519 keys and the signed tokens (JWT, EdDSA) made with them.

Private keys are JWK files, public keys JWKS documents (a file or a URL). Which token is which
is told by its `typ`: a token of one kind never passes for another.
"""

import json
import os
import time
import urllib.request
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from pydantic_core import to_json

ALGORITHM = "EdDSA"
# "Ed25519" is the same algorithm under its newer name (RFC 9864).
ALGORITHMS = ["EdDSA", "Ed25519"]
CLOCK_LEEWAY_S = 5
TOKEN_CHARS_MAX = 32_768
_FETCH_TIMEOUT_S = 3
# joserfc wants the newer name; "EdDSA" is what today's verifiers (and RFC 9068 issuers) know.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class TokenInvalid(Exception):
    """The token is malformed, signed by no known key, or not meant for us."""


class TokenExpired(TokenInvalid):
    """The token was good, but its time is over; `claims` may be used to say what expired."""

    def __init__(self, message: str, claims: dict[str, Any]) -> None:
        super().__init__(message)
        self.claims = claims


class KeyUnknown(TokenInvalid):
    """No key of the set has the token's `kid`; a rotated set may have it by now."""


class KeySetUnavailable(Exception):
    """The JWKS cannot be read: missing file, unreachable URL, or not a JWKS."""


class SigningKey:
    """A private Ed25519 key with its `kid`."""

    def __init__(self, key: OKPKey) -> None:
        if not isinstance(key.private_key, Ed25519PrivateKey):
            raise ValueError("not a private Ed25519 key")  # noqa: TRY004 -- a wrong file, not a wrong type
        self._key = key
        self._private_key = key.private_key
        self._heads: dict[str, bytes] = {}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a JWK file; OSError or ValueError when it is not there or not such a key."""
        return cls(OKPKey.import_key(json.loads(Path(path).read_text())))

    @property
    def kid(self) -> str:
        """The key's id (RFC 7638 thumbprint unless the file names one)."""
        return self._key.kid or self._key.thumbprint()

    def save(self, path: str | Path) -> None:
        """Write the private JWK, readable by the owner only."""
        document = json.dumps(self._document(private=True))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(document)

    def public_set(self) -> dict[str, Any]:
        """The JWKS document others verify with."""
        return {"keys": [self._document(private=False)]}

    def key_set(self) -> "KeySet":
        """The same as a KeySet."""
        return KeySet(self.public_set())

    def _document(self, *, private: bool) -> dict[str, Any]:
        return {**self._key.as_dict(private=private), "kid": self.kid, "use": "sig", "alg": ALGORITHM}

    def compact(self, payload: bytes, *, typ: str) -> str:
        """`payload` signed as a compact JWS (RFC 7515); its header depends on `typ` only and is made once."""
        head = self._heads.get(typ)
        if head is None:
            head = self._heads[typ] = _base64url(to_json({"alg": ALGORITHM, "kid": self.kid, "typ": typ}))
        signed = b"%b.%b" % (head, _base64url(payload))
        signature = _base64url(self._private_key.sign(signed))
        return f"{signed.decode()}.{signature.decode()}"


def create_key() -> SigningKey:
    """A new private key."""
    return SigningKey(OKPKey.generate_key("Ed25519", private=True))


class KeySet:
    """Public keys by `kid`."""

    def __init__(self, document: Mapping[str, Any], *, source: str | None = None) -> None:
        self._source = source
        self._keys = _keys_of(document)
        self.loaded_at = time.monotonic()

    @classmethod
    def load(cls, path_or_url: str) -> Self:
        """Read a JWKS; blocks on file or network. Raises KeySetUnavailable."""
        return cls(_read_document(path_or_url), source=path_or_url)

    def reload(self) -> None:
        """Read the source again (a key was rotated in); keeps the old keys when that fails."""
        if self._source is not None:
            self._keys = _keys_of(_read_document(self._source))
            self.loaded_at = time.monotonic()

    def find(self, kid: str | None) -> OKPKey:
        """The key a token names, or the only one there is. Raises KeyUnknown."""
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        try:
            return self._keys[kid or ""]
        except KeyError:
            raise KeyUnknown("the token is signed by an unknown key") from None


def sign(claims: Mapping[str, Any], key: SigningKey, typ: str) -> str:
    """A compact JWT of type `typ` (as `at+jwt`)."""
    return key.compact(to_json(dict(claims)), typ=typ)


def verify(
    token: str, keys: KeySet, typ: str, audience: str, issuer: str, *, now: float | None = None
) -> dict[str, Any]:
    """The claims of a valid token. `now` is a Unix time in seconds.

    Raises TokenExpired (with the claims) for a good token that is over, else TokenInvalid.
    """
    claims = _verified_claims(token, keys, typ)
    _check_addressing(claims, audience, issuer)
    _check_time(claims, time.time() if now is None else now)
    return claims


def _verified_claims(token: str, keys: KeySet, typ: str) -> dict[str, Any]:
    if len(token) > TOKEN_CHARS_MAX:
        raise TokenInvalid("the token is too long")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        if str(header.get("typ", "")).lower() != typ:
            raise TokenInvalid("the token is of another type")
        verified = jws.deserialize_compact(token, keys.find(header.get("kid")), algorithms=ALGORITHMS)
        claims = json.loads(verified.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenInvalid("the token is malformed or its signature is wrong") from error
    if not isinstance(claims, dict):
        raise TokenInvalid("the token has no claims")
    return claims


def _check_addressing(claims: dict[str, Any], audience: str, issuer: str) -> None:
    if claims.get("iss") != issuer:
        raise TokenInvalid("the token has another issuer")
    audiences = claims.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise TokenInvalid("the token is meant for somebody else")


def _check_time(claims: dict[str, Any], now: float) -> None:
    expires_at, not_before = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires_at, int | float) or not isinstance(not_before, int | float):
        raise TokenInvalid("the token has no expiry")
    if not_before > now + CLOCK_LEEWAY_S:
        raise TokenInvalid("the token is not valid yet")
    if expires_at <= now:
        raise TokenExpired("the token has expired", claims)


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _read_document(path_or_url: str) -> dict[str, Any]:
    try:
        if path_or_url.startswith(("http://", "https://")):
            with urllib.request.urlopen(path_or_url, timeout=_FETCH_TIMEOUT_S) as answer:  # noqa: S310 -- scheme checked above
                return json.load(answer)
        return json.loads(Path(path_or_url).read_text())
    except (OSError, ValueError) as error:
        raise KeySetUnavailable(f"cannot read the key set: {error}") from error


def _keys_of(document: Mapping[str, Any]) -> dict[str, OKPKey]:
    try:
        keys = [OKPKey.import_key(item) for item in document["keys"] if item.get("kty") == "OKP"]
    except (KeyError, TypeError, AttributeError, ValueError, JoseError) as error:
        raise KeySetUnavailable(f"not a JWKS: {error}") from error
    return {key.kid or key.thumbprint(): key for key in keys}
