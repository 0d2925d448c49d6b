"""The process's clock; read at the edge only, and passed inwards as `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
