"""Access tokens of the bench's buyers, with the claims and the key of those that accounts gives."""

import hashlib
import time
import uuid
from pathlib import Path

from bench.system import TOKENS_VALID_S
from chassis.signing import SigningKey, sign

_ISSUER, _AUDIENCE = "https://rowlock.local", "rowlock"
_ORGANIZATION_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b01"


def access_token(key: SigningKey, *, subject: str, role: str) -> str:
    """A token that is good for the longest bench run."""
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": subject,
        "client_id": "bench",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + TOKENS_VALID_S,
        "roles": [role],
        "organizations": {_ORGANIZATION_ID: [role]} if role == "organizer" else {},
        "sid": str(uuid.uuid4()),
        "auth_time": now,
        "email_fingerprint": hashlib.sha256(subject.encode()).hexdigest(),
    }
    return sign(claims, key, "at+jwt")


def write_tokens(key: SigningKey, *, buyers: int, file: Path) -> list[str]:
    """One buyer's token a line, for holds.lua."""
    tokens = [access_token(key, subject=f"bench-buyer-{number}", role="buyer") for number in range(buyers)]
    file.write_text("".join(f"{token}\n" for token in tokens))
    return tokens


def write_addresses(*, guests: int, file: Path) -> None:
    """One guest's network address a line, for holds.lua."""
    addresses = [
        f"guest 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in range(guests)
    ]
    file.write_text("".join(f"{address}\n" for address in addresses))
