"""The chassis tables each service adds to its own schema. No framework is imported here,
so `storage/tables.py` may import this module.

A service that writes the outbox from its own SQL needs only `message_type`, `aggregate_id`,
`aggregate_version` and `data`: everything else has a default in the database. `traceparent` and `request_id`,
from `chassis.tracing` and `chassis.trace_context`, keep the message in the trace of what it tells of.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
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
from sqlalchemy.schema import conv

_NOW = text("clock_timestamp()")
# Format, data key id, nonce and tag: see `sealing`.
SEALED_BYTES_MIN = 1 + 16 + 12 + 16


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
        Column("request_id", Text),
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
        # Headers and body of the answer, sealed: both may hold tokens and personal data.
        Column("body", LargeBinary, nullable=False),
        Column("stored_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        sealed_check("idempotency", "body"),
        Index("idempotency_stored_at_idx", "stored_at"),
    )


def data_keys_table(metadata: MetaData) -> Table:
    """The keys that seal this schema's personal data, each wrapped by a key outside the database."""
    return Table(
        "data_keys",
        metadata,
        Column("data_key_id", UUID(as_uuid=True), primary_key=True),
        Column("wrapped", LargeBinary, nullable=False),
        Column("wrapping_key_id", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("retired_at", DateTime(timezone=True)),
        CheckConstraint("state IN ('active', 'retired')", name=conv("data_keys_state_check")),
        CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name=conv("data_keys_retired_at_check")
        ),
        Index("data_keys_active_key", "state", unique=True, postgresql_where=text("state = 'active'")),
    )


def rate_limits_table(metadata: MetaData) -> Table:
    """Until when each limit is used up by each fingerprint; forgotten with a crash, and then full again."""
    return Table(
        "rate_limits",
        metadata,
        Column("name", Text, primary_key=True),
        Column("who", LargeBinary, primary_key=True),
        Column("used_up_at", DateTime(timezone=True), nullable=False),
        Index("rate_limits_used_up_at_idx", "used_up_at"),
        # A commit that changed nothing else need not wait for the disk.
        prefixes=["UNLOGGED"],
    )


def sealed_check(table: str, column: str) -> CheckConstraint:
    """The database's own word that nothing is stored unsealed in a column of `table`."""
    return CheckConstraint(
        f"octet_length({column}) >= {SEALED_BYTES_MIN} AND get_byte({column}, 0) = 1",
        name=conv(f"{table}_{column}_sealed_check"),
    )
