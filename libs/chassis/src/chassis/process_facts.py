"""What a process tells of itself at /aboutz, which is never routed: who it is, and what it was told that
other processes must be told too. `rowlock status` and `rowlock doctor` ask for it.

Nothing in it is secret: a key file is told as a fingerprint of what was in it when the process began (its
keys are random, so a fingerprint gives none away), an address without its password.
"""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from chassis.clock import utc_now
from chassis.settings import ServiceSettings

TOLD = (
    "rowlock_mode",
    "trusted_proxies",
    "keep_alive_s",
    "drain_s",
    "drain_notice_s",
    "database_pool_size",
    "access_token_issuer",
    "access_token_audience",
    "hold_token_issuer",
    "hold_token_audience",
    "public_url",
    "payment_provider",
)
"""Settings that are told as they are, by those who have them."""
ADDRESSES = ("amqp_url", "access_token_jwks")
FILES = (
    "wrapping_keys",
    "lookup_key",
    "internal_api_key",
    "hold_token_private_key",
    "hold_token_jwks",
    "sandbox_notice_secret",
    "stripe_notice_secret",
)
FINGERPRINT_DIGITS = 16
_FINGERPRINT_OF = b"rowlock file fingerprint\0"


class CountsConnections(Protocol):
    """A Database, of which only this is asked."""

    def connections_max(self, *, relays: bool) -> Mapping[str, int]: ...


class ProcessFacts:
    """Made when the process begins; call it for the answer of /aboutz. `process` is "api" or "worker"."""

    def __init__(
        self, settings: ServiceSettings, *, process: str, db: CountsConnections, relays: bool
    ) -> None:
        self._fixed: dict[str, Any] = {
            "service": settings.service_name,
            "process": process,
            "started_at": utc_now().isoformat(),
            "settings": {name.upper(): value for name, value in _given(settings, TOLD)},
            "addresses": {
                name.upper(): without_password(value) for name, value in _given(settings, ADDRESSES)
            },
            "files": {name.upper(): file_fingerprint(value) for name, value in _given(settings, FILES)},
        }
        self._connections_max = partial(db.connections_max, relays=relays)

    def __call__(self) -> dict[str, Any]:
        """With the time it is here and now."""
        return {**self._fixed, "connections_max": self._connections_max(), "now": utc_now().isoformat()}


def _given(settings: ServiceSettings, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(name, getattr(settings, name)) for name in names if hasattr(settings, name)]


def file_fingerprint(path: str | Path) -> str:
    """The first hex digits of a hash of the file; "unset", or "unreadable" and why."""
    if not str(path):
        return "unset"
    if str(path).startswith(("http://", "https://")):
        return without_password(str(path))
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        return f"unreadable: {type(error).__name__}"
    # Without the last line's end, which editors and secret stores add and drop.
    return hashlib.sha256(_FINGERPRINT_OF + content.strip()).hexdigest()[:FINGERPRINT_DIGITS]


def without_password(address: str) -> str:
    """A URL without its password; a path as it is."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "not a URL"
    if not parts.hostname:
        return "not a URL" if "@" in address or "://" in address else address
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=f"{user}{parts.hostname}{port}", query="", fragment="").geturl()
