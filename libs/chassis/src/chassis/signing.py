"""Signed tokens (JWT): made with our own Ed25519 keys, and verified by the keys of a JWKS (`key_sets`).

Private keys are JWK files. Which token is which is told by its `typ`: a token of one kind never
passes for another (RFC 8725).
"""

import json
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from pydantic_core import to_json

from chassis.key_sets import (
    ED25519_ALGORITHMS,
    PUBLIC_KEY_ALGORITHMS,
    KeySet,
    KeySetUnavailable,
    KeyUnknown,
    TokenInvalid,
)
from chassis.private_files import write_private

__all__ = [
    "PUBLIC_KEY_ALGORITHMS",
    "KeySet",
    "KeySetUnavailable",
    "KeyUnknown",
    "SigningKey",
    "TokenExpired",
    "TokenInvalid",
    "create_key",
    "sign",
    "verify",
]

ALGORITHM = "EdDSA"
# They let a token bring or fetch the key it is verified with, or ask for rules we do not know.
REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "b64"})
CLOCK_LEEWAY_S = 5
TOKEN_CHARS_MAX = 32_768
# joserfc wants the newer name; "EdDSA" is what today's verifiers (and RFC 9068 issuers) know.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class TokenExpired(TokenInvalid):
    """The token was good, but its time is over; `claims` may be used to say what expired."""

    def __init__(self, message: str, claims: dict[str, Any]) -> None:
        super().__init__(message)
        self.claims = claims


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
        return cls.of_json(Path(path).read_text())

    @classmethod
    def of_json(cls, text: str) -> Self:
        """The private JWK in `text`; ValueError when it is none."""
        return cls(OKPKey.import_key(json.loads(text)))

    def to_json(self) -> str:
        """The private JWK: a secret."""
        return json.dumps(self._document(private=True))

    @property
    def kid(self) -> str:
        """The key's id (RFC 7638 thumbprint unless the file names one)."""
        return self._key.kid or self._key.thumbprint()

    def save(self, path: str | Path) -> None:
        """Write the private JWK, readable by the owner only."""
        write_private(Path(path), self.to_json())

    def public_set(self) -> dict[str, Any]:
        """The JWKS document others verify with."""
        return {"keys": [self._document(private=False)]}

    def key_set(self) -> KeySet:
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


def sign(claims: Mapping[str, Any], key: SigningKey, typ: str) -> str:
    """A compact JWT of type `typ` (as `at+jwt`)."""
    return key.compact(to_json(dict(claims)), typ=typ)


def verify(
    token: str,
    keys: KeySet,
    typ: str | Collection[str],
    audience: str,
    issuer: str,
    algorithms: Collection[str] = ED25519_ALGORITHMS,
    *,
    now: float | None = None,
) -> dict[str, Any]:
    """The claims of a valid token: of (one of) the type, signed with one of `algorithms` by a key that
    may use it. `now` is a Unix time in seconds.

    Raises TokenExpired (with the claims) for a good token that is over, else TokenInvalid.
    """
    types = {typ} if isinstance(typ, str) else set(typ)
    claims = _verified_claims(token, keys, types, algorithms)
    _check_addressing(claims, audience, issuer)
    _check_time(claims, time.time() if now is None else now)
    return claims


def _verified_claims(
    token: str, keys: KeySet, types: Collection[str], algorithms: Collection[str]
) -> dict[str, Any]:
    if len(token) > TOKEN_CHARS_MAX:
        raise TokenInvalid("the token is too long")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        _check_header(header, types)
        found = keys.find(header.get("kid"))
        # The key's own algorithms, not the token's word for it. Checked here first: the library takes an
        # empty list for "those usually recommended".
        allowed = found.algorithms & frozenset(algorithms)
        if header.get("alg") not in allowed:
            raise TokenInvalid("the token is signed with another algorithm")
        registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
        claims = json.loads(jws.deserialize_compact(token, found.key, registry=registry).payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenInvalid("the token is malformed or its signature is wrong") from error
    if not isinstance(claims, dict):
        raise TokenInvalid("the token has no claims")
    return claims


def _check_header(header: Mapping[str, Any], types: Collection[str]) -> None:
    if not REFUSED_HEADERS.isdisjoint(header):
        raise TokenInvalid("the token's header asks for what we do not do")
    # RFC 7515: "application/" may be left out, and case does not matter.
    if str(header.get("typ", "")).lower().removeprefix("application/") not in {t.lower() for t in types}:
        raise TokenInvalid("the token is of another type")


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
