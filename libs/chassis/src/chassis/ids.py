"""Identifiers: UUIDv7, so that new rows land at the right edge of their index."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7 as the standard library's type."""
    return UUID(int=uuid_utils.uuid7().int)
