"""Create venues, seating plans, events and what buyers browse."""

from alembic import op

revision = "2026_11_23_0335"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE catalog.venues (
    venue_id uuid NOT NULL,
    name text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    address text,
    time_zone text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (venue_id),
    CONSTRAINT venues_country_check CHECK (country ~ '^[A-Z]{2}$')
);

CREATE TABLE catalog.seating_plans (
    seating_plan_id uuid NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    sha256 text NOT NULL,
    seats integer NOT NULL,
    areas integer NOT NULL,
    categories jsonb NOT NULL,
    document bytea NOT NULL,
    seats_view bytea NOT NULL,
    geometry_view bytea NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (seating_plan_id),
    CONSTRAINT seating_plans_name_version_key UNIQUE (name, version),
    CONSTRAINT seating_plans_version_check CHECK (version >= 1)
);

CREATE TABLE catalog.events (
    event_id uuid NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    venue_id uuid NOT NULL,
    seating_plan_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    sales_start_at timestamptz NOT NULL,
    sales_end_at timestamptz NOT NULL,
    currency text NOT NULL,
    price_categories jsonb NOT NULL,
    seats_per_order_max integer NOT NULL,
    pesel_required boolean NOT NULL,
    cancellation_deadline_at timestamptz,
    state text NOT NULL,
    version integer NOT NULL,
    published_at timestamptz,
    cancelled_at timestamptz,
    cancellation_reason text,
    created_by text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT events_state_check CHECK (state IN ('draft', 'published', 'cancelled')),
    CONSTRAINT events_ends_at_check CHECK (ends_at > starts_at),
    CONSTRAINT events_sales_window_check CHECK (sales_end_at > sales_start_at),
    CONSTRAINT events_sales_end_at_check CHECK (sales_end_at <= ends_at),
    CONSTRAINT events_cancellation_deadline_at_check CHECK (cancellation_deadline_at <= starts_at),
    CONSTRAINT events_seats_per_order_max_check CHECK (seats_per_order_max BETWEEN 1 AND 50),
    CONSTRAINT events_published_at_check CHECK ((state = 'draft') = (published_at IS NULL)),
    CONSTRAINT events_cancelled_at_check CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
    CONSTRAINT events_pesel_required_check CHECK (state = 'draft' OR NOT pesel_required),
    FOREIGN KEY (venue_id) REFERENCES catalog.venues (venue_id),
    FOREIGN KEY (seating_plan_id) REFERENCES catalog.seating_plans (seating_plan_id)
);

CREATE TABLE catalog.listings (
    event_id uuid NOT NULL,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    sales_start_at timestamptz NOT NULL,
    sales_end_at timestamptz NOT NULL,
    venue_name text NOT NULL,
    city text NOT NULL,
    currency text NOT NULL,
    price_min_minor bigint NOT NULL,
    price_max_minor bigint NOT NULL,
    description text NOT NULL,
    search tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', title || ' ' || venue_name || ' ' || city || ' ' || description)
    ) STORED NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT listings_price_check CHECK (0 <= price_min_minor AND price_min_minor <= price_max_minor),
    FOREIGN KEY (event_id) REFERENCES catalog.events (event_id)
);
CREATE INDEX listings_search_idx ON catalog.listings USING gin (search);
CREATE INDEX listings_city_idx ON catalog.listings (lower(city), starts_at, event_id);
CREATE INDEX listings_starts_at_idx ON catalog.listings (starts_at, event_id);

CREATE TABLE catalog.event_availability (
    event_id uuid NOT NULL,
    version bigint NOT NULL,
    available integer NOT NULL,
    total integer NOT NULL,
    categories jsonb NOT NULL,
    as_of timestamptz NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT event_availability_available_check CHECK (0 <= available AND available <= total),
    FOREIGN KEY (event_id) REFERENCES catalog.events (event_id)
) WITH (fillfactor = 70);

CREATE TABLE catalog.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    message_id uuid DEFAULT gen_random_uuid() NOT NULL,
    message_type text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version bigint,
    data jsonb NOT NULL,
    traceparent text,
    occurred_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    last_error text,
    PRIMARY KEY (id)
);
CREATE INDEX outbox_next_attempt_at_id_idx ON catalog.outbox (next_attempt_at, id);

CREATE TABLE catalog.inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    handled_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_handled_at_idx ON catalog.inbox (handled_at);

CREATE TABLE catalog.idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    stored_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_stored_at_idx ON catalog.idempotency (stored_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE catalog.listings, catalog.event_availability, catalog.events, catalog.seating_plans,"
        " catalog.venues, catalog.outbox, catalog.inbox, catalog.idempotency"
    )
