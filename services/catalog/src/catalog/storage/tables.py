"""The tables of schema `catalog`. Every rule the database can state stands here a second time."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from chassis.outbox import Outbox
from chassis.tables import data_keys_table, idempotency_table, inbox_table, outbox_table

METADATA = MetaData(schema="catalog")

OUTBOX = Outbox(outbox_table(METADATA))
INBOX = inbox_table(METADATA)
IDEMPOTENCY = idempotency_table(METADATA)
DATA_KEYS = data_keys_table(METADATA)

VENUES = Table(
    "venues",
    METADATA,
    Column("venue_id", UUID(as_uuid=True), primary_key=True),
    Column("organization_id", UUID(as_uuid=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("address", Text),
    Column("time_zone", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # What an event's venue is found by, so that it is one of the event's own organization.
    UniqueConstraint("organization_id", "venue_id", name="venues_organization_id_venue_id_key"),
    CheckConstraint("country ~ '^[A-Z]{2}$'", name="venues_country_check"),
)

SEATING_PLANS = Table(
    "seating_plans",
    METADATA,
    Column("seating_plan_id", UUID(as_uuid=True), primary_key=True),
    Column("organization_id", UUID(as_uuid=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("areas", Integer, nullable=False),
    # [{"name", "color", "capacity"}] in the plan's order
    Column("categories", JSONB, nullable=False),
    # The import byte for byte, and the two views of it as they are served: JSON in UTF-8.
    Column("document", LargeBinary, nullable=False),
    Column("seats_view", LargeBinary, nullable=False),
    Column("geometry_view", LargeBinary, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint(
        "organization_id", "name", "version", name="seating_plans_organization_id_name_version_key"
    ),
    # As with venues.
    UniqueConstraint(
        "organization_id", "seating_plan_id", name="seating_plans_organization_id_seating_plan_id_key"
    ),
    CheckConstraint("version >= 1", name="seating_plans_version_check"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("event_id", UUID(as_uuid=True), primary_key=True),
    Column("organization_id", UUID(as_uuid=True), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("venue_id", UUID(as_uuid=True), nullable=False),
    Column("seating_plan_id", UUID(as_uuid=True), nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("sales_start_at", DateTime(timezone=True), nullable=False),
    Column("sales_end_at", DateTime(timezone=True), nullable=False),
    Column("currency", Text, nullable=False),
    # [{"name", "ticket_types": [{"name", "price_minor"}]}]
    Column("price_categories", JSONB, nullable=False),
    Column("seats_per_order_max", Integer, nullable=False),
    Column("pesel_required", Boolean, nullable=False),
    # Tickets of one PESEL.
    Column("tickets_per_person_max", Integer),
    Column("cancellation_deadline_at", DateTime(timezone=True)),
    Column("attendees_final_at", DateTime(timezone=True)),
    # The refund policy: all null where there is none.
    Column("refund_full_until", DateTime(timezone=True)),
    Column("refund_part_until", DateTime(timezone=True)),
    Column("refund_part_percent", Integer),
    Column("refund_fee_minor", BigInteger),
    Column("refund_fee_refunded", Boolean),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("cancellation_reason", Text),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ForeignKeyConstraint(
        ["organization_id", "venue_id"],
        [VENUES.c.organization_id, VENUES.c.venue_id],
        name="events_organization_id_venue_id_fkey",
    ),
    ForeignKeyConstraint(
        ["organization_id", "seating_plan_id"],
        [SEATING_PLANS.c.organization_id, SEATING_PLANS.c.seating_plan_id],
        name="events_organization_id_seating_plan_id_fkey",
    ),
    Index("events_organization_id_event_id_idx", "organization_id", "event_id"),
    CheckConstraint("state IN ('draft', 'published', 'cancelled')", name="events_state_check"),
    CheckConstraint("ends_at > starts_at", name="events_ends_at_check"),
    CheckConstraint("sales_end_at > sales_start_at", name="events_sales_window_check"),
    CheckConstraint("sales_end_at <= ends_at", name="events_sales_end_at_check"),
    CheckConstraint("cancellation_deadline_at <= starts_at", name="events_cancellation_deadline_at_check"),
    CheckConstraint("seats_per_order_max BETWEEN 1 AND 50", name="events_seats_per_order_max_check"),
    CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="events_published_at_check"),
    CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="events_cancelled_at_check"),
    CheckConstraint("attendees_final_at <= starts_at", name="events_attendees_final_at_check"),
    CheckConstraint(
        "tickets_per_person_max IS NULL OR (pesel_required AND tickets_per_person_max BETWEEN 1 AND 50)",
        name="events_tickets_per_person_max_check",
    ),
    CheckConstraint(
        "num_nonnulls(refund_part_percent, refund_fee_minor, refund_fee_refunded) IN (0, 3) "
        "AND (refund_part_percent IS NOT NULL OR num_nonnulls(refund_full_until, refund_part_until) = 0)",
        name="events_refund_policy_check",
    ),
    CheckConstraint("refund_part_until > refund_full_until", name="events_refund_part_until_check"),
    CheckConstraint(
        "refund_full_until <= starts_at AND refund_part_until <= starts_at", name="events_refund_until_check"
    ),
    CheckConstraint("refund_part_percent BETWEEN 0 AND 100", name="events_refund_part_percent_check"),
    CheckConstraint("refund_fee_minor >= 0", name="events_refund_fee_minor_check"),
)

# What buyers browse: one narrow row for each event that can still take place, written at
# publication and deleted at cancellation, so that the listing reads nothing it does not show.
LISTINGS = Table(
    "listings",
    METADATA,
    Column("event_id", UUID(as_uuid=True), ForeignKey(EVENTS.c.event_id), primary_key=True),
    Column("title", Text, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("sales_start_at", DateTime(timezone=True), nullable=False),
    Column("sales_end_at", DateTime(timezone=True), nullable=False),
    Column("venue_name", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("price_min_minor", BigInteger, nullable=False),
    Column("price_max_minor", BigInteger, nullable=False),
    # Not shown, only searched.
    Column("description", Text, nullable=False),
    # 'simple' because events are described in many languages: no stemming, no stop words.
    Column(
        "search",
        TSVECTOR,
        Computed(
            "to_tsvector('simple', title || ' ' || venue_name || ' ' || city || ' ' || description)",
            persisted=True,
        ),
        nullable=False,
    ),
    CheckConstraint(
        "0 <= price_min_minor AND price_min_minor <= price_max_minor", name="listings_price_check"
    ),
    Index("listings_starts_at_idx", "starts_at", "event_id"),
    Index("listings_city_idx", text("lower(city)"), "starts_at", "event_id"),
    Index("listings_search_idx", "search", postgresql_using="gin"),
)

# Apart from listings because it changes all the time: small rows, and no index to touch.
EVENT_AVAILABILITY = Table(
    "event_availability",
    METADATA,
    Column("event_id", UUID(as_uuid=True), ForeignKey(EVENTS.c.event_id), primary_key=True),
    # Reservation's; 0 until it first reports.
    Column("version", BigInteger, nullable=False),
    Column("available", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    # [{"price_category", "available", "total"}] in the plan's order
    Column("categories", JSONB, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    CheckConstraint("0 <= available AND available <= total", name="event_availability_available_check"),
    postgresql_with={"fillfactor": 70},
)
