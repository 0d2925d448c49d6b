"""Money that came in, and money owed back."""

from sqlalchemy import (
    BigInteger,
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

from orders.domain.states import PaymentState, RefundState
from orders.storage.tables.metadata import CURRENCY, METADATA, at, state_column
from orders.storage.tables.orders import order_id

payments = Table(
    "payments",
    METADATA,
    Column("payment_id", Uuid, primary_key=True),
    order_id(),
    Column("provider", Text, nullable=False),
    # The provider's own name for it: a payment told twice is one payment.
    Column("reference", Text, nullable=False),
    *state_column(PaymentState),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    at("created_at"),
    at("changed_at"),
    UniqueConstraint("provider", "reference"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(CURRENCY, name="currency"),
    Index("payments_order_id_idx", "order_id"),
)

refunds = Table(
    "refunds",
    METADATA,
    Column("refund_id", Uuid, primary_key=True),
    # Unique while refunds are in full: a payment is refunded once, whoever asks how often.
    Column("payment_id", Uuid, ForeignKey(payments.c.payment_id), nullable=False, unique=True),
    order_id(),
    *state_column(RefundState),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    at("created_at"),
    at("settled_at", nullable=True),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(CURRENCY, name="currency"),
    CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_at"),
    Index("refunds_order_id_idx", "order_id"),
    Index("refunds_pending_idx", "refund_id", postgresql_where=text("state = 'pending'")),
)
