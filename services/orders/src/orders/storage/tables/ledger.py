"""Every movement of money, and what the last comparison of the books found."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from orders.domain.ledger import LedgerKind
from orders.storage.tables.metadata import CURRENCY, METADATA, at, one_of
from orders.storage.tables.money import payments, refunds
from orders.storage.tables.orders import order_id

# Append only: a trigger refuses everything but inserts. What was wrong is put right by a movement.
ledger_entries = Table(
    "ledger_entries",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    order_id(),
    Column("payment_id", Uuid, ForeignKey(payments.c.payment_id), nullable=False),
    Column("refund_id", Uuid, ForeignKey(refunds.c.refund_id)),
    Column("kind", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("provider", Text, nullable=False),
    # What moved: the provider's name of the capture, our refund's id, or `<order_id>:<cause>` of a fee.
    Column("reference", Text, nullable=False),
    # When we learned of it.
    at("at"),
    one_of("kind", LedgerKind),
    # A movement told twice is one movement.
    UniqueConstraint("kind", "provider", "reference"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(CURRENCY, name="currency"),
    CheckConstraint("(kind = 'refunded') = (refund_id IS NOT NULL)", name="refund_id"),
    Index("ledger_entries_order_id_idx", "order_id"),
    Index("ledger_entries_payment_id_idx", "payment_id"),
)

# Its one row is the last round of the job: replicas take turns by it, and all of them tell its figures.
reconciliation = Table(
    "reconciliation",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    at("began_at"),
    # Null until a first round came to its end.
    at("ended_at", nullable=True),
    # {kind of finding: how many} of the last round that came to its end.
    Column("findings", JSONB),
    # {what could not be asked: why} of the same.
    Column("not_compared", JSONB),
    CheckConstraint("only_one", name="only_one"),
)
