"""Create seats, holds and what belongs to them."""

from alembic import op

revision = "2026_11_23_1000"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE reservation.plans (
    seating_plan_id UUID NOT NULL,
    sha256 TEXT NOT NULL,
    document BYTEA NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (seating_plan_id)
);

CREATE TABLE reservation.events (
    event_id UUID NOT NULL,
    seating_plan_id UUID,
    status TEXT NOT NULL,
    sales_start_at TIMESTAMP WITH TIME ZONE,
    sales_end_at TIMESTAMP WITH TIME ZONE,
    seats_per_order_max INTEGER,
    version BIGINT NOT NULL,
    availability_version BIGINT DEFAULT 0 NOT NULL,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (event_id),
    CONSTRAINT events_status_check CHECK (status IN ('on_sale', 'cancelled')),
    CONSTRAINT events_on_sale_check CHECK (
        status = 'cancelled'
        OR (seating_plan_id IS NOT NULL AND sales_start_at < sales_end_at AND seats_per_order_max > 0)
    ),
    CONSTRAINT events_cancelled_check CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    FOREIGN KEY(seating_plan_id) REFERENCES reservation.plans (seating_plan_id)
);

CREATE INDEX events_cancelled_at_idx ON reservation.events (cancelled_at) WHERE status = 'cancelled';

CREATE TABLE reservation.seats (
    event_id UUID NOT NULL,
    seat_id TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    price_category TEXT NOT NULL,
    state TEXT DEFAULT 'available' NOT NULL,
    hold_id UUID,
    order_id UUID,
    expires_at TIMESTAMP WITH TIME ZONE,
    blocked_reason TEXT,
    PRIMARY KEY (event_id, seat_id),
    CONSTRAINT seats_position_key UNIQUE (event_id, position),
    CONSTRAINT seats_state_check CHECK (state IN ('available', 'held', 'sold', 'blocked')),
    CONSTRAINT seats_held_until_check CHECK ((state = 'held') = (expires_at IS NOT NULL)),
    CONSTRAINT seats_claimed_check CHECK ((state IN ('held', 'sold')) = (hold_id IS NOT NULL)),
    CONSTRAINT seats_sold_to_check CHECK ((state = 'sold') = (order_id IS NOT NULL)),
    CONSTRAINT seats_blocked_check CHECK (state = 'blocked' OR blocked_reason IS NULL),
    FOREIGN KEY(event_id) REFERENCES reservation.events (event_id)
)
 WITH (fillfactor = 70);

CREATE TABLE reservation.holds (
    hold_id UUID NOT NULL,
    event_id UUID NOT NULL,
    buyer_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_fingerprint BYTEA NOT NULL,
    seat_ids TEXT[] NOT NULL,
    released_seat_ids TEXT[] DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    renewals INTEGER DEFAULT 0 NOT NULL,
    order_id UUID,
    PRIMARY KEY (hold_id),
    CONSTRAINT holds_idempotency_key UNIQUE (buyer_id, idempotency_key),
    CONSTRAINT holds_state_check CHECK (state IN ('active', 'confirmed', 'released', 'expired')),
    CONSTRAINT holds_confirmed_check CHECK ((state = 'confirmed') = (order_id IS NOT NULL)),
    CONSTRAINT holds_seats_check CHECK (cardinality(seat_ids) > 0),
    CONSTRAINT holds_period_check CHECK (placed_at < first_expires_at AND first_expires_at <= expires_at)
)
 WITH (fillfactor = 85);

CREATE INDEX holds_active_buyer_idx ON reservation.holds (event_id, buyer_id) WHERE state = 'active';

CREATE INDEX holds_active_expiry_idx ON reservation.holds (expires_at) WHERE state = 'active';

CREATE TABLE reservation.confirmations (
    order_id UUID NOT NULL,
    refusal JSONB,
    decided_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (order_id)
);

CREATE TABLE reservation.availability_marks (
    event_id UUID NOT NULL
);

CREATE TABLE reservation.inbox (
    consumer TEXT NOT NULL,
    message_id UUID NOT NULL,
    handled_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (consumer, message_id)
);

CREATE INDEX inbox_handled_at_idx ON reservation.inbox (handled_at);

CREATE TABLE reservation.idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status INTEGER NOT NULL,
    headers JSONB NOT NULL,
    body BYTEA NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_stored_at_idx ON reservation.idempotency (stored_at);

CREATE TABLE reservation.outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    message_id UUID DEFAULT gen_random_uuid() NOT NULL,
    message_type TEXT NOT NULL,
    aggregate_id UUID NOT NULL,
    aggregate_version BIGINT,
    data JSONB NOT NULL,
    traceparent TEXT,
    occurred_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_error TEXT,
    PRIMARY KEY (id)
);

CREATE INDEX outbox_next_attempt_at_id_idx ON reservation.outbox (next_attempt_at, id);
"""

# VOLATILE, so that it counts with a snapshot of its own: the hot statement calls it after it has the
# buyer's advisory lock, and must see what the lock's former owner committed since the statement began.
ACTIVE_HOLDS = """
CREATE FUNCTION reservation.active_holds(event uuid, buyer text) RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT count(*) FROM reservation.holds h
  WHERE h.event_id = event AND h.buyer_id = buyer AND h.state = 'active' AND h.expires_at > clock_timestamp();
END;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(ACTIVE_HOLDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION reservation.active_holds")
    for table in (
        "seats",
        "events",
        "plans",
        "holds",
        "confirmations",
        "availability_marks",
        "inbox",
        "idempotency",
        "outbox",
    ):
        op.execute(f"DROP TABLE reservation.{table}")
