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
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.outbox import Outbox
from chassis.tables import data_keys_table, idempotency_table, inbox_table, outbox_table, sealed_check
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
    # Whose event it is. Null where the publication was seen before there were organizations.
    Column("organization_id", Uuid),
    Column("tickets_per_person_max", Integer),
    _at("attendees_final_at", nullable=True),
    _at("cancelled_at", nullable=True),
    # When no order of the cancelled event was left to cancel; the job skips it from then on.
    _at("orders_cancelled_at", nullable=True),
    CheckConstraint("state = 'cancelled' OR prices IS NOT NULL", name="details"),
    CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    CheckConstraint(
        "tickets_per_person_max IS NULL OR (tickets_per_person_max > 0 AND pesel_required)",
        name="tickets_per_person_max",
    ),
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
    # Whose it is: a buyer's by account, a guest's by token, or nobody's once it was erased.
    Column("buyer_id", Text),
    Column("access_token_sha256", LargeBinary),
    # Which of the tokens that can be derived from the order is its token; counts revocations.
    Column("access_generation", Integer, nullable=False, server_default=text("0")),
    _at("erased_at", nullable=True),
    # Its person asked to be erased while it was still open: they are, as soon as it is not.
    _at("erasure_booked_at", nullable=True),
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
    CheckConstraint("num_nonnulls(buyer_id, access_token_sha256, erased_at) = 1", name="owner"),
    CheckConstraint("octet_length(access_token_sha256) = 32", name="access_token_sha256"),
    CheckConstraint("access_generation >= 0", name="access_generation"),
    CheckConstraint("total_minor >= 0", name="total_minor"),
    CheckConstraint("command_resends >= 0", name="command_resends"),
    CheckConstraint(_CURRENCY, name="currency"),
    CheckConstraint(
        "state NOT IN ('finalizing', 'cancelling') OR command_sent_at IS NOT NULL", name="command_sent_at"
    ),
    Index("orders_buyer_id_order_id_idx", "buyer_id", "order_id"),
    Index(
        "orders_to_erase_idx",
        "erasure_booked_at",
        postgresql_where=text("erasure_booked_at IS NOT NULL AND erased_at IS NULL"),
    ),
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


# Personal data stands apart (contacts, attendees), sealed, and leaves when its time is over without
# touching what bookkeeping keeps.
contacts = Table(
    "contacts",
    METADATA,
    _order_id(primary_key=True),
    # {"email": ..., "name": ..., "phone": ...}
    Column("sealed", LargeBinary, nullable=False),
    Column("email_fingerprint", Text, nullable=False),
    sealed_check("contacts", "sealed"),
    Index("contacts_email_fingerprint_idx", "email_fingerprint"),
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

# Who sits there; the row stays when the person is shredded, for a line has an attendee or had one.
attendees = Table(
    "attendees",
    METADATA,
    Column("line_id", Uuid, ForeignKey(order_lines.c.line_id), primary_key=True),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    # {"first_name": ..., "last_name": ..., "pesel": ...}
    Column("sealed", LargeBinary),
    _at("shredded_at", nullable=True),
    # Of event and PESEL, where the event limits the tickets of one person.
    Column("person_fingerprint", Text),
    # Which of the person's tickets of the event this is, while its order counts.
    Column("person_ticket", Integer),
    Column("person_tickets_max", Integer),
    sealed_check("attendees", "sealed"),
    CheckConstraint("(sealed IS NULL) = (shredded_at IS NOT NULL)", name="shredded_at"),
    CheckConstraint("sealed IS NOT NULL OR person_fingerprint IS NULL", name="person_fingerprint"),
    CheckConstraint(
        "person_ticket IS NULL OR (person_fingerprint IS NOT NULL AND person_tickets_max IS NOT NULL "
        "AND person_ticket BETWEEN 1 AND person_tickets_max)",
        name="person_ticket",
    ),
    # The limit itself: of n numbers no two tickets of a person have the same.
    UniqueConstraint("event_id", "person_fingerprint", "person_ticket"),
    Index("attendees_to_shred_idx", "event_id", postgresql_where=text("sealed IS NOT NULL")),
)

# Who read which attendees in full: append only, a trigger refuses the rest.
access_records = Table(
    "access_records",
    METADATA,
    Column("access_record_id", Uuid, primary_key=True),
    _at("at"),
    Column("actor", Text, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    Column("rows", Integer, nullable=False),
    CheckConstraint("rows >= 0", name="rows"),
    Index("access_records_event_id_at_idx", "event_id", "at"),
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

# Who asked for the links to their orders: kept sealed until the mail was written, or it is over.
order_lookups = Table(
    "order_lookups",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("email_fingerprint", Text, nullable=False),
    # An object with the e-mail as it was given.
    Column("sealed", LargeBinary, nullable=False),
    _at("requested_at"),
    _at("expires_at"),
    CheckConstraint("expires_at > requested_at", name="expires_at"),
    Index("order_lookups_email_fingerprint_idx", "email_fingerprint"),
    Index("order_lookups_expires_at_idx", "expires_at"),
)

OUTBOX = Outbox(outbox_table(METADATA))
INBOX_TABLE = inbox_table(METADATA)
IDEMPOTENCY_TABLE = idempotency_table(METADATA)
DATA_KEYS_TABLE = data_keys_table(METADATA)
