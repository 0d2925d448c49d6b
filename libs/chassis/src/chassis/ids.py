"""Identifiers: UUIDv7, so that new rows land at the right edge of their index."""

from datetime import datetime
from uuid import UUID

import uuid_utils

_BITS_BELOW_TIME = 80


def new_id() -> UUID:
    """A new UUIDv7 as the standard library's type."""
    return UUID(int=uuid_utils.uuid7().int)


def lowest_id(at: datetime) -> UUID:
    """Not greater than any id made at that time or later, and greater than all made a millisecond before."""
    return UUID(int=int(at.timestamp() * 1000) << _BITS_BELOW_TIME)
