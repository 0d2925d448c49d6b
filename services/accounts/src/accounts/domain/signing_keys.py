"""Which key signs, and which are published: pure arithmetic over the rows of `signing_keys`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyTimes:
    """One key: from when it signs, and when the last token it gave a longer life ends."""

    kid: str
    public_jwk: dict[str, Any]
    signs_at: datetime
    last_token_ends_at: datetime | None


class RotationUnderWay(Exception):
    """A new key is published already and begins to sign at {signs_at}."""

    def __init__(self, signs_at: datetime) -> None:
        self.signs_at = signs_at
        super().__init__(f"a new key is published already and signs from {signs_at:%Y-%m-%dT%H:%M:%SZ}")


def signing_key(keys: Sequence[KeyTimes], *, now: datetime) -> KeyTimes | None:
    """The newest key whose time has come; None while there is no key."""
    begun = [key for key in keys if key.signs_at <= now]
    return max(begun, key=lambda key: (key.signs_at, key.kid), default=None)


def published_keys(keys: Sequence[KeyTimes], *, over_s: float, now: datetime) -> list[KeyTimes]:
    """Keys that tokens may be signed with, now or soon, or that a living token may bear.

    A key is over `over_s` after a newer one began to sign, and not before its last token.
    """
    return [key for key in keys if not _is_over(key, keys, over_s, now)]


def _is_over(key: KeyTimes, keys: Sequence[KeyTimes], over_s: float, now: datetime) -> bool:
    if key.last_token_ends_at is not None and key.last_token_ends_at > now:
        return False
    long_ago = now - timedelta(seconds=over_s)
    return any(key.signs_at < other.signs_at <= long_ago for other in keys)
