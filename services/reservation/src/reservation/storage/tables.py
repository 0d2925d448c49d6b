"""The schema `reservation`. Statements are in the modules beside this one.

`seats` holds the current claim of every seat of every event on sale. It is the constraint behind
"a seat is never sold twice": one row a seat, one claim a row. None of its changing columns is
indexed and its pages keep room, so a claim is a HOT update that touches no index.

`seats.hold_id` has no foreign key and `holds.event_id` none either: both are written under a lock on
what they name, so the per-row trigger would only cost. Events are never deleted. Holds are, long after
they are over (`forgetting`); a sold seat then still names its order, which is what its right rests on.
"""

from sqlalchemy import (
    BigInteger,
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

from chassis.tables import data_keys_table, idempotency_table, inbox_table, outbox_table

SCHEMA = "reservation"

METADATA = MetaData(schema=SCHEMA)

_AT = DateTime(timezone=True)
_NOW = text("clock_timestamp()")

plans = Table(
    "plans",
    METADATA,
    Column("seating_plan_id", Uuid, primary_key=True),
    Column("sha256", Text, nullable=False),
    # Catalog's compact seats document, as received: read once per process, never searched.
    Column("document", LargeBinary, nullable=False),
    Column("stored_at", _AT, nullable=False, server_default=_NOW),
)

# An event cancelled before it was ever published here is a row without a plan: a tombstone.
events = Table(
    "events",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("organization_id", Uuid),
    Column("seating_plan_id", Uuid, ForeignKey(plans.c.seating_plan_id)),
    Column("status", Text, nullable=False),
    Column("sales_start_at", _AT),
    Column("sales_end_at", _AT),
    Column("seats_per_order_max", Integer),
    Column("version", BigInteger, nullable=False),
    Column("availability_version", BigInteger, nullable=False, server_default=text("0")),
    Column("cancelled_at", _AT),
    CheckConstraint("status IN ('on_sale', 'cancelled')", name="events_status_check"),
    CheckConstraint(
        "status = 'cancelled' OR (seating_plan_id IS NOT NULL AND sales_start_at < sales_end_at"
        " AND seats_per_order_max > 0 AND organization_id IS NOT NULL)",
        name="events_on_sale_check",
    ),
    CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="events_cancelled_check"),
    # For the job that releases the holds of events cancelled lately.
    Index("events_cancelled_at_idx", "cancelled_at", postgresql_where=text("status = 'cancelled'")),
)

seats = Table(
    "seats",
    METADATA,
    Column("event_id", Uuid, ForeignKey(events.c.event_id), primary_key=True),
    Column("seat_id", Text(collation="C"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("price_category", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'available'")),
    Column("hold_id", Uuid),
    Column("order_id", Uuid),
    Column("expires_at", _AT),
    Column("blocked_reason", Text),
    UniqueConstraint("event_id", "position", name="seats_position_key"),
    CheckConstraint("state IN ('available', 'held', 'sold', 'blocked')", name="seats_state_check"),
    CheckConstraint("(state = 'held') = (expires_at IS NOT NULL)", name="seats_held_until_check"),
    CheckConstraint("(state IN ('held', 'sold')) = (hold_id IS NOT NULL)", name="seats_claimed_check"),
    CheckConstraint("(state = 'sold') = (order_id IS NOT NULL)", name="seats_sold_to_check"),
    CheckConstraint("state = 'blocked' OR blocked_reason IS NULL", name="seats_blocked_check"),
    postgresql_with={"fillfactor": "70"},
)

# seat_ids are those first granted, so that a replay can give the first answer; released_seat_ids
# are those given up since. A hold is its own idempotency record: (buyer_id, idempotency_key). A guest's
# buyer_id is made of the key, which is not stored then (see domain.guests).
# given_seat_ids are the seats it was confirmed with that it never held: equivalents of some it lost, which
# are then among the released ones.
# counted_as is who has the hold as far as limits go: a buyer, or the fingerprint of a guest's address. It
# goes when the hold ends, with the same statement.
holds = Table(
    "holds",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("request_fingerprint", LargeBinary, nullable=False),
    Column("counted_as", Text),
    Column("seat_ids", ARRAY(Text), nullable=False),
    Column("released_seat_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("given_seat_ids", ARRAY(Text)),
    Column("state", Text, nullable=False, server_default=text("'active'")),
    Column("placed_at", _AT, nullable=False),
    Column("first_expires_at", _AT, nullable=False),
    Column("expires_at", _AT, nullable=False),
    Column("renewals", Integer, nullable=False, server_default=text("0")),
    Column("order_id", Uuid),
    UniqueConstraint("buyer_id", "idempotency_key", name="holds_idempotency_key"),
    CheckConstraint("state IN ('active', 'confirmed', 'released', 'expired')", name="holds_state_check"),
    CheckConstraint("(state = 'confirmed') = (order_id IS NOT NULL)", name="holds_confirmed_check"),
    CheckConstraint("(state = 'active') = (counted_as IS NOT NULL)", name="holds_counted_check"),
    CheckConstraint("idempotency_key <> '' OR buyer_id LIKE 'guest:%'", name="holds_key_check"),
    CheckConstraint("cardinality(seat_ids) > 0", name="holds_seats_check"),
    CheckConstraint("given_seat_ids IS NULL OR state = 'confirmed'", name="holds_given_check"),
    CheckConstraint(
        "placed_at < first_expires_at AND first_expires_at <= expires_at", name="holds_period_check"
    ),
    # For the limits of active holds and for cancellation; for the sweeper; for forgetting.
    Index("holds_active_counted_idx", "event_id", "counted_as", postgresql_where=text("state = 'active'")),
    Index("holds_active_expiry_idx", "expires_at", postgresql_where=text("state = 'active'")),
    Index("holds_over_expiry_idx", "expires_at", postgresql_where=text("state <> 'active'")),
    postgresql_with={"fillfactor": "85"},
)

# The answer to each ConfirmHolds (a HoldsConfirmed or HoldsRefused), the same however often asked; `given` is
# that of a HoldsConfirmed with other seats. The row is inserted first, so a second delivery waits for the
# first; it commits with its answer.
confirmations = Table(
    "confirmations",
    METADATA,
    Column("order_id", Uuid, primary_key=True),
    Column("refusal", JSONB),
    Column("given", JSONB),
    Column("decided_at", _AT, nullable=False, server_default=_NOW),
    CheckConstraint("refusal IS NULL OR given IS NULL", name="confirmations_answer_check"),
    Index("confirmations_decided_at_idx", "decided_at"),
)

# One row for each event a transaction changed seats of; a job counts them and deletes the rows.
# No key: rows are only appended, and taken by ctid.
availability_marks = Table("availability_marks", METADATA, Column("event_id", Uuid, nullable=False))

# What that job counted last: for whoever wants to know of all seats without reading them.
seat_counts = Table(
    "seat_counts",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("free", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("sold", Integer, nullable=False),
    Column("blocked", Integer, nullable=False),
    Column("counted_at", _AT, nullable=False),
    postgresql_with={"fillfactor": "50"},
)

inbox = inbox_table(METADATA)
idempotency = idempotency_table(METADATA)
outbox = outbox_table(METADATA)
data_keys = data_keys_table(METADATA)
