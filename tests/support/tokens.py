"""The key files of a system, made for tests; signs access tokens as the accounts service will (RFC 9068), with a library call of our own.

Not through chassis.signing: the tests then also say that any right issuer's token is accepted.
"""

import json
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
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
    """Key files: a private JWK and the public JWKS of it, for access tokens and for hold tokens; the keys
    that wrap data keys, make fingerprints, and let services know each other.
    """

    access_token_private: Path
    access_token_jwks: Path
    hold_token_private: Path
    hold_token_jwks: Path
    wrapping_keys: Path
    lookup_key: Path
    internal_api_key: Path

    @classmethod
    def create(cls, folder: Path) -> "SigningKeys":
        return cls(
            *_create_key(folder, "access-token"),
            *_create_key(folder, "hold-token"),
            _create_wrapping_keys(folder / "wrapping-keys.json"),
            _create_secret(folder / "lookup.key"),
            _create_secret(folder / "internal-api.key"),
        )

    def as_settings(self) -> dict[str, str]:
        """The settings that name these files; a service ignores those it has no use for."""
        return {
            "access_token_jwks": str(self.access_token_jwks),
            "hold_token_private_key": str(self.hold_token_private),
            "hold_token_jwks": str(self.hold_token_jwks),
            "wrapping_keys": str(self.wrapping_keys),
            "lookup_key": str(self.lookup_key),
            "internal_api_key": str(self.internal_api_key),
        }


def _create_key(folder: Path, name: str) -> tuple[Path, Path]:
    key = OKPKey.generate_key("Ed25519", parameters={"kid": name, "alg": "EdDSA", "use": "sig"})
    private, public = folder / f"{name}.jwk", folder / f"{name}.jwks"
    private.write_text(json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return private, public


def _create_wrapping_keys(file: Path) -> Path:
    key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    file.write_text(json.dumps({"active": "first", "keys": {"first": key}}))
    return file


def _create_secret(file: Path) -> Path:
    file.write_text(urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
    return file


Organizations = Mapping[str, Iterable[str]] | Mapping[uuid.UUID, Iterable[str]]


@dataclass(frozen=True)
class MintToken:
    private_key: Path

    def __call__(
        self,
        *roles: str,
        subject: str | None = None,
        organizations: Organizations | None = None,
        **claims: Any,
    ) -> str:
        """Sign an access token of `subject` (by default a new person) with `roles` (by default buyer), and
        with roles in `organizations` by their ids, as `{organization_id: ["organizer"]}`.

        `claims` add to those of the token (`email_fingerprint`, `sid`, `auth_time`) or replace them, so that
        a test can make it expired or foreign.
        """
        key = OKPKey.import_key(json.loads(self.private_key.read_text()))
        header = {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid}
        body = _claims(subject=subject or f"person-{uuid.uuid4()}", roles=roles or ("buyer",)) | claims
        if organizations is not None:
            body["organizations"] = {str(key): list(roles) for key, roles in organizations.items()}
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
