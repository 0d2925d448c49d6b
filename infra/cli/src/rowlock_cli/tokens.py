"""Access tokens for operators, tests and the demo, until accounts issue them.

They are what accounts will issue: RFC 9068, EdDSA, short-lived, verified from the public key set.
"""

import os
import time
from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from chassis.signing import SigningKey, sign
from rowlock_cli.environment import home

ROLES = ("buyer", "organizer", "entrance_staff", "operator")
LIFETIME_S = 900
LIFETIME_S_MAX = 30 * 24 * 3600
CLIENT_ID = "rowlock-cli"


class KeyMissing(Exception):
    """There is no private key to sign with."""


def mint(
    *, subject: str, roles: Collection[str], lifetime_s: int = LIFETIME_S, key_file: Path | None = None
) -> str:
    """A signed access token for `subject`, valid for `lifetime_s` seconds. Raises KeyMissing."""
    now = int(time.time())
    claims = {
        "iss": os.environ.get("ACCESS_TOKEN_ISSUER", "https://rowlock.local"),
        "aud": os.environ.get("ACCESS_TOKEN_AUDIENCE", "rowlock"),
        "sub": subject,
        "client_id": CLIENT_ID,
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + lifetime_s,
        "roles": sorted(roles),
    }
    return sign(claims, load_key(key_file or default_key_file()), "at+jwt")


def default_key_file() -> Path:
    """ACCESS_TOKEN_PRIVATE_KEY, else the local system's key."""
    return Path(os.environ.get("ACCESS_TOKEN_PRIVATE_KEY") or home() / "keys" / "access-token.jwk")


def load_key(file: Path) -> SigningKey:
    """The private key in the file."""
    try:
        return SigningKey.load(file)
    except FileNotFoundError:
        raise KeyMissing(
            f"There is no signing key at {file}: start the system with `make up`, make one with "
            "`rowlock keys create`, or name one in ACCESS_TOKEN_PRIVATE_KEY."
        ) from None
