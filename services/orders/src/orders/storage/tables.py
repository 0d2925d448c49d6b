"""The tables of schema `orders`. Each invariant of the domain stands here again as a constraint."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.outbox import Outbox
from chassis.tables import idempotency_table, inbox_table, outbox_table
from orders.domain.states import OfferState, OrderState, PaymentState, RefundState, TicketState

SCHEMA = "orders"
METADATA = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


def _state_column(states: type[StrEnum]) -> tuple[Column[str], CheckConstraint]:
    return Column("state", Text, nullable=False), _one_of("state", states)


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


_CURRENCY = r"currency ~ '^[A-Z]{3}$'"

# A projection of catalog's messages. An event cancelled before it was seen published is a
# tombstone: `details` stays null, so that a late EventPublished cannot bring it back.
offers = Table(
    "offers",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    *_state_column(OfferState),
    Column("title", Text),
    _at("starts_at", nullable=True),
    _at("ends_at", nullable=True),
    _at("cancellation_deadline_at", nullable=True),
    Column("currency", Text),
    # {price category: {ticket type: price in minor units}}
    Column("prices", JSONB),
    Column("seats_per_order_max", Integer),
    Column("pesel_required", Boolean),
    _at("cancelled_at", nullable=True),
    # When no order of the cancelled event was left to cancel; the job skips it from then on.
    _at("orders_cancelled_at", nullable=True),
    CheckConstraint("state = 'cancelled' OR prices IS NOT NULL", name="details"),
    CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    Index(
        "offers_to_cancel_idx",
        "event_id",
        postgresql_where=text("state = 'cancelled' AND orders_cancelled_at IS NULL"),
    ),
)

orders = Table(
    "orders",
    METADATA,
    Column("order_id", Uuid, primary_key=True),
    Column("buyer_id", Text, nullable=False),
    *_state_column(OrderState),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("version", Integer, nullable=False),
    _at("holds_expire_at"),
    _at("placed_at"),
    _at("changed_at"),
    # When the command of a finalizing or cancelling order was last sent.
    _at("command_sent_at", nullable=True),
    # How often it was sent again since the order came into its state.
    Column("command_resends", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("total_minor >= 0", name="total_minor"),
    CheckConstraint("command_resends >= 0", name="command_resends"),
    CheckConstraint(_CURRENCY, name="currency"),
    CheckConstraint(
        "state NOT IN ('finalizing', 'cancelling') OR command_sent_at IS NOT NULL", name="command_sent_at"
    ),
    Index("orders_buyer_id_order_id_idx", "buyer_id", "order_id"),
    Index(
        "orders_under_way_idx",
        "command_sent_at",
        postgresql_where=text("state IN ('finalizing', 'cancelling')"),
    ),
    Index(
        "orders_awaiting_payment_idx",
        "holds_expire_at",
        postgresql_where=text("state = 'awaiting_payment'"),
    ),
)


def _order_id(*, primary_key: bool = False) -> Column[object]:
    return Column("order_id", Uuid, ForeignKey(orders.c.order_id), primary_key=primary_key, nullable=False)


# Personal data stands apart (contacts, attendees), so that it can be encrypted and shredded
# without touching what bookkeeping keeps.
contacts = Table(
    "contacts",
    METADATA,
    _order_id(primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text),
    Column("phone", Text),
)

# One hold makes one order: the primary key is the judge when two orders are placed at once.
order_holds = Table(
    "order_holds",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    _order_id(),
    Column("event_id", Uuid, nullable=False),
    Column("seat_ids", ARRAY(Text), nullable=False),
    Index("order_holds_order_id_idx", "order_id"),
    Index("order_holds_event_id_idx", "event_id"),
    CheckConstraint("cardinality(seat_ids) > 0", name="seat_ids"),
)

order_lines = Table(
    "order_lines",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    _order_id(),
    Column("position", Integer, nullable=False),
    Column("hold_id", Uuid, ForeignKey(order_holds.c.hold_id), nullable=False),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    Column("seat_id", Text, nullable=False),
    Column("price_category", Text, nullable=False),
    Column("ticket_type", Text, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    UniqueConstraint("order_id", "position"),
    UniqueConstraint("order_id", "event_id", "seat_id"),
    CheckConstraint("price_minor >= 0", name="price_minor"),
)

attendees = Table(
    "attendees",
    METADATA,
    Column("line_id", Uuid, ForeignKey(order_lines.c.line_id), primary_key=True),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
)

payments = Table(
    "payments",
    METADATA,
    Column("payment_id", Uuid, primary_key=True),
    _order_id(),
    Column("provider", Text, nullable=False),
    # The provider's own name for it: a payment told twice is one payment.
    Column("reference", Text, nullable=False),
    *_state_column(PaymentState),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _at("created_at"),
    _at("changed_at"),
    UniqueConstraint("provider", "reference"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(_CURRENCY, name="currency"),
    Index("payments_order_id_idx", "order_id"),
)

refunds = Table(
    "refunds",
    METADATA,
    Column("refund_id", Uuid, primary_key=True),
    # Unique while refunds are in full: a payment is refunded once, whoever asks how often.
    Column("payment_id", Uuid, ForeignKey(payments.c.payment_id), nullable=False, unique=True),
    _order_id(),
    *_state_column(RefundState),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _at("created_at"),
    _at("settled_at", nullable=True),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    CheckConstraint(_CURRENCY, name="currency"),
    CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_at"),
    Index("refunds_order_id_idx", "order_id"),
    Index("refunds_pending_idx", "refund_id", postgresql_where=text("state = 'pending'")),
)

tickets = Table(
    "tickets",
    METADATA,
    Column("ticket_id", Uuid, primary_key=True),
    _order_id(),
    Column("line_id", Uuid, ForeignKey(order_lines.c.line_id), nullable=False, unique=True),
    Column("event_id", Uuid, nullable=False),
    Column("seat_id", Text, nullable=False),
    Column("ticket_code", Text, nullable=False, unique=True),
    *_state_column(TicketState),
    _at("issued_at"),
    _at("voided_at", nullable=True),
    CheckConstraint("(state = 'voided') = (voided_at IS NOT NULL)", name="voided_at"),
    Index("tickets_order_id_idx", "order_id"),
    # The backstop of the first promise: two valid tickets for one seat cannot be written.
    Index(
        "tickets_valid_seat_key",
        "event_id",
        "seat_id",
        unique=True,
        postgresql_where=text("state = 'valid'"),
    ),
)

# Every change of an order's state, one row a version: append only.
order_history = Table(
    "order_history",
    METADATA,
    _order_id(primary_key=True),
    Column("version", Integer, primary_key=True),
    *_state_column(OrderState),
    _at("at"),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
)

OUTBOX = Outbox(outbox_table(METADATA))
INBOX_TABLE = inbox_table(METADATA)
IDEMPOTENCY_TABLE = idempotency_table(METADATA)
