"""What is on sale."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from orders.domain.states import OfferState
from orders.storage.tables.metadata import METADATA, at, state_column

# A projection of catalog's messages. An event cancelled before it was seen published is a
# tombstone: `details` stays null, so that a late EventPublished cannot bring it back.
offers = Table(
    "offers",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    *state_column(OfferState),
    Column("title", Text),
    at("starts_at", nullable=True),
    at("ends_at", nullable=True),
    at("cancellation_deadline_at", nullable=True),
    Column("currency", Text),
    # {price category: {ticket type: price in minor units}}
    Column("prices", JSONB),
    Column("seats_per_order_max", Integer),
    Column("pesel_required", Boolean),
    # Whose event it is. Null in a tombstone.
    Column("organization_id", Uuid),
    Column("tickets_per_person_max", Integer),
    at("attendees_final_at", nullable=True),
    # The refund policy: all null where there is none.
    at("refund_full_until", nullable=True),
    at("refund_part_until", nullable=True),
    Column("refund_part_percent", Integer),
    Column("refund_fee_minor", BigInteger),
    Column("refund_fee_refunded", Boolean),
    at("cancelled_at", nullable=True),
    # When no order of the cancelled event was left to cancel; the job skips it from then on.
    at("orders_cancelled_at", nullable=True),
    CheckConstraint("state = 'cancelled' OR prices IS NOT NULL", name="details"),
    CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    CheckConstraint(
        "tickets_per_person_max IS NULL OR (tickets_per_person_max > 0 AND pesel_required)",
        name="tickets_per_person_max",
    ),
    CheckConstraint(
        "num_nonnulls(refund_part_percent, refund_fee_minor, refund_fee_refunded) IN (0, 3)",
        name="refund_policy",
    ),
    CheckConstraint("refund_part_percent BETWEEN 0 AND 100", name="refund_part_percent"),
    CheckConstraint("refund_fee_minor >= 0", name="refund_fee_minor"),
    Index(
        "offers_to_cancel_idx",
        "event_id",
        postgresql_where=text("state = 'cancelled' AND orders_cancelled_at IS NULL"),
    ),
)
