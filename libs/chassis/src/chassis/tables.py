"""The chassis tables each service adds to its own schema. No framework is imported here,
so `storage/tables.py` may import this module.

A service that writes the outbox from its own SQL needs only `message_type`, `aggregate_id`,
`aggregate_version` and `data`: everything else has a default in the database.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

_NOW = text("clock_timestamp()")


def outbox_table(metadata: MetaData) -> Table:
    """Messages that are committed but not yet confirmed by the broker; a sent row is deleted."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("message_id", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
        Column("message_type", Text, nullable=False),
        Column("aggregate_id", UUID(as_uuid=True), nullable=False),
        Column("aggregate_version", BigInteger),
        Column("data", JSONB, nullable=False),
        Column("traceparent", Text),
        Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("last_error", Text),
        # The relay's claim: due rows first, however many postponed ones stand behind them.
        Index("outbox_next_attempt_at_id_idx", "next_attempt_at", "id"),
    )


def inbox_table(metadata: MetaData) -> Table:
    """Ids of the messages each consumer has handled, so that each has one effect."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("message_id", UUID(as_uuid=True), primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Index("inbox_handled_at_idx", "handled_at"),
    )


def idempotency_table(metadata: MetaData) -> Table:
    """Answers of writes that had an effect, by caller (`scope`) and Idempotency-Key."""
    return Table(
        "idempotency",
        metadata,
        Column("scope", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("stored_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Index("idempotency_stored_at_idx", "stored_at"),
    )
