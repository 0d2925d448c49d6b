"""Signs access tokens as the accounts service will (RFC 9068), with a library call of our own.

Not through chassis.signing: the tests then also say that any right issuer's token is accepted.
"""

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

ISSUER = "https://rowlock.local"
AUDIENCE = "rowlock"
TOKEN_LIFE_S = 3600


@dataclass(frozen=True)
class SigningKeys:
    """Key files: a private JWK and the public JWKS of it, for access tokens and for hold tokens."""

    access_token_private: Path
    access_token_jwks: Path
    hold_token_private: Path
    hold_token_jwks: Path

    @classmethod
    def create(cls, folder: Path) -> "SigningKeys":
        return cls(*_create_key(folder, "access-token"), *_create_key(folder, "hold-token"))

    def as_settings(self) -> dict[str, str]:
        """The settings that name these files; a service ignores those it has no use for."""
        return {
            "access_token_jwks": str(self.access_token_jwks),
            "hold_token_private_key": str(self.hold_token_private),
            "hold_token_jwks": str(self.hold_token_jwks),
        }


def _create_key(folder: Path, name: str) -> tuple[Path, Path]:
    key = OKPKey.generate_key("Ed25519", parameters={"kid": name, "alg": "EdDSA", "use": "sig"})
    private, public = folder / f"{name}.jwk", folder / f"{name}.jwks"
    private.write_text(json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return private, public


@dataclass(frozen=True)
class MintToken:
    private_key: Path

    def __call__(self, *roles: str, subject: str | None = None, **claims: Any) -> str:
        """Sign an access token of `subject` (by default a new person) with `roles` (by default buyer).

        `claims` replace those of the token, so that a test can make it expired or foreign.
        """
        key = OKPKey.import_key(json.loads(self.private_key.read_text()))
        header = {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid}
        body = _claims(subject=subject or f"person-{uuid.uuid4()}", roles=roles or ("buyer",)) | claims
        return jwt.encode(header, body, key, algorithms=["EdDSA"])


def _claims(*, subject: str, roles: tuple[str, ...]) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + TOKEN_LIFE_S,
        "jti": str(uuid.uuid4()),
        "client_id": "tests",
        "roles": list(roles),
    }
