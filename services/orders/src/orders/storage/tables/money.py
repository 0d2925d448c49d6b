"""Money that came in, money owed back, and what providers told of either."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from orders.domain.states import (
    Discrepancy,
    NoticeVerdict,
    PaymentFailure,
    PaymentState,
    RefundState,
)
from orders.storage.tables.metadata import CURRENCY, METADATA, at, one_of, state_column
from orders.storage.tables.orders import order_id

# What a state says of the money, in the payment's own currency.
MONEY_FITS_STATE = (
    "CASE WHEN state IN ('pending', 'failed') THEN captured_minor = 0 AND refund_minor = 0 "
    "WHEN state = 'captured' THEN refund_minor BETWEEN 0 AND captured_minor - 1 "
    "ELSE refund_minor = captured_minor END"
)

# One attempt at paying for an order, or money that an operator recorded.
payments = Table(
    "payments",
    METADATA,
    Column("payment_id", Uuid, primary_key=True),
    order_id(),
    Column("provider", Text, nullable=False),
    # The provider's own name for it; null until its answer to the first call was written down.
    Column("reference", Text),
    *state_column(PaymentState),
    # What was asked for.
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    # What arrived in this currency, and how much of it goes back. What arrived in another currency
    # is in the ledger only: it always goes back whole.
    Column("captured_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("refund_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("page_url", Text),
    Column("return_url", Text),
    # When its page closes: decided before the provider is asked, so that asking again asks the same.
    at("expires_at", nullable=True),
    Column("failure", Text),
    Column("discrepancy", Text),
    # When a job asks the provider about it next; null when nothing more is to be learned.
    at("look_at", nullable=True),
    # How often it was asked in vain: the pauses grow.
    Column("looks", Integer, nullable=False, server_default=text("0")),
    at("created_at"),
    at("changed_at"),
    UniqueConstraint("provider", "reference"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(CURRENCY, name="currency"),
    CheckConstraint("refund_minor <= captured_minor", name="refund_minor"),
    CheckConstraint(MONEY_FITS_STATE, name="money"),
    CheckConstraint("reference IS NOT NULL OR state IN ('pending', 'failed')", name="reference"),
    one_of("failure", PaymentFailure),
    CheckConstraint("state <> 'failed' OR failure IS NOT NULL", name="failed"),
    one_of("discrepancy", Discrepancy),
    # A pending payment is always looked at again: none can be forgotten.
    CheckConstraint("state <> 'pending' OR look_at IS NOT NULL", name="look_at"),
    CheckConstraint("looks >= 0", name="looks"),
    Index("payments_order_id_idx", "order_id"),
    Index("payments_pending_key", "order_id", unique=True, postgresql_where=text("state = 'pending'")),
    Index("payments_look_at_idx", "look_at", postgresql_where=text("look_at IS NOT NULL")),
)

refunds = Table(
    "refunds",
    METADATA,
    Column("refund_id", Uuid, primary_key=True),
    Column("payment_id", Uuid, ForeignKey(payments.c.payment_id), nullable=False),
    # Which of the payment's captures it gives back from.
    Column("capture_reference", Text, nullable=False),
    order_id(),
    # What is paid back for, such as `order` or `ticket:<id>`: once, whoever asks how often.
    Column("cause", Text, nullable=False),
    *state_column(RefundState),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("provider_reference", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # When a job sends it, or asks about it; null for what an operator pays back.
    at("next_attempt_at", nullable=True),
    # How often it was asked since it last said something new: the pauses grow.
    Column("asked", Integer, nullable=False, server_default=text("0")),
    Column("failure", Text),
    at("created_at"),
    at("settled_at", nullable=True),
    UniqueConstraint("payment_id", "capture_reference", "cause"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(CURRENCY, name="currency"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("asked >= 0", name="asked"),
    # One that a provider has is always asked about again: none can be forgotten.
    CheckConstraint(
        "CASE WHEN state IN ('settled', 'failed') THEN next_attempt_at IS NULL "
        "WHEN state = 'submitted' THEN next_attempt_at IS NOT NULL ELSE true END",
        name="next_attempt_at",
    ),
    CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_at"),
    CheckConstraint("state <> 'submitted' OR provider_reference IS NOT NULL", name="provider_reference"),
    Index("refunds_order_id_idx", "order_id"),
    Index("refunds_open_idx", "refund_id", postgresql_where=text("state <> 'settled'")),
    Index(
        "refunds_next_attempt_at_idx",
        "next_attempt_at",
        postgresql_where=text("next_attempt_at IS NOT NULL"),
    ),
    Index(
        "refunds_provider_reference_idx",
        "provider_reference",
        postgresql_where=text("provider_reference IS NOT NULL"),
    ),
)

# What a provider told by itself: each notice has its effect once, however late it comes again.
payment_notices = Table(
    "payment_notices",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("notice_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payment_id", Uuid, ForeignKey(payments.c.payment_id)),
    Column("verdict", Text, nullable=False),
    at("received_at"),
    one_of("verdict", NoticeVerdict),
    Index("payment_notices_payment_id_idx", "payment_id"),
)
